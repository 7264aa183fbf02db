//! `privacyRequestOpen`, `privacyRequestComplete`, `privacyRequestRefuse` and `privacyRequestExtend`: what a person asks, until it is answered.

use super::{erase, export, sql};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::customers::read as customers;
use crate::customers::value::sees_all;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{PrivacyRequestKind, PrivacyRequestState};
use entities::privacy_request;
use jiff::ToSpan;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value as Json, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long an export is kept.
const KEPT: Duration = Duration::days(30);

/// What a person asks.
#[derive(Debug, Clone, Serialize)]
pub struct OpenRequest {
    /// Whose data.
    pub customer_id: Uuid,
    /// What is asked.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: PrivacyRequestKind,
}

/// Which request.
#[derive(Debug, Clone, Serialize)]
pub struct WhichRequest {
    /// The request.
    pub request_id: Uuid,
    /// Why it is refused, or takes longer.
    pub reason: Option<String>,
}

fn insist(actor: &Actor, field: &str) -> Result<()> {
    actor.require(Permission::CustomersPrivacy)?;
    if sees_all(actor) {
        return Ok(());
    }
    let message = "what is known of a person may be beyond your reach";
    Err(Error::refused(Refusal::new(RefusalCode::PolicyViolation, field, message)))
}

/// Months later, on the same day of the month, or on the last where there is none (Regulation 1182/71).
fn months_later(at: OffsetDateTime, months: i32) -> OffsetDateTime {
    let later = jiff::Timestamp::new(at.unix_timestamp(), 0).ok().and_then(|at| {
        let day = at.to_zoned(jiff::tz::TimeZone::UTC);
        day.checked_add(months.months()).ok().map(|day| day.timestamp().as_second())
    });
    later.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()).unwrap_or(at)
}

/// Writes down what a person asks and answers with the request's id. An export is done at once; an erasure waits for somebody to complete it, or for what is
/// open, behind which it goes on by itself.
pub async fn privacy_request_open(
    store: &Store,
    call: Call<'_>,
    command: &OpenRequest,
) -> Result<Uuid> {
    insist(call.actor, "customerId")?;
    // Read before, so that nobody waits for it.
    let document = match command.kind {
        PrivacyRequestKind::Export => {
            Some(export::document(&store.read(), command.customer_id).await?)
        }
        PrivacyRequestKind::Erasure => None,
    };
    let document = &document;
    once(store, call, "privacyRequestOpen", command, |tx| async move {
        let missing = || Error::refused(checks::not_found("customerId", "customer"));
        let records = customers::records_of(&tx, &[command.customer_id]).await?;
        let found = customers::by_ids(&tx, &records).await?;
        let customer =
            found.into_iter().find(|row| row.merged_into.is_none()).ok_or_else(missing)?;
        let mut faults = Faults::default();
        if customer.erased_at.is_some() {
            faults.add(RefusalCode::StateConflict, "customerId", "was erased");
        }
        let kind = command.kind.to_value();
        if sql::standing(&tx, &records, &kind).await?.is_some() {
            faults.add(
                RefusalCode::Duplicate,
                "kind",
                "was asked already, and is not answered yet",
            );
        }
        faults.check()?;
        let mut row = privacy_request::Model {
            id: tx.id(),
            version: 1,
            customer_id: customer.id,
            kind: command.kind,
            state: PrivacyRequestState::Open,
            requested_at: tx.now(),
            due_at: months_later(tx.now(), 1),
            completed_at: None,
            blocked_by: json!([]),
            refused_because: None,
            extended_because: None,
            export: None,
            export_until: None,
            retained: json!([]),
            actor_kind: call.actor.kind,
            actor_id: call.actor.id,
        };
        let mut batch = Batch::default();
        let due = crate::sql::fixed_width(row.due_at);
        tell(
            &tx,
            call.actor,
            &mut batch,
            &row,
            (events::PRIVACY_REQUESTED, json!({ "kind": kind, "dueAt": due })),
        );
        match command.kind {
            PrivacyRequestKind::Export => {
                row.state = PrivacyRequestState::Completed;
                row.completed_at = Some(tx.now());
                row.export.clone_from(document);
                row.export_until = Some(tx.now() + KEPT);
                tell(
                    &tx,
                    call.actor,
                    &mut batch,
                    &row,
                    (events::PRIVACY_COMPLETED, json!({ "kind": kind })),
                );
            }
            PrivacyRequestKind::Erasure => {
                let waits = erase::blocked_by(&tx, &customer).await?;
                if !waits.is_empty() {
                    row.state = PrivacyRequestState::Blocked;
                    let data = json!({ "kind": kind, "waitsFor": waits.len() });
                    tell(&tx, call.actor, &mut batch, &row, (events::PRIVACY_BLOCKED, data));
                    row.blocked_by = json!(waits);
                }
            }
        }
        batch.add(&row);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

/// Does what was asked, as far as nothing stands in the way, and answers with the request's id.
pub async fn privacy_request_complete(
    store: &Store,
    call: Call<'_>,
    command: &WhichRequest,
) -> Result<Uuid> {
    insist(call.actor, "privacyRequestId")?;
    once(store, call, "privacyRequestComplete", command, |tx| async move {
        let row = take(&tx, command).await?;
        let id = row.id;
        let mut batch = Batch::default();
        let data = json!({ "kind": row.kind.to_value() });
        audit::record(&tx, call.actor, &mut batch, Some(("prq", id)), &audit::made(&data));
        erase::try_to(&tx, call.actor, &mut batch, row).await?;
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

/// Refuses what was asked and answers with the request's id.
pub async fn privacy_request_refuse(
    store: &Store,
    call: Call<'_>,
    command: &WhichRequest,
) -> Result<Uuid> {
    insist(call.actor, "privacyRequestId")?;
    let reason = &reason(command)?;
    once(store, call, "privacyRequestRefuse", command, |tx| async move {
        let mut row = take(&tx, command).await?;
        row.state = PrivacyRequestState::Refused;
        row.completed_at = Some(tx.now());
        row.refused_because = Some(reason.clone());
        let data = json!({ "kind": row.kind.to_value(), "reason": reason });
        save(&tx, call.actor, row, (events::PRIVACY_REFUSED, data)).await
    })
    .await
}

/// Gives an answer two months more, once, before it is due (GDPR article 12(3)), and answers with the request's id.
pub async fn privacy_request_extend(
    store: &Store,
    call: Call<'_>,
    command: &WhichRequest,
) -> Result<Uuid> {
    insist(call.actor, "privacyRequestId")?;
    let reason = &reason(command)?;
    once(store, call, "privacyRequestExtend", command, |tx| async move {
        let mut row = take(&tx, command).await?;
        let mut faults = Faults::default();
        if row.extended_because.is_some() {
            faults.add(RefusalCode::StateConflict, "privacyRequestId", "was extended already");
        }
        if row.due_at < tx.now() {
            let message = "is overdue: the person has to be told in the first month";
            faults.add(RefusalCode::PolicyViolation, "privacyRequestId", message);
        }
        faults.check()?;
        row.due_at = months_later(row.requested_at, 3);
        row.extended_because = Some(reason.clone());
        let due = crate::sql::fixed_width(row.due_at);
        let data = json!({ "kind": row.kind.to_value(), "dueAt": due, "reason": reason });
        save(&tx, call.actor, row, (events::PRIVACY_EXTENDED, data)).await
    })
    .await
}

fn reason(command: &WhichRequest) -> Result<String> {
    let mut faults = Faults::default();
    let given = command.reason.as_deref().unwrap_or_default();
    let reason = checks::text(&mut faults, "reason", given, 1_000);
    faults.check()?;
    Ok(reason)
}

/// A request that is not answered yet, locked.
async fn take(tx: &WriteTx, command: &WhichRequest) -> Result<privacy_request::Model> {
    let missing = || Error::refused(checks::not_found("privacyRequestId", "request"));
    let row = sql::lock(tx, command.request_id).await?.ok_or_else(missing)?;
    if matches!(row.state, PrivacyRequestState::Completed | PrivacyRequestState::Refused) {
        let message = "is answered already";
        let refusal = Refusal::new(RefusalCode::StateConflict, "privacyRequestId", message);
        return Err(Error::refused(refusal));
    }
    Ok(row)
}

async fn save(
    tx: &WriteTx,
    actor: &Actor,
    mut row: privacy_request::Model,
    told: (&'static EventKind, Json),
) -> Result<Uuid> {
    row.version += 1;
    let mut batch = Batch::default();
    batch.save(&row);
    tell(tx, actor, &mut batch, &row, told);
    batch.insert(tx).await?;
    Ok(row.id)
}

fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &privacy_request::Model,
    (kind, data): (&'static EventKind, Json),
) {
    let event =
        NewEvent { customer: Some(row.customer_id), ..NewEvent::new(kind, ("prq", row.id), data) };
    audit::record(tx, actor, batch, Some(event.subject), &audit::made(&event.data));
    events::record(tx, actor, batch, event);
}

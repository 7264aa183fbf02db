//! `webhookReplay`: send a stretch of the log again, of any length: it is queued behind the call, in short
//! transactions.

use super::test::refuse_inactive;
use super::{own, queue};
use crate::access::read::actor_of;
use crate::audit;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::filter::kinds_of;
use crate::events::{self, LogPlace, Part};
use crate::idempotency::{Call, once};
use crate::ids::first_of;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::webhook_replay;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What to send again.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// To whom.
    pub endpoint_id: Uuid,
    /// What lies behind this cursor.
    pub after: Option<String>,
    /// Or what was written from this moment on.
    pub since: Option<OffsetDateTime>,
    /// And before this one; up to now without it.
    pub until: Option<OffsetDateTime>,
    /// Of these types alone, among those that the endpoint wants.
    pub types: Option<Vec<String>>,
    /// Leaving out what arrived.
    pub only_failed: bool,
}

/// Queues what an endpoint wants of a stretch of the log, and says how many events that is.
pub async fn replay(store: &Store, call: Call<'_>, command: &Replay) -> Result<i64> {
    call.actor.require(Permission::WebhooksManage)?;
    let mut faults = Faults::default();
    match (&command.after, command.since) {
        (None, None) => {
            faults.add(RefusalCode::Required, "afterCursor", "give `afterCursor` or `since`");
        }
        (Some(_), Some(_)) => {
            faults.add(RefusalCode::Invalid, "since", "give `afterCursor` or `since`, not both");
        }
        _ => {}
    }
    if command.since.zip(command.until).is_some_and(|(since, until)| until <= since) {
        faults.add(RefusalCode::Invalid, "until", "comes before `since`");
    }
    for (index, pattern) in command.types.iter().flatten().enumerate() {
        if kinds_of(std::slice::from_ref(pattern)).is_err() {
            let message = format!("no event has the type `{pattern}`: `eventTypes` lists them all");
            faults.add(RefusalCode::Invalid, &format!("types.{index}"), message);
        }
    }
    faults.check()?;
    let db = &store.read();
    let endpoint = own(db, call.actor, command.endpoint_id).await?;
    let (before, behind) = events::around(db, command.since, command.until).await?;
    let from = match &command.after {
        Some(cursor) => events::place_of(db, cursor).await?,
        None => before.unwrap_or(LogPlace::START),
    };
    // What lies behind what was looked through is queued by itself.
    let looked_through = queue::looked_through(db, &endpoint).await?;
    let to = behind.map_or(looked_through, |end| end.min(looked_through));
    let part = Part {
        from,
        to,
        first_id: command.since.map(first_of),
        end_id: command.until.map(first_of),
        not_delivered_to: command.only_failed.then_some(endpoint.id),
    };
    // Counted beside the transaction, which is short however much is sent.
    let creator = actor_of(db, endpoint.created_by_kind, endpoint.created_by_id).await?;
    let count = match creator {
        Some(creator) => {
            let wanted = queue::wanted_by(&creator, &endpoint)?;
            let wanted = wanted.narrowed(command.types.as_deref())?;
            events::count_stretch(db, &wanted, &part).await?
        }
        None => 0,
    };
    let part = &part;
    once(store, call, "webhookReplay", command, |tx| async move {
        let endpoint = own(&tx, call.actor, command.endpoint_id).await?;
        refuse_inactive(endpoint.active)?;
        let (from_epoch, from_place, from_id) = part.from.columns();
        let (to_epoch, to_place, to_id) = part.to.columns();
        let row = webhook_replay::Model {
            id: tx.id(),
            endpoint_id: endpoint.id,
            types: command.types.as_ref().map(|types| json!(types)),
            only_failed: command.only_failed,
            from_epoch,
            from_place,
            from_id,
            to_epoch,
            to_place,
            to_id,
            first_id: part.first_id,
            end_id: part.end_id,
            due_at: tx.now(),
            created_at: tx.now(),
        };
        let mut batch = Batch::default();
        if count > 0 {
            batch.add(&row);
        }
        let change = audit::made(&json!({ "queued": count }));
        audit::record(&tx, call.actor, &mut batch, Some(("whe", endpoint.id)), &change);
        batch.insert(&tx).await?;
        Ok(count)
    })
    .await
}

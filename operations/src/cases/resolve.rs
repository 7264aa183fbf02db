//! `caseResolve` and `caseReopen`: a case is solved, with credit for the trouble where that is due, or was not solved after all.

use super::in_hand::{InHand, tell};
use super::{WhichCase, clocks, sql};
use crate::actor::Actor;
use crate::checks;
use crate::credit::grant::{self, Present};
use crate::customers::read as customers;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::payments::grants;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::case_row;
use entities::enums::CaseState;
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// How a case was solved.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveCase {
    /// Which case.
    #[serde(flatten)]
    pub which: WhichCase,
    /// How.
    pub resolution: String,
    /// What the customer says of it, 1 to 5.
    pub satisfaction: Option<i32>,
    /// What the customer is given for the trouble, and in which currency.
    pub goodwill: Option<(Decimal, String)>,
}

/// Solves a case and answers with its id.
pub async fn case_resolve(store: &Store, call: Call<'_>, command: &ResolveCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    if command.goodwill.is_some() {
        call.actor.require(Permission::RefundsWrite)?;
    }
    let mut faults = Faults::default();
    let resolution = &checks::text(&mut faults, "resolution", &command.resolution, 2_000);
    if let Some(stars) = command.satisfaction {
        checks::within(&mut faults, "satisfaction", stars, 1, 5);
    }
    let goodwill = command.goodwill.as_ref().map(|(amount, code)| {
        let currency = checks::currency(&mut faults, "goodwill.currencyCode", code)?;
        let minor = faults.take("goodwill.amount", currency.minor(*amount))?;
        if minor <= 0 {
            faults.add(RefusalCode::Invalid, "goodwill.amount", "is above 0");
        }
        Some((currency, minor))
    });
    faults.check()?;
    let goodwill = goodwill.flatten();
    let done = once(store, call, "caseResolve", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist_open()?;
        let now = tx.now();
        let row = &mut found.row;
        row.state = CaseState::Resolved;
        row.resolved_at = Some(now);
        row.resolution = Some(resolution.clone());
        row.satisfaction = command.satisfaction.or(row.satisfaction);
        let gift = match goodwill {
            Some(amount) => Some(present(&tx, call.actor, row, (amount, resolution)).await?),
            None => None,
        };
        let mut batch = Batch::default();
        timers::set(&tx, &mut batch, Job::CloseCase, row.id, now + clocks::REOPENED_WITHIN);
        let data = json!({ "number": row.number });
        let id = found.write(&tx, call.actor, &mut batch, vec![(events::CASE_RESOLVED, data)]);
        match gift {
            Some(gift) => grant::give(&tx, call.actor, gift, batch).await?,
            None => batch.insert(&tx).await?,
        }
        Ok(id)
    });
    Box::pin(done).await
}

/// What a customer is given, within the limits of whoever gives it.
async fn present(
    tx: &WriteTx,
    actor: &Actor,
    row: &case_row::Model,
    ((currency, minor), resolution): ((Currency, i64), &str),
) -> Result<(Present, crate::ledger::entry::Books, grants::Gift)> {
    let id = row.customer_id.ok_or(Error::Contended)?;
    let found = customers::reached(tx, actor, &[id]).await?.pop();
    let customer =
        found.ok_or_else(|| Error::refused(checks::not_found("goodwill", "customer")))?;
    let said = match row.order_id {
        Some(order) => sql::company_of_order(tx, order).await?,
        None => None,
    };
    let company = match grant::company(tx, actor, (customer.id, said)).await {
        Err(Error::Refused(_)) => {
            let message = "no one company within reach would owe it: give it by storeCreditGrant";
            let refusal = Refusal::new(RefusalCode::StateConflict, "goodwill", message);
            return Err(Error::refused(refusal));
        }
        company => company?,
    };
    let reason =
        format!("Case {}: {}", row.number, resolution.chars().take(200).collect::<String>());
    let (expires_at, case) = (None, Some(row.id));
    let order = row.order_id;
    let present = Present { customer, company, currency, minor, reason, expires_at, case, order };
    let (books, gift) = grant::worth(tx, &present).await?;
    if let Some(why) = grants::beyond(tx, actor, present.whom(), (books.base, gift)).await? {
        let refusal = Refusal::new(RefusalCode::LimitExceeded, "goodwill.amount", why);
        return Err(Error::refused(refusal));
    }
    Ok((present, books, gift))
}

/// It was not solved after all.
pub(super) fn reopen(row: &mut case_row::Model, now: OffsetDateTime) {
    row.state = CaseState::Open;
    row.reopened += 1;
    row.resolved_at = None;
    row.resolution = None;
    row.solve_due_at = clocks::Hours::solve_due(now);
}

/// Opens a case again within a week, and answers with its id.
pub async fn case_reopen(store: &Store, call: Call<'_>, command: &WhichCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    once(store, call, "caseReopen", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command).await?;
        let now = tx.now();
        let row = &mut found.row;
        let late = row.resolved_at.is_some_and(|at| now - at > clocks::REOPENED_WITHIN);
        if row.state != CaseState::Resolved || late {
            let state = row.state.to_value();
            let message =
                format!("is {state}: it can be opened again for a week after it was solved");
            let refusal = Refusal::new(RefusalCode::StateConflict, "caseId", message);
            return Err(Error::refused(refusal));
        }
        reopen(row, now);
        let data = json!({ "number": row.number });
        row.answer_due_at = Some(found.hours.answer_due(row.priority, now));
        let mut batch = Batch::default();
        let id = found.write(&tx, call.actor, &mut batch, vec![(events::CASE_REOPENED, data)]);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

/// A case that nobody came back to for a week is over.
pub(crate) async fn close(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(mut row) = sql::lock(tx, actor, id).await? else { return Ok(()) };
    let over = row.resolved_at.is_some_and(|at| at + clocks::REOPENED_WITHIN <= tx.now());
    if row.state != CaseState::Resolved || !over {
        return Ok(());
    }
    row.state = CaseState::Closed;
    row.version += 1;
    row.updated_at = tx.now();
    let mut batch = Batch::default();
    batch.save(&row);
    let data = json!({ "number": row.number });
    tell(tx, actor, &mut batch, &row, (events::CASE_CLOSED, data));
    batch.insert(tx).await
}

//! `returnApprove`, `returnReject` and `returnCancel`: what becomes of a declaration.

use super::request::{told, zone_of};
use super::{WhichReturn, days, exchange, sql, way_back};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::aggregate::Aggregate;
use crate::orders::in_hand::{self, version};
use crate::payments::grants::{self, Gift, Whom};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{RefundTrigger, ReturnKind, ReturnState};
use entities::{order, return_policy, return_row};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value as Json, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An approved return of which nothing was sent for so long ends.
const SENT_WITHIN: Duration = Duration::days(30);

/// What is agreed to.
#[derive(Debug, Clone, Serialize)]
pub struct ApproveReturn {
    /// Which return.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// Who brings the goods back.
    pub carrier: Option<String>,
    /// Under which number, by the label that the customer was given: they are on their way once the carrier has them.
    pub tracking_number: Option<String>,
    /// Whether the customer keeps them.
    pub goods_stay: bool,
    /// Whether what is wanted in exchange leaves before they are back.
    pub advance: bool,
}

/// What is refused, and why.
#[derive(Debug, Clone, Serialize)]
pub struct RejectReturn {
    /// Which return.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// Why, in words for the customer.
    pub reason: String,
}

/// A return in hand: locked, with its order if it has one.
pub(super) struct InHand {
    was: return_row::Model,
    pub(super) row: return_row::Model,
    pub(super) orders: Option<Aggregate>,
}

impl InHand {
    /// Takes a return in hand, the order first: whoever changes returns holds it.
    pub(super) async fn take(tx: &WriteTx, actor: &Actor, which: &WhichReturn) -> Result<Self> {
        let missing = || Error::refused(checks::not_found("returnId", "return"));
        let found = sql::returns_by_ids(tx, actor, &[which.return_id]).await?;
        let found = found.into_iter().next().ok_or_else(missing)?;
        let orders = match found.order_id {
            Some(order) => {
                let others: Vec<Uuid> = found.exchange_order_id.into_iter().collect();
                let taken = in_hand::take_with(tx, actor, (order, &others), None).await;
                Some(taken.map_err(|error| hidden(error, &missing))?)
            }
            None => None,
        };
        let row = sql::lock_return(tx, which.return_id).await?.ok_or_else(missing)?;
        if row.order_id != found.order_id || row.exchange_order_id != found.exchange_order_id {
            return Err(Error::Contended);
        }
        let mut faults = Faults::default();
        version(&mut faults, which.expected_version, row.version);
        faults.check()?;
        Ok(Self { was: row.clone(), row, orders })
    }

    /// Insists on one of some states.
    pub(super) fn insist(&self, states: &[ReturnState]) -> Result<()> {
        if states.contains(&self.row.state) {
            return Ok(());
        }
        let message = format!("is {} and cannot be taken this step", self.row.state.to_value());
        Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "returnId", message)))
    }

    /// The order, if it has one.
    pub(super) fn order(&self) -> Option<&order::Model> {
        let id = self.row.order_id?;
        Some(&self.orders.as_ref()?.order(id)?.row)
    }

    /// The order in exchange, if there is one.
    pub(super) fn exchange_order(&self) -> Vec<order::Model> {
        let orders = self.orders.as_ref();
        let one = self.row.exchange_order_id.and_then(|id| orders?.order(id));
        one.map(|one| (*one.row).clone()).into_iter().collect()
    }

    /// Writes what became of it, and tells.
    pub(super) async fn write(
        mut self,
        tx: &WriteTx,
        actor: &Actor,
        mut batch: Batch,
        (kind, data): (&'static EventKind, Json),
    ) -> Result<Uuid> {
        self.row.version += 1;
        let event = told(&self.row, kind, data);
        let change = audit::difference(Some(&self.was), &self.row);
        audit::record(tx, actor, &mut batch, Some(event.subject), &change);
        batch.save(&self.row);
        let id = self.row.id;
        let Some(mut orders) = self.orders else {
            events::record(tx, actor, &mut batch, event);
            batch.insert(tx).await?;
            return Ok(id);
        };
        if let Some(one) = self.row.order_id.and_then(|order| orders.order_mut(order)) {
            let counts =
                |state: ReturnState| (i32::from(is_asked(state)), i32::from(is_moving(state)));
            let (before, now) = (counts(self.was.state), counts(self.row.state));
            one.row.returns_asked += now.0 - before.0;
            one.row.returns_moving += now.1 - before.1;
        }
        orders.note(event);
        orders.write(tx, actor, batch).await?;
        Ok(id)
    }
}

fn hidden(error: Error, missing: &dyn Fn() -> Error) -> Error {
    if matches!(error, Error::Refused(_)) { missing() } else { error }
}

/// Whether somebody has to answer.
pub(super) const fn is_asked(state: ReturnState) -> bool {
    matches!(state, ReturnState::Requested)
}

/// Whether goods are on their way, or money is to go back.
pub(super) const fn is_moving(state: ReturnState) -> bool {
    matches!(
        state,
        ReturnState::Approved
            | ReturnState::InTransit
            | ReturnState::Received
            | ReturnState::Inspected
    )
}

/// What the clock of a refund does when something happens: the days count from it if the policy says so, and waiting ends.
pub(super) async fn strike(
    tx: &WriteTx,
    row: &mut return_row::Model,
    (order, policy): (Option<&order::Model>, Option<&return_policy::Model>),
    (trigger, at): (RefundTrigger, OffsetDateTime),
) -> Result<()> {
    let (Some(order), Some(policy)) = (order, policy) else { return Ok(()) };
    let zone = zone_of(tx, order).await?;
    if policy.refund_trigger == trigger && row.refund_due_at.is_none() {
        let day = days::day(at, &zone);
        row.refund_due_at = days::end_of_day_after(day, policy.refund_within_days, &zone);
    }
    let ends_the_wait = matches!(trigger, RefundTrigger::Dispatch | RefundTrigger::Receipt);
    if let Some(since) = row.paused_since.filter(|_| ends_the_wait) {
        row.paused_seconds += (at - since).whole_seconds().max(0);
        row.paused_since = None;
        // What was due while it waited is due today.
        let today = days::end_of_day_after(days::day(at, &zone), 0, &zone);
        row.refund_due_at = row.refund_due_at.max(today.filter(|_| row.refund_due_at.is_some()));
    }
    Ok(())
}

/// Agrees to a return and answers with its id.
pub async fn return_approve(
    store: &Store,
    call: Call<'_>,
    command: &ApproveReturn,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    let mut faults = Faults::default();
    let carrier = &checks::optional(&mut faults, "carrier", command.carrier.as_deref(), 100);
    let tracking = command.tracking_number.as_deref();
    let tracking = &checks::optional(&mut faults, "trackingNumber", tracking, 100);
    if command.goods_stay && tracking.is_some() {
        let message = "what the customer keeps is not sent";
        faults.add(RefusalCode::Invalid, "trackingNumber", message);
    }
    if command.advance {
        call.actor.require(Permission::RefundsWrite)?;
    }
    faults.check()?;
    once(store, call, "returnApprove", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist(&[ReturnState::Requested])?;
        let now = tx.now();
        order_exchange(&tx, call.actor, &mut found, command).await?;
        let policy = sql::policy_of(&tx, found.row.policy_id).await?;
        let order = found.order().cloned();
        let row = &mut found.row;
        row.approved_at = Some(now);
        row.goods_stay = command.goods_stay;
        row.carrier.clone_from(carrier);
        row.tracking_number.clone_from(tracking);
        row.tracking_key = tracking.as_deref().map(crate::fulfillment::sql::tracking_key);
        row.state = ReturnState::Approved;
        let of = (order.as_ref(), policy.as_ref());
        let mut batch = Batch::default();
        if let Some(parcel) = way_back::parcel(&tx, row, None) {
            batch.add(&parcel);
        }
        if command.goods_stay {
            // There is nothing to wait for.
            strike(&tx, row, of, (RefundTrigger::Receipt, now)).await?;
            strike(&tx, row, of, (RefundTrigger::Inspection, now)).await?;
        }
        if command.goods_stay {
            strike(&tx, row, of, (RefundTrigger::Dispatch, now)).await?;
        } else {
            timers::set(&tx, &mut batch, Job::ExpireReturn, row.id, now + SENT_WITHIN);
        }
        let data = json!({ "number": row.number, "goodsStay": command.goods_stay });
        found.write(&tx, call.actor, batch, (events::RETURN_APPROVED, data)).await
    })
    .await
}

/// What is wanted in exchange is ordered and reserved.
async fn order_exchange(
    tx: &WriteTx,
    actor: &Actor,
    found: &mut InHand,
    command: &ApproveReturn,
) -> Result<()> {
    let is_exchange = found.row.kind == ReturnKind::Exchange;
    let mut faults = Faults::default();
    if command.advance && !is_exchange {
        let message = "nothing is wanted in exchange";
        faults.add(RefusalCode::Invalid, "advanceExchange", message);
    }
    if command.goods_stay && is_exchange {
        let message = "what is exchanged comes back";
        faults.add(RefusalCode::Invalid, "goodsStayWithCustomer", message);
    }
    faults.check()?;
    if !is_exchange {
        return Ok(());
    }
    if command.advance {
        within_limit(tx, actor, found).await?;
    }
    let lines = exchange::wanted(tx, found).await?;
    exchange::place(tx, actor, (found, &lines), command.advance).await
}

/// What leaves before anything is back is trusted to the customer: no more than the caller may give back.
async fn within_limit(tx: &WriteTx, actor: &Actor, found: &mut InHand) -> Result<()> {
    let (id, minor) = (found.row.order_id, found.row.exchange_total_minor);
    let id = id.ok_or(Error::Contended)?;
    let order = found.order().ok_or(Error::Contended)?.clone();
    let orders = found.orders.as_mut().ok_or(Error::Contended)?;
    let mut books = orders.books_of(tx, id).await?;
    let currency = Currency::of_row(&order.currency)?;
    let base = books.worth(tx, currency, minor, tx.now()).await?.base;
    let gift = Gift { base, goodwill: 0 };
    match grants::beyond(tx, actor, Whom::of(&order), (books.base, gift)).await? {
        None => Ok(()),
        Some(why) => {
            let code = RefusalCode::LimitExceeded;
            Err(Error::refused(Refusal::new(code, "advanceExchange", why)))
        }
    }
}

/// Refuses a return and answers with its id.
pub async fn return_reject(store: &Store, call: Call<'_>, command: &RejectReturn) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    let mut faults = Faults::default();
    let reason = &checks::text(&mut faults, "reason", &command.reason, 1_000);
    faults.check()?;
    once(store, call, "returnReject", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist(&[ReturnState::Requested])?;
        found.row.rejected_because = Some(reason.clone());
        end(&mut found.row, ReturnState::Rejected);
        let data = json!({ "number": found.row.number, "reason": reason });
        found.write(&tx, call.actor, Batch::default(), (events::RETURN_REJECTED, data)).await
    })
    .await
}

/// Calls a return off that nothing came back of yet, and answers with its id.
pub async fn return_cancel(store: &Store, call: Call<'_>, command: &WhichReturn) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    once(store, call, "returnCancel", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command).await?;
        found.insist(&[ReturnState::Requested, ReturnState::Approved, ReturnState::InTransit])?;
        exchange::call_off(&tx, &mut found)?;
        end(&mut found.row, ReturnState::Cancelled);
        let data = json!({ "number": found.row.number });
        found.write(&tx, call.actor, Batch::default(), (events::RETURN_CANCELLED, data)).await
    })
    .await
}

/// An approved return of which nothing was sent in time ends.
pub(crate) async fn expire(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let which = WhichReturn { return_id: id, expected_version: None };
    let mut found = InHand::take(tx, actor, &which).await?;
    if found.row.state != ReturnState::Approved || found.row.goods_stay {
        return Ok(());
    }
    exchange::call_off(tx, &mut found)?;
    end(&mut found.row, ReturnState::Expired);
    let data = json!({ "number": found.row.number });
    found.write(tx, actor, Batch::default(), (events::RETURN_EXPIRED, data)).await?;
    Ok(())
}

/// Nothing is to be given back any longer.
fn end(row: &mut return_row::Model, state: ReturnState) {
    row.state = state;
    row.refund_due_at = None;
    row.paused_since = None;
}

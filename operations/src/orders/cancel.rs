//! `orderCancel`: all of an order, or some units, that have not left.

use super::aggregate::{Aggregate, OrderInHand, units};
use super::in_hand::{self, LineQuantity};
use super::totals::standing;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::fulfillment::state as machine;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{CancelReason, FulfillmentState, OrderState};
use entities::{fulfillment, order_line};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What to cancel, and why.
#[derive(Debug, Clone, Serialize)]
pub struct CancelOrder {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Why.
    #[serde(serialize_with = "crate::as_column")]
    pub reason: CancelReason,
    /// Which units; all that have not left without it.
    pub lines: Option<Vec<LineQuantity>>,
    /// An internal message.
    pub note: Option<String>,
    /// Whether what was fetched goes back into the shelf; otherwise it counts as damaged there.
    pub restock: bool,
}

/// Units that a third party was asked not to send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) reason: String,
    /// Line and units.
    pub(crate) lines: Vec<(Uuid, i64)>,
}

/// How units are cancelled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) reason: CancelReason,
    pub(crate) restock: bool,
    /// Whether parcels that are packed already may be opened for it.
    pub(crate) packed_too: bool,
}

/// Cancels and answers with the id of the order.
pub async fn cancel(store: &Store, call: Call<'_>, command: &CancelOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    once(store, call, "orderCancel", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        if one.row.state == OrderState::Draft && command.lines.is_none() {
            // What was never placed is cancelled as a whole, or written anew.
            one.row.draft = false;
        }
        in_hand::insist_open(one)?;
        let wanted = wanted(one, command)?;
        let manner = Manner {
            reason: command.reason,
            restock: command.restock,
            packed_too: command.lines.is_none(),
        };
        take_back(&tx, &mut found, id, &wanted, manner)?;
        let mut batch = Batch::default();
        if let Some(one) = found.order(id) {
            in_hand::note(&tx, call.actor, &mut batch, &one.row, command.note.as_deref());
        }
        found.load_schedules(&tx).await?;
        found.settle(&tx);
        let change = found.difference(id);
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// What is to be cancelled, line by line; every fault is named at once.
fn wanted(one: &OrderInHand, command: &CancelOrder) -> Result<Vec<(Uuid, i64)>> {
    let Some(lines) = &command.lines else {
        let all = everything(one);
        if all.is_empty() {
            let message = "all that is not cancelled has left";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        }
        return Ok(all);
    };
    let mut faults = Faults::default();
    if lines.is_empty() {
        faults.add(RefusalCode::Required, "lines", "names at least one line");
    }
    let mut seen = Vec::new();
    for (index, wanted) in lines.iter().enumerate() {
        let at = |name: &str| format!("lines.{index}.{name}");
        let Some(line) = one.lines.iter().find(|line| line.id == wanted.line_id) else {
            faults.push(checks::not_found(&at("lineId"), "line"));
            continue;
        };
        if seen.contains(&line.id) {
            faults.add(RefusalCode::Duplicate, &at("lineId"), "stands in the list twice");
        }
        seen.push(line.id);
        let most = not_left(line);
        if wanted.quantity < 1 {
            faults.add(RefusalCode::Invalid, &at("quantity"), "is at least 1");
        } else if i64::from(wanted.quantity) > most {
            let message = format!("{most} of {} have neither left nor been cancelled", line.sku);
            let refusal = Refusal::new(RefusalCode::AmountExceeded, &at("quantity"), message);
            faults.push(refusal.with_details(json!({ "sku": line.sku, "left": most })));
        }
    }
    faults.check()?;
    Ok(lines.iter().map(|line| (line.line_id, line.quantity.into())).collect())
}

/// Whether a third party has taken the work, so that it can only be asked to stop.
fn is_with_partner(row: &fulfillment::Model) -> bool {
    row.third_party && row.accepted_at.is_some()
}

/// Cancels units of an order: what is backordered first, then what nobody has begun, then what is in hand. A
/// third party that took the work is asked to stop.
pub(crate) fn take_back(
    tx: &WriteTx,
    found: &mut Aggregate,
    order: Uuid,
    wanted: &[(Uuid, i64)],
    manner: Manner,
) -> Result<()> {
    let ours = |row: &fulfillment::Model| {
        let packed =
            matches!(row.state, FulfillmentState::Packed | FulfillmentState::ReadyForPickup);
        !is_with_partner(row) && (manner.packed_too || !packed)
    };
    let mut asked: Vec<(Uuid, i64)> = Vec::new();
    let mut faults = Faults::default();
    let mut cancelled = 0;
    for (index, (id, quantity)) in wanted.iter().enumerate() {
        let in_work = found.whole_units(*id, |row| machine::reserves(row.state));
        let free = found.whole_units(*id, |row| machine::reserves(row.state) && ours(row));
        let partners =
            found.whole_units(*id, |row| machine::reserves(row.state) && is_with_partner(row));
        let Some(one) = found.order_mut(order) else { return Err(Error::Contended) };
        let Some(line) = one.lines.iter_mut().find(|line| line.id == *id) else { continue };
        let waiting = not_left(line) - in_work;
        let from_work = (quantity - waiting.max(0)).max(0);
        let taken = from_work.min(free);
        let rest = from_work - taken;
        if rest > partners {
            let message =
                "is packed: cancel all that has not left, or fail the fulfillment to unpack it";
            let field = format!("lines.{index}.quantity");
            faults.add(RefusalCode::StateConflict, &field, message);
            continue;
        }
        if rest > 0 {
            asked.push((*id, rest));
        }
        line.quantity_cancelled += units(quantity - rest);
        cancelled += quantity - rest;
        let fetched = found.take(*id, taken, ours);
        if !manner.restock {
            let aside = fetched.iter().map(|one| one.set_aside("cancelled, not put back"));
            found.physical.extend(aside);
        }
    }
    faults.check()?;
    ask_partners(tx, found, &asked, manner.reason);
    tell(found, order, cancelled, manner.reason);
    Ok(())
}

/// Asks third parties to stop; the units stand until they answer.
fn ask_partners(tx: &WriteTx, found: &mut Aggregate, asked: &[(Uuid, i64)], reason: CancelReason) {
    let mut left: BTreeMap<Uuid, i64> = asked.iter().copied().collect();
    let mut told = Vec::new();
    for work in &mut found.work {
        if !is_with_partner(&work.row) || !machine::reserves(work.row.state) {
            continue;
        }
        let mut lines: Vec<(Uuid, i64)> = Vec::new();
        for share in &work.lines {
            let Some(line) = share.order_line_id else { continue };
            let Some(open) = left.get_mut(&line) else { continue };
            let units =
                (super::aggregate::live(share) / i64::from(share.per_unit.max(1))).min(*open);
            if units > 0 && !lines.iter().any(|(id, _)| *id == line) {
                *open -= units;
                lines.push((line, units));
            }
        }
        if lines.is_empty() {
            continue;
        }
        let units: i64 = lines.iter().map(|(_, units)| units).sum();
        work.row.cancel_requested_at = Some(tx.now());
        work.row.cancel_request = Some(json!(Asked { reason: reason.to_value(), lines }));
        told.push((work.row.id, units));
    }
    for (work, units) in told {
        found.note_work(work, events::CANCEL_REQUESTED, &json!({ "units": units }));
    }
}

/// Says what was cancelled, and why.
fn tell(found: &mut Aggregate, order: Uuid, cancelled: i64, reason: CancelReason) {
    let Some(one) = found.order_mut(order) else { return };
    let nothing_stands = one.lines.iter().all(|line| standing(line) == 0);
    if nothing_stands {
        one.row.cancel_reason = Some(reason);
        let data = json!({ "reason": reason.to_value() });
        found.note_order(order, events::ORDER_CANCELLED, data);
    } else if cancelled > 0 {
        let data = json!({ "units": cancelled, "reason": reason.to_value() });
        found.note_order(order, events::ORDER_LINES_CANCELLED, data);
    }
}

/// Units of a line that have neither left nor been cancelled.
fn not_left(line: &order_line::Model) -> i64 {
    standing(line) - i64::from(line.quantity_fulfilled)
}

/// Everything of an order that has not left.
fn everything(one: &OrderInHand) -> Vec<(Uuid, i64)> {
    let lines = one.lines.iter().map(|line| (line.id, not_left(line)));
    lines.filter(|(_, units)| *units > 0).collect()
}

/// Cancels everything of an order that has not left.
pub(crate) fn take_back_all(
    tx: &WriteTx,
    found: &mut Aggregate,
    order: Uuid,
    reason: CancelReason,
) -> Result<()> {
    let Some(one) = found.order(order) else { return Ok(()) };
    let all = everything(one);
    take_back(tx, found, order, &all, Manner { reason, restock: true, packed_too: true })
}

//! `orderCancel`: all of an order, or some units, that have not left.

use super::aggregate::{Aggregate, OrderInHand, WorkInHand, live, units};
use super::in_hand::{self, LineQuantity};
use super::state::Act;
use super::totals::standing;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{CancelReason, FulfillmentState};
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Line and units.
    pub(crate) lines: Vec<(Uuid, i64)>,
    /// Why, for each line.
    #[serde(default)]
    pub(crate) reasons: BTreeMap<Uuid, String>,
}

impl Asked {
    /// What the location was asked so far.
    fn of(row: &fulfillment::Model) -> Self {
        let known = row.cancel_request.as_ref();
        known.and_then(|json| serde_json::from_value(json.clone()).ok()).unwrap_or_default()
    }

    fn units_of(&self, line: Uuid) -> i64 {
        self.lines.iter().filter(|(id, _)| *id == line).map(|(_, units)| units).sum()
    }

    fn add(&mut self, line: Uuid, units: i64, reason: CancelReason) {
        match self.lines.iter_mut().find(|(id, _)| *id == line) {
            Some((_, asked)) => *asked += units,
            None => self.lines.push((line, units)),
        }
        self.reasons.insert(line, reason.to_value());
    }
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
        in_hand::insist(one, if command.lines.is_none() { Act::Cancel } else { Act::CancelUnits })?;
        // What was never placed is cancelled as a whole, or written anew.
        one.row.draft = false;
        let wanted = wanted(one, command)?;
        let manner = Manner {
            reason: command.reason,
            restock: command.restock,
            packed_too: command.lines.is_none(),
        };
        if !take_back(&tx, &mut found, id, &wanted, manner)? {
            let message = "the location has been asked to stop and has not answered yet";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        }
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
fn is_with_partner(work: &WorkInHand) -> bool {
    work.row.third_party && work.row.accepted_at.is_some()
}

/// Cancels units of an order: what is backordered first, then what nobody has begun, then what is in hand. A
/// third party that took the work is asked to stop. Answers with whether anything was cancelled or asked for.
pub(crate) fn take_back(
    tx: &WriteTx,
    found: &mut Aggregate,
    order: Uuid,
    wanted: &[(Uuid, i64)],
    manner: Manner,
) -> Result<bool> {
    let ours = |work: &WorkInHand| {
        let packed =
            matches!(work.row.state, FulfillmentState::Packed | FulfillmentState::ReadyForPickup);
        // Of what is packed together with other orders nothing is taken out.
        let whole = manner.packed_too && work.orders.len() == 1;
        work.reserves() && !is_with_partner(work) && (whole || !packed)
    };
    let mut asked: Vec<(Uuid, i64)> = Vec::new();
    let mut faults = Faults::default();
    let mut cancelled = 0;
    for (index, (id, quantity)) in wanted.iter().enumerate() {
        let Some(stands) = found
            .order(order)
            .and_then(|one| one.lines.iter().find(|line| line.id == *id))
            .map(|line| standing(line))
        else {
            continue;
        };
        let mut rest = 0;
        let mut stuck = false;
        for ((part, over), (_, each)) in
            found.over(*id, stands - quantity).into_iter().zip(found.parts(*id))
        {
            let beyond = (over - found.units(*id, part, ours)).max(0);
            let with_partners =
                found.units(*id, part, |work| work.reserves() && is_with_partner(work));
            stuck |= beyond > with_partners;
            rest = rest.max((beyond + each - 1) / each).min(*quantity);
        }
        if stuck {
            let message =
                "is packed: cancel all that has not left, or fail the fulfillment to unpack it";
            let field = format!("lines.{index}.quantity");
            faults.add(RefusalCode::StateConflict, &field, message);
            continue;
        }
        if rest > 0 {
            asked.push((*id, rest));
        }
        let now = quantity - rest;
        let over = found.over(*id, stands - now);
        let Some(one) = found.order_mut(order) else { return Err(Error::Contended) };
        let Some(line) = one.lines.iter_mut().find(|line| line.id == *id) else { continue };
        line.quantity_cancelled += units(now);
        cancelled += now;
        let fetched = found.take(*id, &over, ours);
        if !manner.restock {
            let aside = fetched.iter().map(|one| one.set_aside("cancelled, not put back"));
            found.physical.extend(aside);
        }
    }
    faults.check()?;
    let newly_asked = ask_partners(tx, found, &asked, manner.reason);
    tell(found, order, cancelled, manner.reason);
    Ok(cancelled > 0 || newly_asked)
}

/// Asks third parties to stop; the units stand until they answer. What they were asked before stays asked. Answers
/// with whether there was anything new to ask.
fn ask_partners(
    tx: &WriteTx,
    found: &mut Aggregate,
    asked: &[(Uuid, i64)],
    reason: CancelReason,
) -> bool {
    let mut left: BTreeMap<Uuid, i64> = asked.iter().copied().collect();
    let parts: BTreeMap<Uuid, Vec<(Uuid, i64)>> =
        asked.iter().map(|(line, _)| (*line, found.parts(*line))).collect();
    let mut told = Vec::new();
    for work in &mut found.work {
        if !is_with_partner(work) || !work.reserves() {
            continue;
        }
        let mut request = Asked::of(&work.row);
        let mut new = 0;
        for (line, open) in &mut left {
            let here = |(part, each): &(Uuid, i64)| {
                let shares = work.lines.iter().filter(|share| {
                    share.order_line_id == Some(*line) && share.variant_id == Some(*part)
                });
                (shares.map(|share| live(share)).sum::<i64>() + each - 1) / each
            };
            let here = parts.get(line).map_or(0, |parts| parts.iter().map(here).max().unwrap_or(0));
            let units = (here - request.units_of(*line)).min(*open);
            if units > 0 {
                *open -= units;
                new += units;
                request.add(*line, units, reason);
            }
        }
        if new == 0 {
            continue;
        }
        work.row.cancel_requested_at = work.row.cancel_requested_at.or(Some(tx.now()));
        work.row.cancel_request = Some(json!(request));
        told.push((work.row.id, new));
    }
    let any = !told.is_empty();
    for (work, units) in told {
        found.note_work(work, events::CANCEL_REQUESTED, &json!({ "units": units }));
    }
    any
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
pub(crate) fn not_left(line: &order_line::Model) -> i64 {
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
    let manner = Manner { reason, restock: true, packed_too: true };
    take_back(tx, found, order, &all, manner).map(|_| ())
}

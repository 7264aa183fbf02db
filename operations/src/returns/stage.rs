//! `returnStage` and `returnAssign`: a parcel that nobody announced waits, apart from what is sold, until somebody knows its order.

use super::decide::InHand;
use super::goods::too_many;
use super::policy;
use super::request::{told, trimmed, zone_of};
use super::{WhichReturn, blank, blank_line, days, sql, way_back};
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::fulfillment::sql::tracking_key;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{OrderInHand, parts, units as column};
use crate::orders::in_hand;
use crate::permissions::Permission;
use crate::stock::ledger::{self, Move};
use crate::stock::lines;
use crate::stock::receive::{Left, SkuQuantity};
use crate::stock::value::Cost;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{MovementKind, RefundTrigger, ReturnKind, ReturnState};
use entities::{return_line, return_row};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A parcel that nobody announced.
#[derive(Debug, Clone, Serialize)]
pub struct StageReturn {
    /// Where it is.
    pub location_id: Uuid,
    /// What is in it.
    pub lines: Vec<SkuQuantity>,
    /// Who brought it.
    pub carrier: Option<String>,
    /// Under which number.
    pub tracking_number: Option<String>,
    /// What is said of it.
    pub note: Option<String>,
}

/// The order that a parcel is of.
#[derive(Debug, Clone, Serialize)]
pub struct AssignReturn {
    /// The parcel.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// Its order.
    pub order_id: Uuid,
}

/// Takes a parcel in that nobody announced, and answers with the id of the return.
pub async fn return_stage(store: &Store, call: Call<'_>, command: &StageReturn) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    let mut faults = Faults::default();
    lines::check(&mut faults, "lines", &command.lines, 1, (1, 1_000_000));
    let carrier = &checks::optional(&mut faults, "carrier", command.carrier.as_deref(), 100);
    let tracking = command.tracking_number.as_deref();
    let tracking = &checks::optional(&mut faults, "trackingNumber", tracking, 100);
    checks::optional(&mut faults, "note", command.note.as_deref(), 2_000);
    faults.check()?;
    once(store, call, "returnStage", command, |tx| async move {
        let location = command.location_id;
        let known = catalog::locations(&tx, &[location]).await?;
        if known.is_empty() || !call.actor.reach.has_location(location) {
            return Err(Error::refused(checks::not_found("locationId", "location")));
        }
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let mut faults = Faults::default();
        let variants = lines::variants(&tx, &mut faults, lines::in_lines, &skus).await?;
        faults.check()?;
        let now = tx.now();
        let new = blank(&tx, call.actor, (ReturnState::Staged, ReturnKind::Return)).await?;
        let row = return_row::Model {
            location_id: Some(location),
            comment: trimmed(command.note.as_deref()),
            carrier: carrier.clone(),
            tracking_number: tracking.clone(),
            tracking_key: tracking.as_deref().map(tracking_key),
            received_at: Some(now),
            ..new
        };
        let mut batch = Batch::default();
        batch.add(&row);
        if let Some(parcel) = way_back::parcel(&tx, &row, Some(now)) {
            batch.add(&parcel);
        }
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
        let levels = lines::levels(&tx, &mut batch, location, &ids).await?;
        let mut moves = Vec::new();
        for (position, (input, variant)) in (0..).zip(command.lines.iter().zip(&variants)) {
            let line = blank_line(&tx, row.id, position, (&variant.sku, input.quantity));
            batch.add(&return_line::Model {
                variant_id: Some(variant.id),
                quantity_received: input.quantity,
                ..line
            });
            let Some(level) = levels.get(&variant.id) else { continue };
            let count = i64::from(input.quantity);
            moves.push(Move {
                on_hand: count,
                quality_hold: count,
                subject: Some(("ret", row.id)),
                reason: Some(row.number.clone()),
                ..Move::of(level, &variant.sku, MovementKind::Return)
            });
        }
        let count: i32 = command.lines.iter().map(|line| line.quantity).sum();
        let data = json!({ "number": row.number, "units": count });
        let event = told(&row, events::RETURN_STAGED, data);
        let change = audit::difference(None, &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        let noted = ledger::note(&tx, call.actor, &mut batch, &moves).await?;
        batch.insert(&tx).await?;
        ledger::apply(&tx, call.actor, noted).await?;
        Ok(row.id)
    })
    .await
}

/// Ties a parcel to its order and answers with the id of the return. What of it the order has not stays a line without one.
pub async fn return_assign(store: &Store, call: Call<'_>, command: &AssignReturn) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    once(store, call, "returnAssign", command, |tx| async move {
        let orders = in_hand::take(&tx, call.actor, command.order_id, None).await?;
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist(&[ReturnState::Staged])?;
        let location = found.row.location_id.ok_or(Error::Contended)?;
        let one = orders.order(command.order_id).ok_or(Error::Contended)?;
        let known = sql::lines_of(&tx, &[found.row.id]).await?;
        let open = sql::open_units(&tx, command.order_id).await?;
        let (tied, rows) = tie(&tx, &known, one, &open);
        if tied.is_empty() {
            let message = "nothing of the parcel is of this order";
            let code = RefusalCode::Invalid;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        }
        let mut batch = Batch::default();
        for row in &rows {
            batch.save(row);
        }
        let moves = revalue(&tx, &mut batch, (&found, location), one, &tied).await?;
        let order = (*one.row).clone();
        let policy = policy::of_order(&tx, &order).await?.into_iter().next();
        let zone = zone_of(&tx, &order).await?;
        let row = &mut found.row;
        row.order_id = Some(order.id);
        row.customer_id = order.customer_id;
        row.channel_id = Some(order.channel_id);
        row.currency = Some(order.currency.clone());
        row.policy_id = policy.as_ref().map(|policy| policy.id);
        row.approved_at = Some(tx.now());
        row.state = ReturnState::Received;
        // What came by itself was declared on the day on which it came.
        let counts = |policy: &&entities::return_policy::Model| {
            policy.refund_trigger != RefundTrigger::Inspection
        };
        row.refund_due_at = policy.as_ref().filter(counts).and_then(|policy| {
            let from = days::day(row.received_at.unwrap_or(row.requested_at), &zone);
            days::end_of_day_after(from, policy.refund_within_days, &zone)
        });
        let data = json!({ "number": row.number, "order": order.number });
        found.orders = Some(orders);
        if let Some(orders) = &mut found.orders {
            orders.goods = moves;
        }
        found.write(&tx, call.actor, batch, (events::RETURN_ASSIGNED, data)).await
    })
    .await
}

/// Units of the parcel that are of a line of the order, and the lines of the return with what they are of.
fn tie(
    tx: &WriteTx,
    known: &[return_line::Model],
    one: &OrderInHand,
    open: &BTreeMap<Uuid, i64>,
) -> (Vec<(entities::order_line::Model, i64)>, Vec<return_line::Model>) {
    let mut left: BTreeMap<Uuid, i64> = one
        .lines
        .iter()
        .map(|line| {
            let there = i64::from(line.quantity_fulfilled) - i64::from(line.quantity_returned);
            (line.id, there - open.get(&line.id).copied().unwrap_or(0))
        })
        .collect();
    let (mut tied, mut rows) = (Vec::new(), Vec::new());
    let mut next = known.iter().map(|line| line.position + 1).max().unwrap_or(0);
    for line in known {
        let mut rest = i64::from(line.quantity_received);
        let mut first = true;
        for of in one.lines.iter().filter(|of| of.sku == line.sku) {
            let Some(room) = left.get_mut(&of.id) else { continue };
            let count = rest.min(*room);
            if count <= 0 {
                continue;
            }
            *room -= count;
            rest -= count;
            let units = column(count);
            let own = return_line::Model {
                order_line_id: Some(of.id),
                quantity: units,
                quantity_received: units,
                ..line.clone()
            };
            rows.push(if first {
                own
            } else {
                next += 1;
                return_line::Model { id: tx.id(), position: next - 1, ..own }
            });
            first = false;
            tied.push(((**of).clone(), count));
        }
        if rest > 0 && !first {
            let units = column(rest);
            rows.push(return_line::Model {
                id: tx.id(),
                position: next,
                quantity: units,
                quantity_received: units,
                ..line.clone()
            });
            next += 1;
        }
    }
    (tied, rows)
}

/// What waited at the average comes back at what it had cost.
async fn revalue(
    tx: &WriteTx,
    batch: &mut Batch,
    (found, location): (&InHand, Uuid),
    one: &OrderInHand,
    tied: &[(entities::order_line::Model, i64)],
) -> Result<Vec<Move>> {
    let of: Vec<(Uuid, i64, &str)> = tied
        .iter()
        .flat_map(|(line, count)| {
            let each = parts(line).into_iter();
            each.map(move |(variant, units)| (variant, units * count, line.sku.as_str()))
        })
        .collect();
    let mut variants: Vec<Uuid> = of.iter().map(|(variant, _, _)| *variant).collect();
    variants.sort_unstable();
    variants.dedup();
    let levels = lines::levels(tx, batch, location, &variants).await?;
    let mut left = Left::of(tx, one.row.id, &variants).await?;
    let (mut faults, mut moves) = (Faults::default(), Vec::new());
    for (variant, count, sku) in of {
        let Some(level) = levels.get(&variant) else { continue };
        let cost = match left.take(variant, count)? {
            Ok(cost) => cost,
            Err((shipped, came)) => {
                faults.push(too_many("orderId", sku, shipped - came));
                continue;
            }
        };
        let reason = Some(found.row.number.clone());
        let plain = Move { reason, ..Move::of(level, sku, MovementKind::Return) };
        moves.push(Move {
            on_hand: -count,
            quality_hold: -count,
            cost: Cost::Average,
            subject: Some(("ret", found.row.id)),
            ..plain.clone()
        });
        moves.push(Move {
            on_hand: count,
            quality_hold: count,
            cost,
            subject: Some(("ord", one.row.id)),
            ..plain
        });
    }
    faults.check()?;
    Ok(moves)
}

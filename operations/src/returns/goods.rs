//! `returnReceive` and `returnInspect`: goods come back, wait apart from what is sold, and go where somebody says.

use super::decide::{InHand, strike};
use super::{WhichReturn, blank_line, sql};
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{OrderInHand, parts, units as column};
use crate::orders::backorders;
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::stock::receive::{Left, SkuQuantity};
use crate::stock::value::Cost;
use crate::store::{Batch, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{Disposition, ItemCondition, MovementKind, RefundTrigger, ReturnState};
use entities::{order_line, return_inspection, return_line};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Entries of one call at most.
const MAX_ENTRIES: usize = 200;

/// Units of a line of a return.
#[derive(Debug, Clone, Serialize)]
pub struct LineUnits {
    /// The line of the return.
    pub return_line_id: Uuid,
    /// How many.
    pub quantity: i32,
}

/// What arrived.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveReturn {
    /// Which return.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// Where; the location of the return where it is left out.
    pub location_id: Option<Uuid>,
    /// What was announced.
    pub lines: Vec<LineUnits>,
    /// What was not.
    pub unannounced: Vec<SkuQuantity>,
}

/// What somebody found when they looked.
#[derive(Debug, Clone, Serialize)]
pub struct InspectUnits {
    /// The line of the return.
    pub return_line_id: Uuid,
    /// How many units.
    pub quantity: i32,
    /// How they are.
    #[serde(serialize_with = "crate::as_column")]
    pub condition: ItemCondition,
    /// Where they go.
    #[serde(serialize_with = "crate::as_column")]
    pub disposition: Disposition,
    /// Whether they are paid for; where it is left out, all but what is missing or something else.
    pub refundable: Option<bool>,
    /// What is said of them.
    pub note: Option<String>,
}

/// What was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct InspectReturn {
    /// Which return.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// What was found.
    pub lines: Vec<InspectUnits>,
}

/// Units that are moved: of a line of the order, or of a variant that the order has not.
struct Units {
    line: Option<order_line::Model>,
    variant: Option<Uuid>,
    sku: String,
    count: i64,
}

impl Units {
    /// What they consist of: variant and units.
    fn parts(&self) -> Vec<(Uuid, i64)> {
        let of_line = self.line.as_ref().map(parts);
        let plain = || self.variant.map(|variant| (variant, 1)).into_iter().collect();
        let parts: Vec<(Uuid, i64)> = of_line.unwrap_or_else(plain);
        parts.into_iter().map(|(variant, each)| (variant, each * self.count)).collect()
    }
}

pub(super) fn too_many(field: &str, sku: &str, most: i64) -> Refusal {
    let message = format!("{most} of {sku} can come back");
    Refusal::new(RefusalCode::AmountExceeded, field, message)
        .with_details(json!({ "sku": sku, "most": most }))
}

fn check_receive(command: &ReceiveReturn) -> Result<()> {
    let mut faults = Faults::default();
    let entries = command.lines.len() + command.unannounced.len();
    if entries == 0 || entries > MAX_ENTRIES {
        let message = format!("takes 1 to {MAX_ENTRIES} entries, with the unannounced ones");
        faults.add(RefusalCode::LimitExceeded, "lines", message);
    }
    let mut seen = BTreeSet::new();
    for (index, line) in command.lines.iter().enumerate() {
        if line.quantity < 1 {
            let field = format!("lines.{index}.quantity");
            faults.add(RefusalCode::Invalid, &field, "is at least 1");
        }
        if !seen.insert(line.return_line_id) {
            let field = format!("lines.{index}.returnLineId");
            faults.add(RefusalCode::Invalid, &field, "is named twice");
        }
    }
    let mut seen = BTreeSet::new();
    for (index, line) in command.unannounced.iter().enumerate() {
        if line.quantity < 1 {
            let field = format!("unannounced.{index}.quantity");
            faults.add(RefusalCode::Invalid, &field, "is at least 1");
        }
        if !seen.insert(line.sku.trim()) {
            let field = format!("unannounced.{index}.sku");
            faults.add(RefusalCode::Invalid, &field, "is named twice");
        }
    }
    faults.check()
}

/// Takes goods in and answers with the id of the return. They wait apart until somebody looked at them.
pub async fn return_receive(
    store: &Store,
    call: Call<'_>,
    command: &ReceiveReturn,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    check_receive(command)?;
    once(store, call, "returnReceive", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist(&[
            ReturnState::Approved,
            ReturnState::InTransit,
            ReturnState::Received,
            ReturnState::Inspected,
            ReturnState::Resolved,
        ])?;
        if found.row.goods_stay {
            let message = "the customer keeps the goods";
            return Err(Error::refused(Refusal::new(
                RefusalCode::StateConflict,
                "returnId",
                message,
            )));
        }
        let location = place(&tx, call.actor, &found, command.location_id).await?;
        let (rows, units) = arrived(&tx, &found, command).await?;
        let mut batch = Batch::default();
        for row in &rows {
            batch.save(row);
        }
        let moves = come_back(&tx, &mut batch, &found, location, &units).await?;
        if let Some(orders) = &mut found.orders {
            orders.goods = moves;
        }
        let policy = sql::policy_of(&tx, found.row.policy_id).await?;
        let order = found.order().cloned();
        let row = &mut found.row;
        row.location_id = Some(location);
        row.received_at = row.received_at.or(Some(tx.now()));
        if row.state != ReturnState::Resolved {
            row.state = ReturnState::Received;
            let of = (order.as_ref(), policy.as_ref());
            strike(&tx, row, of, (RefundTrigger::Receipt, tx.now())).await?;
        }
        let count: i64 = units.iter().map(|one| one.count).sum();
        let unannounced: i32 = command.unannounced.iter().map(|line| line.quantity).sum();
        let data = json!({
            "number": row.number,
            "units": count,
            "unannounced": unannounced,
        });
        found.write(&tx, call.actor, batch, (events::RETURN_RECEIVED, data)).await
    })
    .await
}

/// Where the goods are: all of a return come to one place.
async fn place(tx: &WriteTx, actor: &Actor, found: &InHand, said: Option<Uuid>) -> Result<Uuid> {
    let refused = |code, message: &str| {
        Err(Error::refused(Refusal::new(code, "locationId", message.to_owned())))
    };
    let Some(location) = said.or(found.row.location_id) else {
        return refused(RefusalCode::Required, "say where the goods are");
    };
    let known = catalog::locations(tx, &[location]).await?;
    if known.is_empty() || !actor.reach.has_location(location) {
        return Err(Error::refused(checks::not_found("locationId", "location")));
    }
    if found.row.received_at.is_some() && found.row.location_id != Some(location) {
        return refused(RefusalCode::Invalid, "the first of it came to another location");
    }
    Ok(location)
}

/// The lines of a return with what arrived of them, and new ones for what nobody announced.
async fn arrived(
    tx: &WriteTx,
    found: &InHand,
    command: &ReceiveReturn,
) -> Result<(Vec<return_line::Model>, Vec<Units>)> {
    let id = found.row.id;
    let one = found.one().ok_or(Error::Contended)?;
    let known = sql::lines_of(tx, &[id]).await?;
    let of_order = |line: Option<Uuid>| {
        let line = one.lines.iter().find(|row| Some(row.id) == line)?;
        Some((**line).clone())
    };
    let settled = found.row.state == ReturnState::Resolved;
    let mut faults = Faults::default();
    if settled && !command.unannounced.is_empty() {
        let message = "is settled already: stage what nobody announced";
        faults.add(RefusalCode::StateConflict, "unannounced", message);
    }
    // What of each line is still with the customer.
    let here = sql::received_units(tx, one.row.id).await?;
    let mut room: BTreeMap<Uuid, i64> = one
        .lines
        .iter()
        .map(|line| {
            let there = i64::from(line.quantity_fulfilled) - i64::from(line.quantity_returned);
            (line.id, there - here.get(&line.id).copied().unwrap_or(0))
        })
        .collect();
    let mut take = |line: Option<Uuid>, count: i32| match line.and_then(|id| room.get_mut(&id)) {
        Some(room) if *room < i64::from(count) => Err((*room).max(0)),
        Some(room) => {
            *room -= i64::from(count);
            Ok(())
        }
        None => Ok(()),
    };
    let (mut rows, mut units) = (Vec::new(), Vec::new());
    for (index, input) in command.lines.iter().enumerate() {
        let Some(line) = known.iter().find(|line| line.id == input.return_line_id) else {
            let field = format!("lines.{index}.returnLineId");
            faults.push(checks::not_found(&field, "return line"));
            continue;
        };
        // What was settled before it came was settled with the units that were declared.
        let most = if settled {
            let left = line.quantity.saturating_sub(line.quantity_received);
            if input.quantity > left { Err(left.into()) } else { Ok(()) }
        } else {
            take(line.order_line_id, input.quantity)
        };
        if let Err(most) = most {
            faults.push(too_many(&format!("lines.{index}.quantity"), &line.sku, most));
        }
        rows.push(return_line::Model {
            quantity_received: line.quantity_received.saturating_add(input.quantity),
            ..line.clone()
        });
        units.push(Units {
            line: of_order(line.order_line_id),
            variant: line.variant_id,
            sku: line.sku.clone(),
            count: input.quantity.into(),
        });
    }
    let skus: Vec<&str> = command.unannounced.iter().map(|line| line.sku.trim()).collect();
    let variants = catalog::variants_by_sku(tx, &skus).await?;
    let next = known.iter().map(|line| line.position + 1).max().unwrap_or(0);
    for (index, (sku, input)) in skus.iter().zip(&command.unannounced).enumerate() {
        let line = one.lines.iter().find(|line| line.sku == *sku).map(|line| (**line).clone());
        let variant = variants.iter().find(|variant| variant.sku == *sku);
        let field = format!("unannounced.{index}.sku");
        if line.is_none() {
            match variant {
                None => faults.push(checks::not_found(&field, "SKU")),
                Some(variant) if variant.bundle => {
                    let message = "is a bundle: stock lies with its components";
                    faults.add(RefusalCode::Invalid, &field, message);
                }
                Some(_) => {}
            }
        }
        if let Err(most) = take(line.as_ref().map(|line| line.id), input.quantity) {
            faults.push(too_many(&format!("unannounced.{index}.quantity"), sku, most));
        }
        let variant = variant.map(|variant| variant.id);
        let count = input.quantity;
        let place = next + column(i64::try_from(index).unwrap_or(0));
        rows.push(return_line::Model {
            order_line_id: line.as_ref().map(|line| line.id),
            variant_id: variant,
            quantity_received: count,
            ..blank_line(tx, id, place, (sku, count))
        });
        units.push(Units { line, variant, sku: (*sku).to_owned(), count: input.quantity.into() });
    }
    faults.check()?;
    Ok((rows, units))
}

/// Stock that comes back, at what it had cost; what the order never had, at the average of what is there.
async fn come_back(
    tx: &WriteTx,
    batch: &mut Batch,
    found: &InHand,
    location: Uuid,
    units: &[Units],
) -> Result<Vec<Move>> {
    let order = found.row.order_id.ok_or(Error::Contended)?;
    let variants = variants_of(units);
    let levels = lines::levels(tx, batch, location, &variants).await?;
    let mut left = Left::of(tx, order, &variants).await?;
    // Of what a history tells of, nothing left here: what it had cost is not known.
    let told = found.order().is_some_and(|order| order.imported);
    let (mut faults, mut moves) = (Faults::default(), Vec::new());
    for one in units {
        for (variant, quantity) in one.parts() {
            let Some(level) = levels.get(&variant) else { continue };
            let plain = Move::of(level, &one.sku, MovementKind::Return);
            let (cost, subject) = if one.line.is_none() {
                (Cost::Average, ("ret", found.row.id))
            } else {
                match left.take(variant, quantity)? {
                    Ok(cost) => (cost, ("ord", order)),
                    Err(_) if told => (Cost::Average, ("ord", order)),
                    Err((shipped, came)) => {
                        faults.push(too_many("lines", &one.sku, shipped - came));
                        continue;
                    }
                }
            };
            moves.push(Move {
                on_hand: quantity,
                quality_hold: quantity,
                cost,
                subject: Some(subject),
                reason: Some(found.row.number.clone()),
                ..plain
            });
        }
    }
    faults.check()?;
    Ok(moves)
}

fn variants_of(units: &[Units]) -> Vec<Uuid> {
    let variants: BTreeSet<Uuid> =
        units.iter().flat_map(Units::parts).map(|(variant, _)| variant).collect();
    variants.into_iter().collect()
}

fn check_inspect(command: &InspectReturn) -> Result<()> {
    let mut faults = Faults::default();
    if command.lines.is_empty() || command.lines.len() > MAX_ENTRIES {
        let message = format!("takes 1 to {MAX_ENTRIES} entries");
        faults.add(RefusalCode::LimitExceeded, "lines", message);
    }
    for (index, line) in command.lines.iter().enumerate() {
        let field = |name: &str| format!("lines.{index}.{name}");
        if line.quantity < 1 {
            faults.add(RefusalCode::Invalid, &field("quantity"), "is at least 1");
        }
        if line.disposition == Disposition::KeepWithCustomer {
            let message = "it is here: what the customer keeps is never received";
            faults.add(RefusalCode::Invalid, &field("disposition"), message);
        }
        checks::optional(&mut faults, &field("note"), line.note.as_deref(), 2_000);
    }
    faults.check()
}

/// Notes what somebody found and answers with the id of the return.
pub async fn return_inspect(
    store: &Store,
    call: Call<'_>,
    command: &InspectReturn,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    check_inspect(command)?;
    once(store, call, "returnInspect", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist(&[ReturnState::Received, ReturnState::Inspected, ReturnState::Resolved])?;
        let known = sql::lines_of(&tx, &[found.row.id]).await?;
        let before = sql::inspections_of(&tx, &[found.row.id]).await?;
        let mut looked: BTreeMap<Uuid, i64> = BTreeMap::new();
        for row in &before {
            *looked.entry(row.return_line_id).or_default() += i64::from(row.quantity);
        }
        let mut faults = Faults::default();
        let mut rows = Vec::new();
        for (index, input) in command.lines.iter().enumerate() {
            let field = |name: &str| format!("lines.{index}.{name}");
            let Some(line) = known.iter().find(|line| line.id == input.return_line_id) else {
                faults.push(checks::not_found(&field("returnLineId"), "return line"));
                continue;
            };
            let seen = looked.entry(line.id).or_default();
            let open = i64::from(line.quantity_received) - *seen;
            *seen += i64::from(input.quantity);
            if i64::from(input.quantity) > open {
                let message = format!("{} of {} wait to be looked at", open.max(0), line.sku);
                faults.push(
                    Refusal::new(RefusalCode::AmountExceeded, &field("quantity"), message)
                        .with_details(json!({ "sku": line.sku, "most": open.max(0) })),
                );
                continue;
            }
            let lacks =
                matches!(input.condition, ItemCondition::WrongItem | ItemCondition::Missing);
            rows.push(return_inspection::Model {
                id: tx.id(),
                return_line_id: line.id,
                quantity: input.quantity,
                condition: input.condition,
                disposition: input.disposition,
                refundable: input.refundable.unwrap_or(!lacks),
                note: super::request::trimmed(input.note.as_deref()),
                inspected_by_kind: call.actor.kind,
                inspected_by_id: call.actor.id,
                at: tx.now(),
            });
        }
        faults.check()?;
        let mut batch = Batch::default();
        batch.add_all(&rows);
        let all = known.iter().all(|line| {
            looked.get(&line.id).copied().unwrap_or(0) >= i64::from(line.quantity_received)
        });
        if found.row.state == ReturnState::Resolved {
            // It is settled: nothing waits for more.
            let moves = dispose(&tx, &mut batch, &found, &known, &rows).await?;
            if let Some(orders) = &mut found.orders {
                orders.goods = moves;
            }
        } else if all {
            let policy = sql::policy_of(&tx, found.row.policy_id).await?;
            let order = found.order().cloned();
            found.row.state = ReturnState::Inspected;
            let of = (order.as_ref(), policy.as_ref());
            strike(&tx, &mut found.row, of, (RefundTrigger::Inspection, tx.now())).await?;
        }
        let units: i32 = rows.iter().map(|row| row.quantity).sum();
        let data = json!({ "number": found.row.number, "units": units });
        found.write(&tx, call.actor, batch, (events::RETURN_INSPECTED, data)).await
    })
    .await
}

/// Stock that goes where somebody said, from where it waited.
pub(super) async fn dispose(
    tx: &WriteTx,
    batch: &mut Batch,
    found: &InHand,
    lines_of: &[return_line::Model],
    inspections: &[return_inspection::Model],
) -> Result<Vec<Move>> {
    let Some(location) = found.row.location_id.filter(|_| !inspections.is_empty()) else {
        return Ok(Vec::new());
    };
    let one = found.one().ok_or(Error::Contended)?;
    let mut all = Vec::new();
    for row in inspections {
        let Some(line) = lines_of.iter().find(|line| line.id == row.return_line_id) else {
            continue;
        };
        let of_order = one.lines.iter().find(|of| Some(of.id) == line.order_line_id);
        all.push((
            Units {
                line: of_order.map(|line| (**line).clone()),
                variant: line.variant_id,
                sku: line.sku.clone(),
                count: row.quantity.into(),
            },
            row.disposition,
        ));
    }
    let variants: BTreeSet<Uuid> =
        all.iter().flat_map(|(units, _)| units.parts()).map(|(variant, _)| variant).collect();
    let variants: Vec<Uuid> = variants.into_iter().collect();
    let levels = lines::levels(tx, batch, location, &variants).await?;
    let mut moves = Vec::new();
    let mut shelved = BTreeSet::new();
    for (units, disposition) in &all {
        let subject = match (&units.line, found.row.order_id) {
            (Some(_), Some(order)) => ("ord", order),
            (_, _) => ("ret", found.row.id),
        };
        for (variant, quantity) in units.parts() {
            let Some(level) = levels.get(&variant) else { continue };
            let (kind, on_hand, damaged) = match disposition {
                Disposition::Restock => {
                    shelved.insert(variant);
                    (MovementKind::Hold, 0, 0)
                }
                Disposition::OpenBox
                | Disposition::Refurbish
                | Disposition::ReturnToVendor
                | Disposition::Liquidate
                | Disposition::Donate => (MovementKind::Damage, 0, quantity),
                Disposition::Scrap | Disposition::Hazardous => (MovementKind::Scrap, -quantity, 0),
                Disposition::KeepWithCustomer => continue,
            };
            moves.push(Move {
                on_hand,
                damaged,
                quality_hold: -quantity,
                subject: Some(subject),
                reason: Some(disposition.to_value()),
                ..Move::of(level, &units.sku, kind)
            });
        }
    }
    // Whoever waits for what is on the shelf again is served next.
    for variant in shelved {
        let job = (Job::ServeBackorders, variant);
        timers::set_with(tx, batch, job, tx.now(), backorders::lies_at(location));
    }
    Ok(moves)
}

impl InHand {
    /// The order with its lines, if it has one.
    pub(super) fn one(&self) -> Option<&OrderInHand> {
        self.orders.as_ref()?.order(self.row.order_id?)
    }
}

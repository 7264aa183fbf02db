//! `fulfillmentPick`: what was found on the shelves, and what becomes of what was not.

use super::in_hand;
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{Aggregate, Physical, WorkInHand, live, units};
use crate::orders::cancel::{Manner, take_back};
use crate::orders::supply::{Choice, Want};
use crate::permissions::Permission;
use crate::stock::receive::SkuQuantity;
use crate::store::{Batch, Store};
use entities::enums::{CancelReason, FulfillmentState, MovementKind};
use entities::fulfillment_line;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What was found, what is damaged, and what becomes of the rest.
#[derive(Debug, Clone, Serialize)]
pub struct PickFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Units found, by SKU.
    pub picked: Vec<SkuQuantity>,
    /// Units found damaged, by SKU.
    pub damaged: Vec<SkuQuantity>,
    /// What becomes of what is missing; without it, it is still to be looked for.
    pub short_pick: Option<ShortPick>,
}

/// What becomes of units that were not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ShortPick {
    /// Another location sends them; what none has waits for stock.
    Reroute,
    /// They wait for stock.
    Backorder,
    /// They are cancelled.
    Cancel,
}

impl ShortPick {
    const fn name(self) -> &'static str {
        match self {
            Self::Reroute => "REROUTE",
            Self::Backorder => "BACKORDER",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Units of one SKU that are still looked for, and what was reported of it.
#[derive(Debug, Default)]
struct Report {
    picked: i64,
    damaged: i64,
}

/// Records what was found and answers with the id of the fulfillment.
pub async fn pick(store: &Store, call: Call<'_>, command: &PickFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    for (name, list) in [("picked", &command.picked), ("damaged", &command.damaged)] {
        check(&mut faults, name, list);
    }
    let damaged = command.damaged.iter().any(|one| one.quantity > 0);
    if damaged && command.short_pick.is_none() {
        let message = "damaged units are missing: say what becomes of them";
        faults.add(RefusalCode::Required, "shortPick", message);
    }
    faults.check()?;
    once(store, call, "fulfillmentPick", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        in_hand::insist_not_held(&found, id, "fulfillmentId")?;
        let state = in_hand::work(&found, id)?.row.state;
        if state != FulfillmentState::Picking {
            return Err(Error::refused(in_hand::conflict("fulfillmentId", state)));
        }
        let reports = reports(&found, id, command)?;
        let (picked, missing) = record(&mut found, id, reports, command.short_pick.is_some())?;
        let work = found.work_mut(id)?;
        if work.lines.iter().all(|line| i64::from(line.quantity_picked) >= live(line)) {
            work.row.picked_at = Some(tx.now());
        }
        let short: i64 = missing.iter().map(|(_, units)| units).sum();
        let action = command.short_pick.filter(|_| short > 0).map(ShortPick::name);
        let data = json!({ "picked": picked, "short": short, "action": action });
        found.note_work(id, events::FULFILLMENT_PICKED, &data);
        if let Some(action) = command.short_pick {
            make_good(&tx, &mut found, id, missing, action).await?;
        }
        let mut batch = Batch::default();
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &audit::made(&data));
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

fn check(faults: &mut Faults, name: &str, list: &[SkuQuantity]) {
    for (index, one) in list.iter().enumerate() {
        let field = format!("{name}.{index}");
        checks::within(faults, &format!("{field}.quantity"), one.quantity, 0, 1_000_000);
        if list.iter().take(index).any(|earlier| earlier.sku.trim() == one.sku.trim()) {
            let field = format!("{field}.sku");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
}

/// What was reported of each SKU; no more than is looked for.
fn reports(
    found: &Aggregate,
    id: Uuid,
    command: &PickFulfillment,
) -> Result<BTreeMap<String, Report>> {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for line in &in_hand::work(found, id)?.lines {
        *wanted.entry(&line.sku).or_insert(0) += live(line) - i64::from(line.quantity_picked);
    }
    let mut faults = Faults::default();
    let mut reports: BTreeMap<String, Report> = BTreeMap::new();
    let both = [("picked", &command.picked), ("damaged", &command.damaged)];
    for (name, list) in both {
        for (index, one) in list.iter().enumerate() {
            let (sku, units) = (one.sku.trim(), i64::from(one.quantity));
            let Some(most) = wanted.get(sku) else {
                let field = format!("{name}.{index}.sku");
                faults.push(checks::not_found(&field, "SKU in this fulfillment"));
                continue;
            };
            let report = reports.entry(sku.to_owned()).or_default();
            if name == "picked" {
                report.picked += units;
            } else {
                report.damaged += units;
            }
            if report.picked + report.damaged > *most {
                let message = format!("{most} of {sku} are still to be picked");
                let field = format!("{name}.{index}.quantity");
                let refusal = Refusal::new(RefusalCode::AmountExceeded, &field, message);
                faults.push(refusal.with_details(json!({ "sku": sku, "left": most })));
            }
        }
    }
    faults.check()?;
    Ok(reports)
}

/// Deals what was found out to the lines, the earliest promise first, and notes what is missing: units of the
/// order lines concerned.
fn record(
    found: &mut Aggregate,
    id: Uuid,
    mut reports: BTreeMap<String, Report>,
    conclude: bool,
) -> Result<(i64, Vec<(Uuid, i64)>)> {
    let promise = |line: &fulfillment_line::Model| -> (bool, Option<OffsetDateTime>, Option<OffsetDateTime>, i32) {
        let order = found.order(line.order_id).map(|one| &*one.row);
        let promised = order.and_then(|order| order.promised_by);
        (promised.is_none(), promised, order.map(|order| order.placed_at), line.position)
    };
    let work = in_hand::work(found, id)?;
    let location = work.row.location_id;
    let mut order: Vec<usize> = (0..work.lines.len()).collect();
    order.sort_by_key(|index| work.lines.get(*index).map(|line| promise(line)));
    let before: BTreeMap<Uuid, i64> = work
        .lines
        .iter()
        .filter_map(|line| line.order_line_id)
        .map(|line| (line, found.whole_units(line, WorkInHand::counts)))
        .collect();
    let (mut picked, mut physical) = (0, Vec::new());
    let work = found.work_mut(id)?;
    for index in order {
        let Some(line) = work.lines.get_mut(index) else { continue };
        let report = reports.entry(line.sku.clone()).or_default();
        let open = live(line) - i64::from(line.quantity_picked);
        let here = open.min(report.picked);
        report.picked -= here;
        picked += here;
        line.quantity_picked += units(here);
        let missing = open - here;
        if !conclude || missing == 0 {
            continue;
        }
        let damaged = missing.min(report.damaged);
        report.damaged -= damaged;
        line.quantity_short += units(missing);
        let Some(variant) = line.variant_id else { continue };
        let gone = |kind, lost: i64, damaged: i64, reason: &str| Physical {
            variant,
            location,
            order: line.order_id,
            sku: line.sku.clone(),
            kind,
            on_hand: -lost,
            damaged,
            reserved: -(lost + damaged),
            reason: Some(reason.to_owned()),
        };
        if damaged > 0 {
            physical.push(gone(MovementKind::Damage, 0, damaged, "damaged when picked"));
        }
        if missing > damaged {
            physical.push(gone(
                MovementKind::Adjust,
                missing - damaged,
                0,
                "not found when picked",
            ));
        }
    }
    found.physical.extend(physical);
    let missing = before
        .into_iter()
        .map(|(line, units)| (line, units - found.whole_units(line, WorkInHand::counts)))
        .filter(|(_, units)| *units > 0)
        .collect();
    Ok((picked, missing))
}

/// What was missing is found elsewhere, waits, or is cancelled.
async fn make_good(
    tx: &crate::store::WriteTx,
    found: &mut Aggregate,
    id: Uuid,
    missing: Vec<(Uuid, i64)>,
    action: ShortPick,
) -> Result<()> {
    let here = in_hand::work(found, id)?.row.location_id;
    for (line, _) in &missing {
        // Components of what cannot be sent whole go back into the shelf.
        found.trim(*line);
    }
    let mut orders: BTreeMap<Uuid, Vec<(Uuid, i64)>> = BTreeMap::new();
    for (line, units) in missing {
        let of = found.orders.iter().find(|one| one.lines.iter().any(|row| row.id == line));
        if let Some(one) = of {
            orders.entry(one.row.id).or_default().push((line, units));
        }
    }
    for (order, missing) in orders {
        match action {
            ShortPick::Backorder => {}
            ShortPick::Cancel => {
                let manner =
                    Manner { reason: CancelReason::Stock, restock: true, packed_too: false };
                take_back(tx, found, order, &missing, manner)?;
            }
            ShortPick::Reroute => {
                let wants: Vec<Want> = missing
                    .iter()
                    .map(|(line, units)| Want { line: *line, units: *units })
                    .collect();
                let choice = Choice { only: None, not: vec![here] };
                found.supply(tx, &Reach::default(), order, &wants, choice).await?;
            }
        }
    }
    Ok(())
}

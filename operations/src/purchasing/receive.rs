//! `purchaseOrderReceive`: it comes, as a whole or in parts, and fills the oldest backorders first.

use super::state::Step;
use super::{InHand, WhichPurchaseOrder, open_units};
use crate::catalog::sql as catalog;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::aggregate::units as column;
use crate::orders::{backorders, receipts};
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::stock::receive::SkuQuantity;
use crate::stock::value::Cost;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::MovementKind;
use entities::{purchase_order, purchase_order_line, stock_level};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What came.
#[derive(Debug, Clone, Serialize)]
pub struct ReceivePurchaseOrder {
    /// Which purchase order.
    #[serde(flatten)]
    pub which: WhichPurchaseOrder,
    /// What came well.
    pub lines: Vec<SkuQuantity>,
    /// What came damaged, beside that.
    pub damaged: Vec<SkuQuantity>,
    /// What came and waits for somebody to look at it, beside that.
    pub quality_hold: Vec<SkuQuantity>,
    /// Nothing more will come.
    pub complete: bool,
}

/// Receives and answers with the id of the purchase order.
pub async fn receive(
    store: &Store,
    call: Call<'_>,
    command: &ReceivePurchaseOrder,
) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    let nothing = command.damaged.is_empty() && command.quality_hold.is_empty();
    let least = usize::from(nothing && !command.complete);
    let lists = command.lists();
    for (field, list) in &lists {
        let least = if *field == "lines" { least } else { 0 };
        lines::check(&mut faults, field, list, least, (1, 10_000_000));
    }
    faults.check()?;
    let lists = &lists;
    once(store, call, "purchaseOrderReceive", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        if super::state::next(found.row.state, Step::ReceiveSome).is_none() {
            return Err(Error::refused(super::conflict(found.row.state)));
        }
        let supplier = catalog::suppliers(&tx, &[found.row.supplier_id]).await?.pop();
        let tolerance = supplier.map_or(0, |supplier| i64::from(supplier.over_receipt_percent));
        let mut faults = Faults::default();
        let skus = found.lines.iter().map(|line| line.sku.as_str());
        for (field, list) in lists {
            lines::insist_on(&mut faults, field, list, &skus);
        }
        let variants = found.variants();
        let mut fresh = Batch::default();
        let levels = lines::levels(&tx, &mut fresh, found.row.location_id, &variants).await?;
        let valued_in = valued_in(&tx, &found.row, &levels).await?;
        let (mut moves, mut batch) = (Vec::new(), Batch::default());
        let (mut came, mut broken, mut held) = (0, 0, 0);
        let subject = Some(("po", found.row.id));
        for line in &mut found.lines {
            let damaged = lines::units(&command.damaged, &line.sku);
            let on_hold = lines::units(&command.quality_hold, &line.sku);
            let units = lines::units(&command.lines, &line.sku) + damaged + on_hold;
            let most = i64::from(line.quantity) * (100 + tolerance) / 100;
            if i64::from(line.received) + units > most.max(line.received.into()) {
                faults.push(too_many(&lines::field_of(lists, &line.sku), line, (most, tolerance)));
                continue;
            }
            let Some(level) = levels.get(&line.variant_id) else { continue };
            let open = open_units(line);
            if units > 0 {
                moves.push(Move {
                    on_hand: units,
                    damaged,
                    quality_hold: on_hold,
                    incoming: -units.min(open),
                    subject,
                    cost: cost(&found.row, line, valued_in.get(&line.variant_id), units)?,
                    ..Move::of(level, &line.sku, MovementKind::Receipt)
                });
                line.received += column(units);
                line.damaged += column(damaged);
                line.received_at = Some(tx.now());
                batch.save(line);
            }
            let rest = open_units(line);
            if command.complete && rest > 0 {
                moves.push(Move {
                    incoming: -rest,
                    reason: Some("will not come any more".to_owned()),
                    subject,
                    ..Move::of(level, &line.sku, MovementKind::Expect)
                });
            }
            (came, broken, held) = (came + units, broken + damaged, held + on_hold);
        }
        if command.complete && found.lines.iter().all(|line| line.received == 0) {
            let message = "nothing came of it: cancel it";
            faults.add(RefusalCode::StateConflict, "complete", message);
        }
        faults.check()?;
        let rest = found.lines.iter().any(|line| open_units(line) > 0);
        found.step(match (rest, command.complete) {
            (false, _) => Step::ReceiveRest,
            (true, true) => Step::Close,
            (true, false) => Step::ReceiveSome,
        })?;
        found.row.received_at = found.row.received_at.or(Some(tx.now()));
        if !rest || command.complete {
            found.row.closed_at = Some(tx.now());
        }
        let data = json!({
            "units": came, "damaged": broken, "qualityHold": held,
            "complete": !rest || command.complete,
        });
        let event = found.event(events::PURCHASE_ORDER_RECEIVED, &data);
        fresh.insert(&tx).await?;
        found.note(&tx, call.actor, &mut batch, event);
        receipts::look_again(&tx, &mut batch, &variants).await?;
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(found.row.id)
    })
    .await
}

impl ReceivePurchaseOrder {
    fn lists(&self) -> [(&'static str, &Vec<SkuQuantity>); 3] {
        [("lines", &self.lines), ("damaged", &self.damaged), ("qualityHold", &self.quality_hold)]
    }
}

fn too_many(
    field: &str,
    line: &purchase_order_line::Model,
    (most, percent): (i64, i64),
) -> Refusal {
    let (quantity, received) = (line.quantity, line.received);
    let message = format!(
        "{quantity} of {} were ordered and {received} came: with {percent} % more it is {most} at most",
        line.sku
    );
    Refusal::new(RefusalCode::AmountExceeded, field, message)
        .with_details(json!({ "ordered": quantity, "received": received, "most": most }))
}

/// The currencies in which levels are valued, or are to be, where that is another than that of the purchase order.
async fn valued_in(
    tx: &WriteTx,
    order: &purchase_order::Model,
    levels: &BTreeMap<Uuid, stock_level::Model>,
) -> Result<BTreeMap<Uuid, String>> {
    let variants: Vec<Uuid> = levels.keys().copied().collect();
    let mut currencies: BTreeMap<Uuid, String> = BTreeMap::new();
    for variant in catalog::variants(tx, &variants).await? {
        let level = levels.get(&variant.id);
        let valued = level.filter(|level| level.on_hand + level.in_transit > 0);
        let own = valued.and_then(|level| level.value_currency.clone());
        if let Some(own) = own.or(variant.unit_cost_currency).filter(|own| *own != order.currency) {
            currencies.insert(variant.id, own);
        }
    }
    Ok(currencies)
}

/// What the units cost, in the currency in which the level is valued.
fn cost(
    order: &purchase_order::Model,
    line: &purchase_order_line::Model,
    valued_in: Option<&String>,
    units: i64,
) -> Result<Cost> {
    let all = line.unit_cost_minor.saturating_mul(units);
    let Some(own) = valued_in else {
        return Ok(Cost::Total(all, order.currency.clone()));
    };
    let rate = order.exchange_rate.as_deref().and_then(|rate| rate.parse::<Decimal>().ok());
    let (from, to) = (Currency::from_code(&order.currency), Currency::from_code(own));
    let converted = from.zip(to).zip(rate);
    let converted = converted.and_then(|((from, to), rate)| from.convert(all, rate, to));
    match converted {
        Some(minor) => Ok(Cost::Total(minor, own.clone())),
        None => Err(Error::refused(Refusal::new(
            RefusalCode::CurrencyMismatch,
            "purchaseOrderId",
            format!("{} is valued in {own}: give the purchase order a rate", line.sku),
        ))),
    }
}

//! Purchase orders: what is ordered from suppliers, on their terms, and what comes of it.

pub mod cancel;
pub mod create;
pub(crate) mod overdue;
pub mod place;
pub mod read;
pub mod receive;
pub(crate) mod sql;
pub mod state;
pub mod update;

use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::money::{self, Currency};
use crate::orders::in_hand::version;
use crate::stock::lines as stock_lines;
use crate::stock::sql as stock;
use crate::store::{Batch, WriteTx};
use entities::enums::PurchaseOrderState;
use entities::{purchase_order, purchase_order_line, supplier, supplier_term, variant};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value as Json, json};
use state::Step;
use uuid::Uuid;

/// Which purchase order.
#[derive(Debug, Clone, Serialize)]
pub struct WhichPurchaseOrder {
    /// The purchase order.
    pub purchase_order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

/// Units of a SKU to order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderLine {
    /// The SKU.
    pub sku: String,
    /// How many units.
    pub quantity: i32,
    /// What one unit costs; what the supplier's terms say without it.
    pub unit_cost: Option<Decimal>,
}

/// A purchase order in hand, locked, with its lines.
struct InHand {
    was: purchase_order::Model,
    row: purchase_order::Model,
    lines: Vec<purchase_order_line::Model>,
}

impl InHand {
    async fn take(tx: &WriteTx, actor: &Actor, which: &WhichPurchaseOrder) -> Result<Self> {
        let found = sql::lock(tx, which.purchase_order_id).await?;
        let Some(row) = found.filter(|row| actor.reach.has_location(row.location_id)) else {
            return Err(Error::refused(checks::not_found("purchaseOrderId", "purchase order")));
        };
        let mut faults = Faults::default();
        version(&mut faults, which.expected_version, row.version);
        faults.check()?;
        let lines = sql::lines_of(tx, &[row.id]).await?;
        Ok(Self { was: row.clone(), row, lines })
    }

    /// Takes a step, or refuses it in words.
    fn step(&mut self, step: Step) -> Result<()> {
        let Some(state) = state::next(self.row.state, step) else {
            return Err(Error::refused(conflict(self.row.state)));
        };
        self.row.state = state;
        self.row.version += 1;
        Ok(())
    }

    fn variants(&self) -> Vec<Uuid> {
        self.lines.iter().map(|line| line.variant_id).collect()
    }

    fn units(&self) -> i64 {
        self.lines.iter().map(|line| i64::from(line.quantity)).sum()
    }

    /// What happened to it.
    fn event(&self, kind: &'static EventKind, data: &Json) -> NewEvent {
        let mut data = data.clone();
        if let Json::Object(fields) = &mut data {
            fields.insert("number".into(), json!(self.row.number));
        }
        NewEvent {
            location: Some(self.row.location_id),
            ..NewEvent::new(kind, ("po", self.row.id), data)
        }
    }

    /// Adds the row and what happened to what the transaction writes.
    fn note(&self, tx: &WriteTx, actor: &Actor, batch: &mut Batch, event: NewEvent) {
        batch.save(&self.row);
        let change = audit::difference(Some(&self.was), &self.row);
        audit::record(tx, actor, batch, Some(event.subject), &change);
        events::record(tx, actor, batch, event);
    }
}

fn conflict(state: PurchaseOrderState) -> Refusal {
    let message = format!("is {} and cannot be taken this step", state.to_value());
    Refusal::new(RefusalCode::StateConflict, "purchaseOrderId", message)
}

/// Units of a line that are still to come.
pub(crate) fn open_units(line: &purchase_order_line::Model) -> i64 {
    (i64::from(line.quantity) - i64::from(line.received)).max(0)
}

/// Checks lines as far as that needs no database.
fn check_lines(faults: &mut Faults, lines: &[OrderLine]) {
    stock_lines::check_skus(faults, "lines", lines.iter().map(|line| line.sku.as_str()), 1);
    for (index, line) in lines.iter().enumerate() {
        let field = format!("lines.{index}.quantity");
        checks::within(faults, &field, line.quantity, 1, 10_000_000);
    }
}

/// Lines on a supplier's terms: what they order, at which price. Every fault is noted.
async fn priced(
    tx: &WriteTx,
    faults: &mut Faults,
    (supplier, order): (&supplier::Model, &mut purchase_order::Model),
    lines: &[OrderLine],
    before: &[purchase_order_line::Model],
) -> Result<Vec<purchase_order_line::Model>> {
    let currency = Currency::from_code(&supplier.currency)
        .ok_or_else(|| Error::Internal(format!("supplier {} has no currency", supplier.name)))?;
    let skus: Vec<&str> = lines.iter().map(|line| line.sku.trim()).collect();
    let variants = stock_lines::variants(tx, faults, stock_lines::in_lines, &skus).await?;
    let terms = catalog::terms_of(tx, &[supplier.id]).await?;
    let mut rows = Vec::with_capacity(lines.len());
    let mut total: i128 = 0;
    for (index, line) in lines.iter().enumerate() {
        let at = |name: &str| format!("lines.{index}.{name}");
        let Some(variant) = variants.iter().find(|variant| variant.sku == line.sku.trim()) else {
            continue;
        };
        let old = before.iter().find(|old| old.variant_id == variant.id);
        let term = terms.iter().find(|term| term.variant_id == variant.id);
        // What was agreed before the terms changed stays agreed.
        if let Some(term) = term.filter(|_| old.is_none_or(|old| old.quantity != line.quantity)) {
            check_terms(faults, &at("quantity"), line.quantity, term);
        }
        if old.is_some_and(|old| old.received > line.quantity) {
            let received = old.map_or(0, |old| old.received);
            let message = format!("{received} came already");
            faults.add(RefusalCode::AmountExceeded, &at("quantity"), message);
        }
        let given =
            line.unit_cost.and_then(|cost| faults.take(&at("unitCost"), currency.minor(cost)));
        if given.is_some_and(|cost| cost < 0) {
            faults.add(RefusalCode::Invalid, &at("unitCost"), "is not negative");
        }
        let known = old.map(|old| old.unit_cost_minor).or(term.map(|term| term.unit_cost_minor));
        let cost = given.or(known.filter(|_| line.unit_cost.is_none()));
        if cost.is_none() && line.unit_cost.is_none() {
            let message = "is needed: the supplier's terms do not name this SKU";
            faults.add(RefusalCode::Required, &at("unitCost"), message);
        }
        let cost = cost.unwrap_or(0);
        total += i128::from(cost) * i128::from(line.quantity);
        rows.push(purchase_order_line::Model {
            purchase_order_id: order.id,
            variant_id: variant.id,
            position: i32::try_from(index).unwrap_or(i32::MAX),
            sku: variant.sku.clone(),
            quantity: line.quantity,
            received: old.map_or(0, |old| old.received),
            damaged: old.map_or(0, |old| old.damaged),
            unit_cost_minor: cost,
            received_at: old.and_then(|old| old.received_at),
        });
    }
    for gone in before.iter().filter(|old| old.received > 0) {
        if !rows.iter().any(|row| row.variant_id == gone.variant_id) {
            let message = format!("{} of {} came already: it stays", gone.received, gone.sku);
            faults.add(RefusalCode::AmountExceeded, "lines", message);
        }
    }
    if money::is_bearable(total) {
        order.total_minor = i64::try_from(total).unwrap_or(i64::MAX);
    } else {
        faults.add(RefusalCode::LimitExceeded, "lines", "the total is beyond what can be kept");
    }
    insist_on_rate(tx, faults, order, &variants).await?;
    Ok(rows)
}

/// A supplier sells from a least quantity on, and in whole packs.
fn check_terms(faults: &mut Faults, field: &str, quantity: i32, term: &supplier_term::Model) {
    let fits = in_packs(quantity.into(), term);
    if i64::from(quantity) == fits {
        return;
    }
    let (least, pack) = (term.minimum_quantity, term.pack_size);
    let message = format!("is sold from {least} units on, in packs of {pack}: {fits} would be");
    faults.push(Refusal::new(RefusalCode::Invalid, field, message).with_details(json!({
        "minimumQuantity": least, "packSize": pack, "suggested": fits,
    })));
}

/// The least quantity that a supplier sells and that is not below the one wanted.
pub(crate) fn in_packs(quantity: i64, term: &supplier_term::Model) -> i64 {
    let pack = i64::from(term.pack_size.max(1));
    let least = quantity.max(term.minimum_quantity.into());
    (least + pack - 1) / pack * pack
}

/// Stock that is valued in another currency needs to be told the rate.
async fn insist_on_rate(
    tx: &WriteTx,
    faults: &mut Faults,
    order: &purchase_order::Model,
    variants: &[variant::Model],
) -> Result<()> {
    if order.exchange_rate.is_some() {
        return Ok(());
    }
    let ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
    let levels = stock::levels(tx, &ids, &[order.location_id]).await?;
    for variant in variants {
        let level = levels.iter().find(|level| level.variant_id == variant.id);
        let valued = level.filter(|level| level.on_hand + level.in_transit > 0);
        let own = valued.and_then(|level| level.value_currency.clone());
        if let Some(own) = own.or_else(|| variant.unit_cost_currency.clone())
            && own != order.currency
        {
            let message = format!(
                "is needed: {} is valued in {own}, the supplier's prices are in {}",
                variant.sku, order.currency
            );
            faults.add(RefusalCode::Required, "exchangeRate", message);
            return Ok(());
        }
    }
    Ok(())
}

/// A rate as a column holds it: above zero, with at most ten decimals.
fn check_rate(faults: &mut Faults, rate: Option<Decimal>) -> Option<String> {
    let rate = rate?.normalize();
    if rate <= Decimal::ZERO || rate > Decimal::from(1_000_000) || rate.scale() > 10 {
        let message = "is above zero, up to 1,000,000, with at most 10 decimals";
        faults.add(RefusalCode::Invalid, "exchangeRate", message);
    }
    Some(rate.to_string())
}

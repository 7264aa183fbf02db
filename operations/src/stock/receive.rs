//! `stockReceive`: goods came in without a purchase order.

use super::ledger::{self, Move};
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::orders::backorders;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::MovementKind;
use entities::{stock_level, variant};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Lines in one call at most.
pub const MAX_LINES: usize = 250;

/// What came in where.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveStock {
    /// Where.
    pub location_id: Uuid,
    /// What.
    pub lines: Vec<SkuQuantity>,
    /// Why.
    pub reason: Option<String>,
}

/// Units of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkuQuantity {
    /// The SKU.
    pub sku: String,
    /// How many units.
    pub quantity: i32,
}

/// Puts goods on the shelf and answers with the ids of the levels, in the order of the lines.
pub async fn receive(store: &Store, call: Call<'_>, command: &ReceiveStock) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    check_lines(&mut faults, command.lines.iter().map(|line| line.sku.as_str()));
    for (index, line) in command.lines.iter().enumerate() {
        let field = format!("lines.{index}.quantity");
        checks::within(&mut faults, &field, line.quantity, 1, 10_000_000);
    }
    let reason = checks::optional(&mut faults, "reason", command.reason.as_deref(), 500);
    faults.check()?;
    let reason = &reason;
    once(store, call, "stockReceive", command, |tx| async move {
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let shelf = Shelf::load(&tx, call.actor, command.location_id, &skus).await?;
        let moves: Vec<Move> = command
            .lines
            .iter()
            .zip(&shelf.rows)
            .map(|(line, (variant, level))| Move {
                level_id: level.id,
                variant_id: variant.id,
                location_id: level.location_id,
                sku: variant.sku.clone(),
                kind: MovementKind::Receipt,
                on_hand: line.quantity.into(),
                reserved: 0,
                damaged: 0,
                reason: reason.clone(),
                subject: None,
                unit_cost: variant.unit_cost_minor.zip(variant.unit_cost_currency.clone()),
            })
            .collect();
        shelf.change(&tx, call.actor, &moves).await
    })
    .await
}

/// A list of SKUs is neither empty nor too long, and names none twice.
pub(super) fn check_lines<'a>(faults: &mut Faults, skus: impl Iterator<Item = &'a str>) {
    let skus: Vec<&str> = skus.map(str::trim).collect();
    if skus.is_empty() || skus.len() > MAX_LINES {
        let message = format!("takes 1 to {MAX_LINES} lines");
        faults.add(RefusalCode::LimitExceeded, "lines", message);
    }
    for (index, sku) in skus.iter().enumerate() {
        if skus.iter().take(index).any(|earlier| earlier == sku) {
            let field = format!("lines.{index}.sku");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
}

/// The levels of SKUs at one location; those that are missing are made, empty.
#[derive(Debug)]
pub(super) struct Shelf {
    /// In the order asked for.
    pub(super) rows: Vec<(variant::Model, stock_level::Model)>,
    batch: Batch,
}

impl Shelf {
    pub(super) async fn load(
        tx: &WriteTx,
        actor: &Actor,
        location: Uuid,
        skus: &[&str],
    ) -> Result<Self> {
        let mut faults = Faults::default();
        let known = catalog::locations(tx, &[location]).await?;
        if known.is_empty() || !actor.reach.has_location(location) {
            faults.push(checks::not_found("locationId", "location"));
        }
        let variants = catalog::variants_by_sku(tx, skus).await?;
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
        let levels = sql::levels(tx, &ids, &[location]).await?;
        let mut by_variant: HashMap<Uuid, stock_level::Model> =
            levels.into_iter().map(|level| (level.variant_id, level)).collect();
        let mut batch = Batch::default();
        let mut rows = Vec::new();
        for (index, sku) in skus.iter().enumerate() {
            let field = format!("lines.{index}.sku");
            let Some(variant) = variants.iter().find(|variant| variant.sku == *sku) else {
                faults.push(checks::not_found(&field, "SKU"));
                continue;
            };
            if variant.bundle {
                let message = "is a bundle: stock lies with its components";
                faults.add(RefusalCode::Invalid, &field, message);
            }
            let level = by_variant.remove(&variant.id).unwrap_or_else(|| {
                let level = ledger::empty_level(tx, variant.id, location);
                batch.add(&level);
                level
            });
            rows.push((variant.clone(), level));
        }
        faults.check()?;
        Ok(Self { rows, batch })
    }

    /// Writes the changes and answers with the ids of the levels.
    pub(super) async fn change(
        mut self,
        tx: &WriteTx,
        actor: &Actor,
        moves: &[Move],
    ) -> Result<Vec<Uuid>> {
        let ids = self.rows.iter().map(|(_, level)| level.id).collect();
        // New levels first: what comes in may be promised at once.
        std::mem::take(&mut self.batch).insert(tx).await?;
        if let Some(first) = moves.first() {
            let subject = Some(("loc", first.location_id));
            let change = audit::made(&ledger::told(moves));
            audit::record(tx, actor, &mut self.batch, subject, &change);
        }
        backorders::move_and_serve(tx, actor, self.batch, moves.to_vec()).await?;
        Ok(ids)
    }
}

//! `stockReceive`: goods came in without a purchase order.

use super::ledger::{self, Move};
use super::lines;
use super::sql;
use super::value::{Cost, share};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::orders::{backorders, sql as orders};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::MovementKind;
use entities::{stock_level, variant};
use serde::Serialize;
use uuid::Uuid;

/// What came in where.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveStock {
    /// Where.
    pub location_id: Uuid,
    /// What.
    pub lines: Vec<SkuQuantity>,
    /// Why.
    pub reason: Option<String>,
    /// The order that it left for, where it comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_from: Option<Uuid>,
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
    lines::check(&mut faults, "lines", &command.lines, 1, (1, 10_000_000));
    let reason = checks::optional(&mut faults, "reason", command.reason.as_deref(), 500);
    faults.check()?;
    let reason = &reason;
    once(store, call, "stockReceive", command, |tx| async move {
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let shelf = Shelf::load(&tx, call.actor, command.location_id, &skus).await?;
        let moves = match command.returned_from {
            Some(order) => come_back(&tx, call.actor, order, &shelf, command).await?,
            None => come_in(&shelf, command),
        };
        let moves: Vec<Move> =
            moves.into_iter().map(|one| Move { reason: reason.clone(), ..one }).collect();
        shelf.change(&tx, call.actor, &moves).await
    })
    .await
}

fn come_in(shelf: &Shelf, command: &ReceiveStock) -> Vec<Move> {
    let rows = command.lines.iter().zip(&shelf.rows);
    rows.map(|(line, (variant, level))| Move {
        on_hand: line.quantity.into(),
        cost: listed_cost(variant, level),
        ..Move::of(level, &variant.sku, MovementKind::Receipt)
    })
    .collect()
}

/// Goods that left for an order come back at what they cost then: the last of them takes the rest, so that all together are
/// worth what all together took.
async fn come_back(
    tx: &WriteTx,
    actor: &Actor,
    order: Uuid,
    shelf: &Shelf,
    command: &ReceiveStock,
) -> Result<Vec<Move>> {
    let Some(order) = orders::lock_in_reach(tx, actor, order).await? else {
        return Err(Error::refused(checks::not_found("returnedFromOrderId", "order")));
    };
    let variants: Vec<Uuid> = shelf.rows.iter().map(|(variant, _)| variant.id).collect();
    let mut left = Left::of(tx, order.id, &variants).await?;
    let (mut faults, mut moves) = (Faults::default(), Vec::new());
    for (index, (line, (variant, level))) in command.lines.iter().zip(&shelf.rows).enumerate() {
        let units = i64::from(line.quantity);
        match left.take(variant.id, units)? {
            Ok(cost) => moves.push(Move {
                on_hand: units,
                cost,
                subject: Some(("ord", order.id)),
                ..Move::of(level, &variant.sku, MovementKind::Return)
            }),
            Err((shipped, came_back)) => {
                let message = format!(
                    "{shipped} of {} left for {} and {came_back} came back already",
                    variant.sku, order.number
                );
                let field = format!("lines.{index}.quantity");
                faults.add(RefusalCode::AmountExceeded, &field, message);
            }
        }
    }
    faults.check()?;
    Ok(moves)
}

/// What left for an order, and what of it came back.
pub(crate) struct Left(Vec<(Uuid, Option<String>, i64, i64, i64, i64)>);

impl Left {
    /// Reads what left for an order of some variants.
    pub(crate) async fn of(tx: &WriteTx, order: Uuid, variants: &[Uuid]) -> Result<Self> {
        Ok(Self(sql::left_for(tx, order, variants).await?))
    }

    /// Units of a variant come back: what they had cost; or, where more would come back than left, how many left, and how many
    /// came back.
    pub(crate) fn take(
        &mut self,
        variant: Uuid,
        units: i64,
    ) -> Result<std::result::Result<Cost, (i64, i64)>> {
        let Some((_, currency, shipped, worth, came_back, back)) =
            self.0.iter_mut().find(|row| row.0 == variant)
        else {
            return Ok(Err((0, 0)));
        };
        if *came_back + units > *shipped {
            return Ok(Err((*shipped, *came_back)));
        }
        *came_back += units;
        let Some(currency) = currency else { return Ok(Ok(Cost::Average)) };
        let through = share(*worth, *came_back, *shipped)?;
        let cost = through - *back;
        *back = through;
        Ok(Ok(Cost::Total(cost, currency.clone())))
    }
}

/// What a unit costs that came without a price: what the catalog says, where the level is valued in that currency.
fn listed_cost(variant: &variant::Model, level: &stock_level::Model) -> Cost {
    let cost = variant.unit_cost_minor.zip(variant.unit_cost_currency.clone());
    let valued = level.on_hand + level.in_transit > 0;
    match cost {
        Some((each, currency))
            if !valued || level.value_currency.as_ref().is_none_or(|own| *own == currency) =>
        {
            Cost::Unit(each, currency)
        }
        _ => Cost::Average,
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
        let variants = lines::variants(tx, &mut faults, lines::in_lines, skus).await?;
        faults.check()?;
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
        let mut batch = Batch::default();
        let mut levels = lines::levels(tx, &mut batch, location, &ids).await?;
        let rows = variants
            .into_iter()
            .filter_map(|variant| levels.remove(&variant.id).map(|level| (variant, level)))
            .collect();
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

//! Questions about stock.

use super::sql as queries;
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::MovementKind;
use entities::{stock_level, stock_movement, stock_reservation, stock_reservation_line};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Units of a level that can still be promised; below zero where more was promised than is left, after a loss.
pub fn available(level: &stock_level::Model) -> i64 {
    let sellable = level.on_hand - level.damaged - level.quality_hold;
    sellable - level.reserved - i64::from(level.safety_stock)
}

/// Which levels.
#[derive(Debug, Clone, Default)]
pub struct LevelFilter {
    /// At these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// Of these SKUs.
    pub skus: Option<Vec<String>>,
    /// With no more available than the reorder point, or with more.
    pub below_reorder_point: Option<bool>,
    /// With nothing available, or with something.
    pub out_of_stock: Option<bool>,
}

const LEVELS: Order = Order::by_id("s.id", false);

/// A page of levels, oldest first.
pub async fn levels(
    db: &Db,
    actor: &Actor,
    filter: &LevelFilter,
    page: &PageArgs,
) -> Result<Rows<stock_level::Model>> {
    actor.require(Permission::StockRead)?;
    let page = page.check(LEVELS)?;
    let rows = queries::list_levels(db, filter.sql(actor), page.sql(LEVELS)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many levels a filter finds.
pub async fn levels_count(db: &Db, actor: &Actor, filter: &LevelFilter) -> Result<i64> {
    queries::count_levels(db, filter.sql(actor)).await
}

/// Levels by id, within reach.
pub async fn levels_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<stock_level::Model>> {
    actor.require(Permission::StockRead)?;
    queries::levels_by_ids(db, ids, &actor.reach).await
}

/// The levels of variants within reach, by location code.
pub async fn levels_of(
    db: &Db,
    actor: &Actor,
    variants: &[Uuid],
) -> Result<Vec<stock_level::Model>> {
    actor.require(Permission::StockRead)?;
    queries::levels_of(db, variants, &actor.reach).await
}

/// Which movements.
#[derive(Debug, Clone, Default)]
pub struct MovementFilter {
    /// Of this level.
    pub level_id: Option<Uuid>,
    /// At these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// Of these SKUs.
    pub skus: Option<Vec<String>>,
    /// Of these kinds.
    pub kinds: Option<Vec<MovementKind>>,
    /// From this moment.
    pub from: Option<OffsetDateTime>,
    /// Before this moment.
    pub to: Option<OffsetDateTime>,
    /// For this document.
    pub subject_id: Option<Uuid>,
}

const MOVEMENTS: Order = Order::by_id("m.id", true);

/// A page of movements, newest first.
pub async fn movements(
    db: &Db,
    actor: &Actor,
    filter: &MovementFilter,
    page: &PageArgs,
) -> Result<Rows<stock_movement::Model>> {
    actor.require(Permission::StockRead)?;
    let page = page.check(MOVEMENTS)?;
    let rows = queries::list_movements(db, filter.sql(actor), page.sql(MOVEMENTS)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many movements a filter finds.
pub async fn movements_count(db: &Db, actor: &Actor, filter: &MovementFilter) -> Result<i64> {
    queries::count_movements(db, filter.sql(actor)).await
}

/// Movements by id, within reach.
pub async fn movements_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<stock_movement::Model>> {
    actor.require(Permission::StockRead)?;
    queries::movements_by_ids(db, ids, &actor.reach).await
}

/// Reservations by id, within reach.
pub async fn reservations_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<stock_reservation::Model>> {
    actor.require(Permission::OrdersRead)?;
    queries::reservations(db, ids, &actor.reach).await
}

/// What reservations hold.
pub async fn reservation_lines(
    db: &Db,
    reservations: &[Uuid],
) -> Result<Vec<stock_reservation_line::Model>> {
    queries::reservation_lines(db, reservations).await
}

/// How many units of variants can be sold now in a channel, or anywhere: of a bundle, the whole
/// units its components allow. Never below zero.
pub async fn available_to_sell(
    db: &Db,
    actor: &Actor,
    variants: &[Uuid],
    channel: Option<Uuid>,
) -> Result<HashMap<Uuid, i64>> {
    if channel.is_some_and(|channel| !actor.reach.has_channel(channel)) {
        return Ok(HashMap::new());
    }
    let components = catalog::components_of(db, variants).await?;
    let parts = components.iter().map(|row| row.component_id);
    let mut stocked: Vec<Uuid> = variants.iter().copied().chain(parts).collect();
    stocked.sort_unstable();
    stocked.dedup();
    let mut free: HashMap<Uuid, i64> = HashMap::new();
    for (variant, location, available) in queries::available(db, &stocked, channel).await? {
        if !actor.reach.has_location(location) {
            continue;
        }
        *free.entry(variant).or_default() += available.max(0);
    }
    let units = |variant: &Uuid| {
        let parts = components.iter().filter(|row| row.bundle_id == *variant);
        parts
            .map(|row| free.get(&row.component_id).unwrap_or(&0) / i64::from(row.quantity))
            .min()
            .unwrap_or_else(|| free.get(variant).copied().unwrap_or(0))
    };
    Ok(variants.iter().map(|variant| (*variant, units(variant))).collect())
}

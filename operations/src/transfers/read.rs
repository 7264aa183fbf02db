//! Questions about transfers.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::TransferState;
use entities::{stock_transfer, stock_transfer_line};
use uuid::Uuid;

/// Which transfers.
#[derive(Debug, Clone, Default)]
pub struct TransferFilter {
    /// In these states.
    pub states: Option<Vec<TransferState>>,
    /// From or to one of these locations.
    pub location_ids: Option<Vec<Uuid>>,
}

const NEWEST: Order = Order::by_id("t.id", true);

/// A page of transfers of which either end is in reach, newest first.
pub async fn transfers(
    db: &Db,
    actor: &Actor,
    filter: &TransferFilter,
    page: &PageArgs,
) -> Result<Rows<stock_transfer::Model>> {
    actor.require(Permission::StockRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, &actor.reach, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many transfers a filter finds.
pub async fn transfers_count(db: &Db, actor: &Actor, filter: &TransferFilter) -> Result<i64> {
    actor.require(Permission::StockRead)?;
    queries::count(db, &actor.reach, filter).await
}

/// Transfers by id, of which either end is in reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<stock_transfer::Model>> {
    actor.require(Permission::StockRead)?;
    queries::by_ids(db, &actor.reach, ids).await
}

/// The lines of transfers, in order.
pub async fn lines_of(db: &Db, ids: &[Uuid]) -> Result<Vec<stock_transfer_line::Model>> {
    queries::lines_of(db, ids).await
}

//! Questions about counts.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::StockCountState;
use entities::{stock_count, stock_count_line};
use uuid::Uuid;

/// Which counts.
#[derive(Debug, Clone, Default)]
pub struct CountFilter {
    /// In these states.
    pub states: Option<Vec<StockCountState>>,
    /// At these locations.
    pub location_ids: Option<Vec<Uuid>>,
}

const NEWEST: Order = Order::by_id("c.id", true);
const BY_SKU: Order = Order::by_text("l.sku", "l.variant_id", false);

/// Who counts need not see the levels.
fn insist(actor: &Actor) -> Result<()> {
    if actor.may(Permission::StockWrite) { Ok(()) } else { actor.require(Permission::StockRead) }
}

/// A page of counts within reach, newest first.
pub async fn counts(
    db: &Db,
    actor: &Actor,
    filter: &CountFilter,
    page: &PageArgs,
) -> Result<Rows<stock_count::Model>> {
    insist(actor)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, &actor.reach, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many counts a filter finds.
pub async fn counts_count(db: &Db, actor: &Actor, filter: &CountFilter) -> Result<i64> {
    insist(actor)?;
    queries::count(db, &actor.reach, filter).await
}

/// Counts by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<stock_count::Model>> {
    insist(actor)?;
    queries::by_ids(db, &actor.reach, ids).await
}

/// A page of the lines of a count, by SKU.
pub async fn lines(
    db: &Db,
    count: Uuid,
    differences_only: bool,
    page: &PageArgs,
) -> Result<Rows<stock_count_line::Model>> {
    let page = page.check(BY_SKU)?;
    let rows = queries::list_lines(db, count, differences_only, page.sql(BY_SKU)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Text(row.sku.clone()), row.variant_id)))
}

/// How many lines a count has, or how many of them differ.
pub async fn lines_count(db: &Db, count: Uuid, differences_only: bool) -> Result<i64> {
    queries::count_lines(db, count, differences_only).await
}

/// The share of the lines counted that were right; none while none was, or the count is open.
#[expect(clippy::float_arithmetic, reason = "a share, not money")]
pub fn accuracy(count: &stock_count::Model) -> Option<f64> {
    let counted = Some(count.lines_counted).filter(|lines| *lines > 0)?;
    count.closed_at?;
    Some(f64::from(count.lines_right) / f64::from(counted))
}

/// Whether what should lie there is kept from everybody for now: differences too, from which it follows.
pub fn is_blind(count: &stock_count::Model) -> bool {
    count.blind && count.state == StockCountState::Open
}

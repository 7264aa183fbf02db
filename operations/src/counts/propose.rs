//! What to count next: what ships for most money is counted most often.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use uuid::Uuid;

/// By what a year's shipments from a location cost: the first 80 % are A, the next 15 % are B, the rest is C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbcClass {
    /// Counted every 30 days.
    A,
    /// Counted every 90 days.
    B,
    /// Counted every 365 days.
    C,
}

/// Why to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// More is promised than lies there.
    Negative,
    /// It was never counted.
    NeverCounted,
    /// As long ago as its class says.
    Due,
    /// Nothing should lie there: quickly looked at.
    Empty,
}

/// A level to count.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The level.
    pub level_id: Uuid,
    /// Its class.
    pub class: AbcClass,
    /// Why.
    pub because: Because,
    /// Its place in the list.
    pub(super) rank: i64,
}

const MOST_URGENT: Order = Order::by_number("p.rank", "p.id", false);

/// What to count at a location: what is below zero first, then by class, and of each class what was counted longest ago.
pub async fn proposals(
    db: &Db,
    actor: &Actor,
    location: Uuid,
    page: &PageArgs,
) -> Result<Rows<Proposal>> {
    actor.require(Permission::StockRead)?;
    let page = page.check(MOST_URGENT)?;
    if !actor.reach.has_location(location) {
        return Ok(page.finish(Vec::new(), |row: &Proposal| cursor(row)));
    }
    let rows = queries::list_proposals(db, location, page.sql(MOST_URGENT)).await?;
    Ok(page.finish(rows, cursor))
}

/// How many levels of a location are to be counted.
pub async fn proposals_count(db: &Db, actor: &Actor, location: Uuid) -> Result<i64> {
    actor.require(Permission::StockRead)?;
    if !actor.reach.has_location(location) {
        return Ok(0);
    }
    queries::count_proposals(db, location).await
}

fn cursor(row: &Proposal) -> Cursor {
    Cursor::new(SortValue::Number(row.rank), row.level_id)
}

//! Questions about payments.

pub use super::sql::{PaymentFilter, by_ids, of_orders, transactions_by_ids, transactions_of};
use super::{purse, sql as queries};
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::RefundRequestState;
use entities::{payment, refund_request};
use uuid::Uuid;

const NEWEST: Order = Order::by_id("p.id", true);
const NEWEST_REQUEST: Order = Order::by_id("r.id", true);

/// A page of payments within reach, newest first.
pub async fn payments(
    db: &Db,
    actor: &Actor,
    filter: &PaymentFilter,
    page: &PageArgs,
) -> Result<Rows<payment::Model>> {
    actor.require(Permission::PaymentsRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, actor, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many payments a filter finds.
pub async fn payments_count(db: &Db, actor: &Actor, filter: &PaymentFilter) -> Result<i64> {
    actor.require(Permission::PaymentsRead)?;
    queries::count(db, actor, filter).await
}

/// What was captured of a payment and is neither given back nor on its way back.
pub fn refundable(row: &payment::Model) -> i64 {
    purse::refundable(row)
}

/// A page of requests to give money within reach, newest first.
pub async fn refund_requests(
    db: &Db,
    actor: &Actor,
    states: Option<&[RefundRequestState]>,
    page: &PageArgs,
) -> Result<Rows<refund_request::Model>> {
    actor.require(Permission::PaymentsRead)?;
    let page = page.check(NEWEST_REQUEST)?;
    let rows = queries::requests(db, actor, states, page.sql(NEWEST_REQUEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many requests there are.
pub async fn refund_requests_count(
    db: &Db,
    actor: &Actor,
    states: Option<&[RefundRequestState]>,
) -> Result<i64> {
    actor.require(Permission::PaymentsRead)?;
    queries::requests_count(db, actor, states).await
}

/// Requests by id, within reach.
pub async fn requests_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<refund_request::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::requests_by_ids(db, actor, ids).await
}

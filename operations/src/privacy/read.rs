//! Questions about what people ask of their data.

use super::sql;
use crate::actor::Actor;
use crate::customers::value::sees_all;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::PrivacyRequestState;
use entities::privacy_request;
use uuid::Uuid;

const DUE: Order = Order::by_time("p.due_at", "p.id", false);

/// A page of requests, what is due first before what is due later; none for whoever does not see all channels.
pub async fn requests(
    db: &Db,
    actor: &Actor,
    states: Option<&[PrivacyRequestState]>,
    page: &PageArgs,
) -> Result<Rows<privacy_request::Model>> {
    actor.require(Permission::CustomersPrivacy)?;
    let page = page.check(DUE)?;
    let rows =
        if sees_all(actor) { sql::list(db, states, page.sql(DUE)).await? } else { Vec::new() };
    Ok(page.finish(rows, |row| Cursor::new(SortValue::at(row.due_at), row.id)))
}

/// How many there are.
pub async fn requests_count(
    db: &Db,
    actor: &Actor,
    states: Option<&[PrivacyRequestState]>,
) -> Result<i64> {
    actor.require(Permission::CustomersPrivacy)?;
    if sees_all(actor) { sql::count(db, states).await } else { Ok(0) }
}

/// Requests by id; none for whoever does not see all channels.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<privacy_request::Model>> {
    actor.require(Permission::CustomersPrivacy)?;
    if sees_all(actor) { sql::by_ids(db, ids).await } else { Ok(Vec::new()) }
}

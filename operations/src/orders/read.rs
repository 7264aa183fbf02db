//! Questions about orders.

pub use super::list::{OrderFilter, OrderSort, orders, orders_count};
use super::sql as queries;
pub use super::sql::{Beside, ListedOrder};
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use entities::{note, order, order_adjustment, order_flag, order_hold, order_line, order_tag};
use uuid::Uuid;

/// One of several ways to name an order.
#[derive(Debug, Clone)]
pub enum OrderBy {
    /// By id.
    Id(Uuid),
    /// By number.
    Number(String),
    /// By what its channel calls it: the channel's code and the reference.
    Reference(String, String),
}

/// An order in reach, by whichever name.
pub async fn order(
    db: &Db,
    actor: &Actor,
    by: &OrderBy,
    beside: Beside,
) -> Result<Option<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    queries::named(db, actor, by, beside).await
}

/// An order, whoever asks.
pub(crate) async fn plain(db: &Db, id: Uuid) -> Result<Option<order::Model>> {
    queries::plain(db, id).await
}

/// Orders by id, whoever asks.
pub(crate) async fn plain_many(db: &Db, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    queries::plain_many(db, ids).await
}

/// Whether an order is within reach.
pub(crate) async fn is_in_reach(db: &Db, actor: &Actor, id: Uuid) -> Result<bool> {
    Ok(!queries::in_reach(db, actor, &[id]).await?.is_empty())
}

/// Orders by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    let beside = Beside { details: true, customer: false };
    queries::by_ids(db, actor, ids, beside).await
}

/// The seldom shown columns of orders that are in reach already.
pub async fn details_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order::Details>> {
    queries::details_of(db, orders).await
}

/// The lines of orders, in order.
pub async fn lines_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_line::Model>> {
    queries::lines_of(db, orders).await
}

/// Lines by id, within reach.
pub async fn lines_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order_line::Model>> {
    actor.require(Permission::OrdersRead)?;
    queries::lines_by_ids(db, actor, ids).await
}

/// The adjustments of orders, in order.
pub async fn adjustments_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_adjustment::Model>> {
    queries::adjustments_of(db, orders).await
}

/// The holds of orders, oldest first.
pub async fn holds_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_hold::Model>> {
    queries::holds_of(db, orders).await
}

/// The flags of orders.
pub async fn flags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_flag::Model>> {
    queries::flags_of(db, orders).await
}

/// Holds by id, within reach.
pub async fn holds_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order_hold::Model>> {
    actor.require(Permission::OrdersRead)?;
    queries::holds_by_ids(db, actor, ids).await
}

/// The labels of orders.
pub async fn tags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_tag::Model>> {
    queries::tags_of(db, orders).await
}

/// Orders by id, within reach, for operations that ask for a permission of their own.
pub(crate) async fn reached(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    queries::in_reach(db, actor, ids).await
}

/// The notes about orders, newest first.
pub async fn notes_of(db: &Db, orders: &[Uuid]) -> Result<Vec<note::Model>> {
    queries::notes_of(db, orders).await
}

/// Notes by id, where the actor reaches the subject and may write about it.
pub async fn notes_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<note::Model>> {
    let mut notes = queries::notes(db, ids).await?;
    let about = |kind: &str| -> Vec<Uuid> {
        notes.iter().filter(|note| note.subject_type == kind).map(|note| note.subject_id).collect()
    };
    let (orders, customers) = (about("ord"), about("cus"));
    let mut reached: Vec<Uuid> = Vec::new();
    if !orders.is_empty() && actor.may(Permission::OrdersWrite) {
        let found = queries::in_reach(db, actor, &orders).await?;
        reached.extend(found.into_iter().map(|order| order.id));
    }
    if !customers.is_empty() && actor.may(Permission::CustomersWrite) {
        reached.extend(queries::customers_in_reach(db, actor, &customers).await?);
    }
    notes.retain(|note| reached.contains(&note.subject_id));
    Ok(notes)
}

//! Every query of fulfillments.

use crate::actor::Actor;
use crate::error::Result;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::{Row, fulfillment, fulfillment_line};
use uuid::Uuid;

struct OfOrder(Uuid, fulfillment::Model);

impl Row for OfOrder {
    const COLUMNS: &'static [&'static str] = fulfillment::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let order = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self(order, fulfillment::Model::read(row, at)?))
    }
}

/// The fulfillments of orders, each with its order, by number.
pub async fn of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, fulfillment::Model)>> {
    let query = sql("select f.*, o.order_id from fulfillment_orders o
         join fulfillments f on f.id = o.fulfillment_id
         where o.order_id = any(?) order by o.order_id, f.number");
    let rows: Vec<OfOrder> = db.all(query.ids(orders)).await?;
    Ok(rows.into_iter().map(|row| (row.0, row.1)).collect())
}

/// Fulfillments by id, at locations within reach.
pub(super) async fn at_reached_locations(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<fulfillment::Model>> {
    let query = sql("select * from fulfillments f where f.id = any(?)")
        .ids(ids)
        .join(actor.reach.locations_sql("f.location_id"));
    db.all(query).await
}

/// Those with an order of a channel within reach.
pub(super) async fn of_reached_channels(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select distinct o.fulfillment_id from fulfillment_orders o
         join orders r on r.id = o.order_id where o.fulfillment_id = any(?)")
    .ids(ids)
    .join(actor.reach.channels_sql("r.channel_id"));
    db.values(query).await
}

/// The orders of fulfillments: fulfillment and order.
pub async fn orders_of(db: &Db, fulfillments: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select fulfillment_id, order_id from fulfillment_orders
         where fulfillment_id = any(?) order by fulfillment_id, order_id");
    db.values(query.ids(fulfillments)).await
}

/// The numbers of the orders of fulfillments: fulfillment and number.
pub async fn order_numbers_of(db: &Db, fulfillments: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select f.fulfillment_id, o.number from fulfillment_orders f
         join orders o on o.id = f.order_id where f.fulfillment_id = any(?)
         order by f.fulfillment_id, o.number");
    db.values(query.ids(fulfillments)).await
}

/// The lines of fulfillments, in order.
pub async fn lines_of(db: &Db, fulfillments: &[Uuid]) -> Result<Vec<fulfillment_line::Model>> {
    let query = sql("select * from fulfillment_lines where fulfillment_id = any(?)
         order by fulfillment_id, position");
    db.all(query.ids(fulfillments)).await
}

/// The fulfillment lines of orders.
pub(crate) async fn lines_of_orders(
    db: &Db,
    orders: &[Uuid],
) -> Result<Vec<fulfillment_line::Model>> {
    let query = sql("select l.* from fulfillment_orders o
         join fulfillment_lines l on l.fulfillment_id = o.fulfillment_id and l.order_id = o.order_id
         where o.order_id = any(?) order by l.fulfillment_id, l.position");
    db.all(query.ids(orders)).await
}

pub(crate) async fn cancel(tx: &WriteTx, row: &fulfillment::Model) -> Result<u64> {
    let query = sql("update fulfillments set state = 'CANCELLED', cancelled_at = ?,
         version = version + 1 where id = ? and version = ?");
    tx.run(query.bind(tx.now()).bind(row.id).bind(row.version)).await
}

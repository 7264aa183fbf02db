//! Every query of fulfillments.

use super::read::FulfillmentFilter;
use crate::actor::Actor;
use crate::checks::fold;
use crate::error::Result;
use crate::page::Order;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{Row, fulfillment, fulfillment_line, parcel, parcel_line, tracking_event};
use sea_orm::ActiveEnum;
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

/// Orders that share a fulfillment with one of these, these among them, and those that share one with those.
pub(crate) async fn sharing(db: &Db, orders: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut ids: Vec<Uuid> = orders.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut new = ids.clone();
    while !new.is_empty() {
        let query = sql("select distinct other.order_id from fulfillment_orders own
             join fulfillment_orders other on other.fulfillment_id = own.fulfillment_id
             where own.order_id = any(?)");
        let found: Vec<Uuid> = db.values(query.ids(&new)).await?;
        new = found.into_iter().filter(|id| !ids.contains(id)).collect();
        ids.extend(&new);
    }
    Ok(ids)
}

/// The parcels of fulfillments, in order.
pub async fn parcels_of(db: &Db, fulfillments: &[Uuid]) -> Result<Vec<parcel::Model>> {
    let query = sql("select * from parcels where fulfillment_id = any(?)
         order by fulfillment_id, position");
    db.all(query.ids(fulfillments)).await
}

/// What lies in parcels.
pub async fn parcel_lines_of(db: &Db, parcels: &[Uuid]) -> Result<Vec<parcel_line::Model>> {
    let query = sql("select * from parcel_lines where parcel_id = any(?) order by parcel_id, sku");
    db.all(query.ids(parcels)).await
}

/// Takes orders out of a fulfillment.
pub(crate) async fn unlink(tx: &WriteTx, fulfillment: Uuid, orders: &[Uuid]) -> Result<()> {
    if !orders.is_empty() {
        let query =
            sql("delete from fulfillment_orders where fulfillment_id = ? and order_id = any(?)");
        tx.run(query.bind(fulfillment).ids(orders)).await?;
    }
    Ok(())
}

pub(crate) async fn remove_lines(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    if !ids.is_empty() {
        tx.run(sql("delete from fulfillment_lines where id = any(?)").ids(ids)).await?;
    }
    Ok(())
}

pub(crate) async fn remove_parcels(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    if !ids.is_empty() {
        tx.run(sql("delete from parcel_lines where parcel_id = any(?)").ids(ids)).await?;
        tx.run(sql("delete from tracking_events where parcel_id = any(?)").ids(ids)).await?;
        tx.run(sql("delete from parcels where id = any(?)").ids(ids)).await?;
    }
    Ok(())
}

/// What carriers said of parcels, in the order of their clocks.
pub async fn tracking_of(db: &Db, parcels: &[Uuid]) -> Result<Vec<tracking_event::Model>> {
    let query = sql("select * from tracking_events where parcel_id = any(?)
         order by parcel_id, at, id");
    db.all(query.ids(parcels)).await
}

/// Parcels that go by a tracking number at locations within reach, the newest first.
pub(super) async fn tracked(
    db: &Db,
    actor: &Actor,
    (carrier, key): (Option<&str>, &str),
) -> Result<Vec<parcel::Model>> {
    let query = sql("select p.* from parcels p join fulfillments f on f.id = p.fulfillment_id
         where p.tracking_key = ?")
    .bind(key)
    .join(actor.reach.locations_sql("f.location_id"));
    let rows: Vec<parcel::Model> = db.all(query.add(" order by p.id desc limit 20")).await?;
    // A parcel that was packed without naming a carrier is any carrier's.
    let fits = |row: &parcel::Model| match (carrier, &row.carrier) {
        (Some(said), Some(known)) => fold(said) == fold(known),
        (None, _) | (_, None) => true,
    };
    Ok(rows.into_iter().filter(fits).collect())
}

/// What carriers said of one parcel is said of the one that took its place.
pub(super) async fn move_tracking(tx: &WriteTx, from: Uuid, to: Uuid) -> Result<()> {
    let query = sql("update tracking_events set parcel_id = ? where parcel_id = ?");
    tx.run(query.bind(to).bind(from)).await.map(|_| ())
}

/// Parcels by id, of fulfillments at locations within reach.
pub(super) async fn parcels_at_reached_locations(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<parcel::Model>> {
    let query = sql("select p.* from parcels p join fulfillments f on f.id = p.fulfillment_id
         where p.id = any(?)")
    .ids(ids)
    .join(actor.reach.locations_sql("f.location_id"));
    db.all(query).await
}

/// ` and …` for fulfillments within reach: their location, and an order of a channel.
fn reached(actor: &Actor) -> Sql {
    let locations = actor.reach.locations_sql("f.location_id");
    let Some(_) = &actor.reach.channels else { return locations };
    locations
        .add(" and exists (select 1 from fulfillment_orders reach_o join orders reach_r on reach_r.id = reach_o.order_id
              where reach_o.fulfillment_id = f.id")
        .join(actor.reach.channels_sql("reach_r.channel_id"))
        .add(")")
}

impl FulfillmentFilter {
    fn sql(&self, actor: &Actor) -> Sql {
        let mut condition = reached(actor);
        if let Some(number) = &self.number {
            condition = condition.add(" and f.number = ?").bind(number.trim().to_uppercase());
        }
        if let Some(states) = &self.states {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            condition = match names.as_slice() {
                [single] => condition.add(" and f.state = ?").bind(single.as_str()),
                several => condition.add(" and f.state = any(?)").texts(several),
            };
        }
        match self.location_ids.as_deref() {
            Some([single]) => condition = condition.add(" and f.location_id = ?").bind(*single),
            Some(several) => condition = condition.add(" and f.location_id = any(?)").ids(several),
            None => {}
        }
        if let Some(assignee) = self.assignee_id {
            condition = condition.add(" and f.assignee_id = ?").bind(assignee);
        }
        for (sign, at) in [(">=", self.ship_by_from), ("<", self.ship_by_to)] {
            if let Some(at) = at {
                condition = condition.add(&format!(" and f.ship_by {sign} ?")).bind(at);
            }
        }
        if let Some(order) = self.order_id {
            let text =
                " and f.id in (select fulfillment_id from fulfillment_orders where order_id = ?)";
            condition = condition.add(text).bind(order);
        }
        if let Some(number) = &self.tracking_number {
            let text = " and f.id in (select fulfillment_id from parcels where tracking_key = ?)";
            condition = condition.add(text).bind(tracking_key(number));
        }
        condition
    }
}

/// The form in which tracking numbers are compared.
pub(crate) fn tracking_key(number: &str) -> String {
    number.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_uppercase()
}

/// What leaves first stands first; the same expression as the index has.
pub(super) fn by_ship_by(db: &Db) -> Order {
    let column = if db.is_postgres() {
        "coalesce(f.ship_by, timestamptz '9999-12-31 00:00:00+00')"
    } else {
        "coalesce(f.ship_by, '9999-12-31T00:00:00.000000Z')"
    };
    Order::by_time(column, "f.id", false)
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &FulfillmentFilter,
    page: Sql,
) -> Result<Vec<fulfillment::Model>> {
    let query = sql("select f.* from fulfillments f where true");
    db.all(query.join(filter.sql(actor)).join(page)).await
}

pub(super) async fn count(db: &Db, actor: &Actor, filter: &FulfillmentFilter) -> Result<i64> {
    let query = sql("select count(*) from fulfillments f where true").join(filter.sql(actor));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// ` order by … limit …`: the first so many.
pub(super) fn first(db: &Db, limit: i32) -> Sql {
    let order = by_ship_by(db);
    let column = order.column.unwrap_or(order.id);
    sql(format!(" order by {column}, {} limit {limit}", order.id))
}

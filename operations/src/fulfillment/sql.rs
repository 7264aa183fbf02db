//! Every query of fulfillments.

use super::read::FulfillmentFilter;
use crate::actor::Actor;
use crate::checks::fold;
use crate::error::Result;
use crate::page::{Order, Page};
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use crate::work_list::{Filter, List, Way};
use entities::enums::FulfillmentState;
use entities::{Row, fulfillment, fulfillment_line, parcel, parcel_line, tracking_event};
use sea_orm::ActiveEnum;
use time::OffsetDateTime;
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

/// Orders that share a fulfillment with one of these, these among them, and those that share one with those; and the orders
/// whose money pays for these in exchange.
pub(crate) async fn sharing(db: &Db, orders: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut ids: Vec<Uuid> = orders.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut new = ids.clone();
    while !new.is_empty() {
        let query = sql("select distinct other.order_id from fulfillment_orders own
             join fulfillment_orders other on other.fulfillment_id = own.fulfillment_id
             where own.order_id = any(?)
             union select origin_order_id from payments
             where order_id = any(?) and origin_order_id is not null");
        let found: Vec<Uuid> = db.values(query.ids(&new).ids(&new)).await?;
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
    Ok(rows.into_iter().filter(|row| is_carried_by(row, carrier)).collect())
}

/// Parcels on their way back that go by a tracking number, the newest first.
pub(crate) async fn tracked_back(
    db: &Db,
    (carrier, key): (Option<&str>, &str),
) -> Result<Vec<parcel::Model>> {
    let query = sql("select * from parcels where tracking_key = ? and return_id is not null
         order by id desc limit 20");
    let rows: Vec<parcel::Model> = db.all(query.bind(key)).await?;
    Ok(rows.into_iter().filter(|row| is_carried_by(row, carrier)).collect())
}

/// The parcels on their way back for returns, the oldest first.
pub(crate) async fn parcels_of_returns(db: &Db, returns: &[Uuid]) -> Result<Vec<parcel::Model>> {
    db.all(sql("select * from parcels where return_id = any(?) order by id").ids(returns)).await
}

/// Parcels by id that are on their way back.
pub(super) async fn parcels_back(db: &Db, ids: &[Uuid]) -> Result<Vec<parcel::Model>> {
    db.all(sql("select * from parcels where id = any(?) and return_id is not null").ids(ids)).await
}

/// Whether a carrier has to do with a parcel: one that was packed without naming any is anybody's.
fn is_carried_by(row: &parcel::Model, carrier: Option<&str>) -> bool {
    match (carrier, &row.carrier) {
        (Some(said), Some(known)) => fold(said) == fold(known),
        (None, _) | (_, None) => true,
    }
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

const FULFILLMENTS: &str = "fulfillments f";
const ID: &str = "f.id";

/// Fulfillments themselves, by an index of theirs in the order in which they leave.
fn own(condition: Sql) -> Way {
    Way { from: FULFILLMENTS, condition, at: None, id: ID }
}

/// Rows that name fulfillments.
fn naming(from: &'static str, condition: Sql) -> Way {
    Way { from, condition, at: None, id: "d.fulfillment_id" }
}

fn state_is(state: FulfillmentState) -> Sql {
    sql(format!("f.state = '{}'", state.to_value()))
}

fn at(location: Uuid) -> Sql {
    sql("f.location_id = ?").bind(location)
}

/// Those at some locations, in some states: a way for each of both.
fn at_and_in(locations: &[Uuid], states: &[FulfillmentState]) -> Filter {
    let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
    let condition = sql("f.location_id = any(?) and f.state = any(?)").ids(locations).texts(&names);
    let ways = locations.iter().flat_map(|location| {
        states.iter().map(|state| own(at(*location).add(" and ").join(state_is(*state))))
    });
    Filter::listed(condition, ways.collect())
}

fn at_locations(locations: &[Uuid]) -> Filter {
    let ways = locations.iter().map(|location| own(at(*location))).collect();
    Filter::listed(sql("f.location_id = any(?)").ids(locations), ways)
}

impl FulfillmentFilter {
    /// What is asked for, within reach, as a list: what leaves first stands first.
    fn list(&self, db: &Db, actor: &Actor) -> List {
        let mut filters = Vec::new();
        if let Some(number) = &self.number {
            let condition = sql("f.number = ?").bind(number.trim().to_uppercase());
            filters.push(Filter::named(condition.clone(), own(condition)));
        }
        if let Some(order) = self.order_id {
            let condition = sql("exists (select 1 from fulfillment_orders of_o
                 where of_o.fulfillment_id = f.id and of_o.order_id = ?)")
            .bind(order);
            let way = naming("fulfillment_orders d", sql("d.order_id = ?").bind(order));
            filters.push(Filter::named(condition, way));
        }
        if let Some(number) = &self.tracking_number {
            let key = tracking_key(number);
            let condition = sql("exists (select 1 from parcels of_p
                 where of_p.fulfillment_id = f.id and of_p.tracking_key = ?)")
            .bind(key.as_str());
            let way = naming("parcels d", sql("d.tracking_key = ?").bind(key));
            filters.push(Filter::named(condition, way));
        }
        if let Some(assignee) = self.assignee_id {
            let condition = sql("f.assignee_id = ?").bind(assignee);
            filters.push(Filter::listed(condition.clone(), vec![own(condition)]));
        }
        let reach = actor.reach.locations.as_deref();
        match (self.location_ids.as_deref().or(reach), self.states.as_deref()) {
            (Some(locations), Some(states)) => filters.push(at_and_in(locations, states)),
            (Some(locations), None) => filters.push(at_locations(locations)),
            (None, Some(states)) => {
                let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
                let ways = states.iter().map(|state| own(state_is(*state))).collect();
                filters.push(Filter::listed(sql("f.state = any(?)").texts(&names), ways));
            }
            (None, None) => {}
        }
        if self.location_ids.is_some() {
            filters
                .extend(reach.map(|ids| Filter::looking(sql("f.location_id = any(?)").ids(ids))));
        }
        if actor.reach.channels.is_some() {
            let condition = sql("exists (select 1 from fulfillment_orders reach_o
                 join orders reach_r on reach_r.id = reach_o.order_id where reach_o.fulfillment_id = f.id")
            .join(actor.reach.channels_sql("reach_r.channel_id"))
            .add(")");
            filters.push(Filter::looking(condition));
        }
        let mut bounds: Vec<(&'static str, sea_orm::Value)> = Vec::new();
        bounds.extend(self.ship_by_from.map(|at| (">=", at.into())));
        let to = self.ship_by_to.or_else(|| self.ship_by_from.map(|_| NEVER));
        bounds.extend(to.map(|at| ("<", at.into())));
        List { table: FULFILLMENTS, order: by_ship_by(db), is_usual: true, filters, bounds }
    }
}

/// Behind every time to leave.
const NEVER: OffsetDateTime = time::macros::datetime!(9999-12-31 0:00 UTC);

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

/// A page of a filter and one row more.
pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &FulfillmentFilter,
    page: &Page,
) -> Result<Vec<fulfillment::Model>> {
    let (list, order) = (filter.list(db, actor), by_ship_by(db));
    if list.filters.is_empty() {
        let query = sql("select f.* from fulfillments f where true").join(list.conditions());
        return db.all(query.join(page.sql(order))).await;
    }
    let keys = list.find(db, page).await?;
    let query = sql("select f.* from (")
        .join(keys)
        .add(") k cross join fulfillments f where f.id = k.id")
        .add(&page.order_by("k.at", "k.id", order));
    db.all(query).await
}

pub(super) async fn count(db: &Db, actor: &Actor, filter: &FulfillmentFilter) -> Result<i64> {
    let conditions = filter.list(db, actor).conditions();
    let query = sql("select count(*) from fulfillments f where true").join(conditions);
    Ok(db.value(query).await?.unwrap_or(0))
}

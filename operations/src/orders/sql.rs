//! Every query of orders.

use super::backorders::Place;
use super::companions::Household;
use super::read::OrderBy;
use super::receipts::{GRACE, Receipt, Waiting};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::sql::{Sql, listed as listed_columns, sql};
use crate::store::{Db, WriteTx};
use entities::enums::OrderFlagCode;
use entities::{
    Row, customer, note, order, order_adjustment, order_flag, order_hold, order_line, order_tag,
    variant,
};
use sea_orm::{ActiveEnum, DbErr, QueryResult};
use time::OffsetDateTime;
use uuid::Uuid;

/// A variant with its price in a channel: minor units and tax rate.
pub(crate) struct Listed {
    pub(crate) variant: variant::Model,
    pub(crate) price: Option<(i64, i32)>,
}

impl Row for Listed {
    const COLUMNS: &'static [&'static str] = variant::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let behind = at + Self::COLUMNS.len();
        let amount: Option<i64> = row.try_get_by_index(behind)?;
        let rate: Option<i32> = row.try_get_by_index(behind + 1)?;
        Ok(Self { variant: variant::Model::read(row, at)?, price: amount.zip(rate) })
    }
}

pub(crate) async fn listed(db: &Db, channel: Uuid, skus: &[&str]) -> Result<Vec<Listed>> {
    let query = sql("select v.*, p.amount_minor, p.tax_rate_ppm from variants v
         left join prices p on p.variant_id = v.id and p.channel_id = ?
         where v.sku = any(?) order by v.sku");
    db.all(query.bind(channel).texts(skus)).await
}

pub(super) async fn by_reference(db: &Db, channel: Uuid, reference: &str) -> Result<Option<Uuid>> {
    let query = sql("select id from orders where channel_id = ? and channel_reference = ?");
    db.value(query.bind(channel).bind(reference)).await
}

pub(super) async fn taken_references(
    db: &Db,
    channels: &[Uuid],
    references: &[&str],
) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select channel_id, channel_reference from orders
         where channel_id = any(?) and channel_reference = any(?)");
    db.values(query.ids(channels).texts(references)).await
}

/// Orders by id, within reach.
pub(super) async fn in_reach(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    let query = sql("select o.* from orders o where o.id = any(?)")
        .ids(ids)
        .join(actor.reach.orders_sql("o"));
    db.all(query).await
}

pub(super) async fn customers_in_reach(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<Uuid>> {
    let query = sql("select c.id from customers c where c.id in (
             select coalesce(m.merged_into, m.id) from customers m where m.id = any(?)) and c.erased_at is null")
    .ids(customers)
    .join(actor.reach.customers_sql("c.id"));
    db.values(query).await
}

/// An order, whoever asks.
pub(super) async fn plain(db: &Db, id: Uuid) -> Result<Option<order::Model>> {
    db.first(sql("select o.* from orders o where o.id = ?").bind(id)).await
}

/// Orders by id, whoever asks.
pub(super) async fn plain_many(db: &Db, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    db.all(sql("select o.* from orders o where o.id = any(?)").ids(ids)).await
}

/// Orders, locked until the transaction ends, in the order of their ids.
pub(super) async fn lock_all(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    let query = sql("select o.* from orders o where o.id = any(?) order by o.id").ids(ids);
    tx.all(query.add(for_update(tx))).await
}

/// The holds of orders, oldest first.
pub(super) async fn holds_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_hold::Model>> {
    let query = sql("select * from order_holds where order_id = any(?) order by order_id, id");
    db.all(query.ids(orders)).await
}

/// The flags of orders, by their codes.
pub(super) async fn flags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_flag::Model>> {
    let query = sql("select * from order_flags where order_id = any(?) order by order_id, code");
    db.all(query.ids(orders)).await
}

pub(super) async fn remove_flags(tx: &WriteTx, order: Uuid, codes: &[OrderFlagCode]) -> Result<()> {
    if !codes.is_empty() {
        let query = sql("delete from order_flags where order_id = ? and code = any(?)");
        tx.run(query.bind(order).texts(&names(codes))).await?;
    }
    Ok(())
}

/// Holds by id, of orders within reach.
pub(super) async fn holds_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<order_hold::Model>> {
    let query = sql("select h.* from order_holds h join orders o on o.id = h.order_id
         where h.id = any(?)")
    .ids(ids)
    .join(actor.reach.orders_sql("o"));
    db.all(query).await
}

/// Orders by id.
pub(super) async fn by_id(db: &Db, ids: &[Uuid]) -> Result<Vec<order::Model>> {
    db.all(sql("select * from orders where id = any(?)").ids(ids)).await
}

/// What could still be shared: nobody has begun with it, a third party neither.
const SHAREABLE: &str =
    "f.state in ('REQUESTED', 'OPEN') and f.accepted_at is null and f.cancel_requested_at is null";

/// Work of an open order that could be shared with another order of the same household.
pub(super) struct Companion {
    pub(super) order: Uuid,
    pub(super) number: String,
    pub(super) placed_at: OffsetDateTime,
    pub(super) service: Option<String>,
    pub(super) fulfillment: Uuid,
    pub(super) location: Uuid,
}

type CompanionRow = (Uuid, String, OffsetDateTime, Option<String>, Uuid, Uuid);

fn companion(
    (order, number, placed_at, service, fulfillment, location): CompanionRow,
) -> Companion {
    Companion { order, number, placed_at, service, fulfillment, location }
}

/// Everything of a household that could be shared.
pub(super) async fn companions(db: &Db, household: &Household) -> Result<Vec<Companion>> {
    let query = sql(format!(
        "select o.id, o.number, o.placed_at, o.delivery_service, f.id, f.location_id
         from orders o join fulfillment_orders l on l.order_id = o.id
         join fulfillments f on f.id = l.fulfillment_id
         where o.address_key = ? and o.customer_id = ? and o.state = 'OPEN' and not o.on_hold
           and not o.imported and o.delivery_method = 'SHIP' and {SHAREABLE}
         order by o.id"
    ));
    let rows = db.values(query.bind(household.1.as_str()).bind(household.0)).await?;
    Ok(rows.into_iter().map(companion).collect())
}

/// The flags that say so, of a household's orders and of others that may have left it.
pub(super) async fn companion_flags(
    db: &Db,
    household: &Household,
    others: &[Uuid],
) -> Result<Vec<order_flag::Model>> {
    let query =
        sql("select g.* from order_flags g where g.code = 'CONSOLIDATABLE' and g.order_id in (
             select id from orders where address_key = ? and customer_id = ?
             union all select id from orders where id = any(?)) order by g.order_id");
    db.all(query.bind(household.1.as_str()).bind(household.0).ids(others)).await
}

/// Takes one flag off orders.
pub(super) async fn clear_flag(tx: &WriteTx, code: OrderFlagCode, orders: &[Uuid]) -> Result<()> {
    if !orders.is_empty() {
        let query = sql("delete from order_flags where code = ? and order_id = any(?)");
        tx.run(query.bind(code.to_value()).ids(orders)).await?;
    }
    Ok(())
}

/// The flagged orders within reach that could ship with another within reach, with work at some locations.
fn candidates(actor: &Actor, order: &str, locations: Option<&[Uuid]>) -> Sql {
    let mut query = sql(format!(
        " and exists (select 1 from order_flags {order}_g
             where {order}_g.order_id = {order}.id and {order}_g.code = 'CONSOLIDATABLE')"
    ))
    .join(actor.reach.orders_sql(order));
    if let Some(ids) = locations {
        let text = format!(
            " and exists (select 1 from fulfillment_orders {order}_l join fulfillments f on f.id = {order}_l.fulfillment_id
                 where {order}_l.order_id = {order}.id and f.location_id = any(?) and {SHAREABLE})"
        );
        query = query.add(&text).ids(ids);
    }
    query
}

/// ` and …`: the first order of each group of those that could ship together.
fn leads(actor: &Actor, locations: Option<&[Uuid]>) -> Sql {
    let same = |other: &str| {
        format!(
            "select 1 from orders {other} where {other}.customer_id = o.customer_id
               and {other}.address_key = o.address_key
               and coalesce({other}.delivery_service, '') = coalesce(o.delivery_service, '')"
        )
    };
    candidates(actor, "o", locations)
        .add(&format!(" and not exists ({} and a.id < o.id", same("a")))
        .join(candidates(actor, "a", locations))
        .add(&format!(") and exists ({} and b.id > o.id", same("b")))
        .join(candidates(actor, "b", locations))
        .add(")")
}

/// The first order of each group of those that could ship together.
pub(super) async fn leading(
    db: &Db,
    actor: &Actor,
    locations: Option<&[Uuid]>,
    page: Sql,
) -> Result<Vec<order::Model>> {
    let query = sql(
        "select o.* from orders o where o.id in (select order_id from order_flags where code = 'CONSOLIDATABLE')",
    );
    db.all(query.join(leads(actor, locations)).join(page)).await
}

pub(super) async fn count_leading(
    db: &Db,
    actor: &Actor,
    locations: Option<&[Uuid]>,
) -> Result<i64> {
    let query = sql(
        "select count(*) from orders o where o.id in (select order_id from order_flags where code = 'CONSOLIDATABLE')",
    );
    Ok(db.value(query.join(leads(actor, locations))).await?.unwrap_or(0))
}

/// All orders of these households that could ship together, the first placed first.
pub(super) async fn in_households(
    db: &Db,
    actor: &Actor,
    (customers, addresses): (&[Uuid], &[&str]),
    locations: Option<&[Uuid]>,
) -> Result<Vec<order::Model>> {
    let query =
        sql("select o.* from orders o where o.address_key = any(?) and o.customer_id = any(?)")
            .texts(addresses)
            .ids(customers)
            .join(candidates(actor, "o", locations));
    db.all(query.add(" order by o.id")).await
}

/// Work of orders that could be shared: order, fulfillment and location.
pub(super) async fn shareable(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid, Uuid)>> {
    let query = sql(format!(
        "select l.order_id, f.id, f.location_id from fulfillment_orders l
         join fulfillments f on f.id = l.fulfillment_id where l.order_id = any(?) and {SHAREABLE}"
    ));
    db.values(query.ids(orders)).await
}

/// Takes the rows of a draft away that are written anew.
pub(super) async fn clear_draft(tx: &WriteTx, order: Uuid) -> Result<()> {
    for table in ["order_lines", "order_adjustments", "order_tags"] {
        tx.run(sql(format!("delete from {table} where order_id = ?")).bind(order)).await?;
    }
    Ok(())
}

/// Who waits for variants, the first come first, behind a place in the queue.
pub(super) async fn waiting_for(
    db: &Db,
    variants: &[Uuid],
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<(Uuid, Place)>> {
    let mut query = sql("select order_id, rank_at, placed_at, order_line_id from backorders
         where variant_id = any(?)")
    .ids(variants);
    if let Some(place) = after {
        query = query
            .add(" and (rank_at, placed_at, order_line_id) > (?, ?, ?)")
            .bind(place.rank_at)
            .bind(place.placed_at)
            .bind(place.line);
    }
    let text = format!(" order by rank_at, placed_at, order_line_id limit {limit}");
    let rows: Vec<(Uuid, OffsetDateTime, OffsetDateTime, Uuid)> =
        db.values(query.add(&text)).await?;
    let place = |(order, rank_at, placed_at, line)| (order, Place { rank_at, placed_at, line });
    Ok(rows.into_iter().map(place).collect())
}

/// What is to come of variants from suppliers and on transfers, the earliest first; nothing that is overdue.
pub(crate) async fn receipts(db: &Db, variants: &[Uuid]) -> Result<Vec<Receipt>> {
    let query = sql("select l.variant_id, p.location_id, p.expected_at, cast(l.quantity - l.received as bigint) as units
         from purchase_order_lines l join purchase_orders p on p.id = l.purchase_order_id
         where l.variant_id = any(?) and l.quantity > l.received and p.state in ('ORDERED', 'PARTIALLY_RECEIVED')
           and p.expected_at > ?
         union all
         select l.variant_id, t.to_location_id, t.expected_at, cast(l.quantity - l.received - l.lost as bigint)
         from stock_transfer_lines l join stock_transfers t on t.id = l.transfer_id
         where l.variant_id = any(?) and l.quantity > l.received + l.lost
           and t.state in ('SHIPPED', 'PARTIALLY_RECEIVED') and t.expected_at > ?
         order by 3, 2, 4")
    .ids(variants)
    .bind(db.now() - GRACE)
    .ids(variants)
    .bind(db.now() - GRACE);
    let rows: Vec<(Uuid, Uuid, OffsetDateTime, i64)> = db.values(query).await?;
    let receipt = |(variant, location, at, units)| Receipt { variant, location, at, units };
    Ok(rows.into_iter().map(receipt).collect())
}

/// Which active locations serve which channels: channel and location.
pub(super) async fn served(db: &Db) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select c.channel_id, c.location_id from channel_locations c
         join locations l on l.id = c.location_id and l.active");
    db.values(query).await
}

/// Who waits for variants, in the order in which they are served.
pub(super) async fn waiting(db: &Db, variants: &[Uuid]) -> Result<Vec<Waiting>> {
    let query =
        sql("select b.variant_id, b.order_id, b.order_line_id, b.rank_at, b.placed_at, b.units,
             o.channel_id, o.pickup_location_id, b.expected_at, b.expected_at_location_id
         from backorders b join orders o on o.id = b.order_id where b.variant_id = any(?)
         order by b.variant_id, b.rank_at, b.placed_at, b.order_line_id")
        .ids(variants);
    db.all_as(query, |row| {
        let told: Option<OffsetDateTime> = row.try_get_by_index(8)?;
        Ok(Waiting {
            variant: row.try_get_by_index(0)?,
            order: row.try_get_by_index(1)?,
            line: row.try_get_by_index(2)?,
            rank_at: row.try_get_by_index(3)?,
            placed_at: row.try_get_by_index(4)?,
            units: row.try_get_by_index(5)?,
            channel: row.try_get_by_index(6)?,
            pickup: row.try_get_by_index(7)?,
            told: told.zip(row.try_get_by_index(9)?),
        })
    })
    .await
}

/// Those of variants that somebody waits for.
pub(super) async fn waited_for(db: &Db, variants: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select distinct variant_id from backorders where variant_id = any(?)");
    db.values(query.ids(variants)).await
}

/// Takes orders out of the queue for stock.
pub(super) async fn unqueue(tx: &WriteTx, orders: &[Uuid]) -> Result<()> {
    if !orders.is_empty() {
        tx.run(sql("delete from backorders where order_id = any(?)").ids(orders)).await?;
    }
    Ok(())
}

pub(super) async fn remove_adjustments(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    if !ids.is_empty() {
        tx.run(sql("delete from order_adjustments where id = any(?)").ids(ids)).await?;
    }
    Ok(())
}

/// An order within reach, locked.
pub(crate) async fn lock_in_reach(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
) -> Result<Option<order::Model>> {
    let query = sql("select o.* from orders o where o.id = ?")
        .bind(id)
        .join(actor.reach.orders_sql("o"))
        .add(for_update(tx));
    tx.first(query).await
}

fn for_update(tx: &WriteTx) -> &'static str {
    if tx.is_postgres() { " for update of o" } else { "" }
}

/// Raises the version of an order.
pub(super) async fn touch(tx: &WriteTx, order: &order::Model) -> Result<()> {
    let query = sql("update orders set version = version + 1, updated_at = ?
         where id = ? and version = ?");
    one(tx.run(query.bind(tx.now()).bind(order.id).bind(order.version)).await?)
}

pub(super) async fn assign(tx: &WriteTx, order: &order::Model, user: Option<Uuid>) -> Result<()> {
    let query = sql("update orders set assignee_id = ?, version = version + 1, updated_at = ?
         where id = ? and version = ?");
    one(tx.run(query.bind(user).bind(tx.now()).bind(order.id).bind(order.version)).await?)
}

fn one(changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::Contended) }
}

pub(super) async fn remove_tags(tx: &WriteTx, order: Uuid, tags: &[&String]) -> Result<u64> {
    if tags.is_empty() {
        return Ok(0);
    }
    tx.run(
        sql("delete from order_tags where order_id = ? and tag = any(?)").bind(order).texts(tags),
    )
    .await
}

/// The labels of a draft are as old as the order that it becomes.
pub(super) async fn date_tags(tx: &WriteTx, order: Uuid) -> Result<()> {
    let query = sql("update order_tags set order_placed_at = ? where order_id = ?");
    tx.run(query.bind(tx.now()).bind(order)).await.map(|_| ())
}

pub(super) async fn lines_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_line::Model>> {
    let query =
        sql("select * from order_lines where order_id = any(?) order by order_id, position");
    db.all(query.ids(orders)).await
}

pub(super) async fn lines_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<order_line::Model>> {
    let query = sql("select l.* from order_lines l join orders o on o.id = l.order_id
         where l.id = any(?)")
    .ids(ids)
    .join(actor.reach.orders_sql("o"));
    db.all(query).await
}

pub(super) async fn adjustments_of(
    db: &Db,
    orders: &[Uuid],
) -> Result<Vec<order_adjustment::Model>> {
    let query = sql("select * from order_adjustments where order_id = any(?)
         order by order_id, position");
    db.all(query.ids(orders)).await
}

pub(super) async fn tags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_tag::Model>> {
    let query = sql("select * from order_tags where order_id = any(?) order by order_id, tag");
    db.all(query.ids(orders)).await
}

pub(super) async fn notes_of(db: &Db, subjects: &[Uuid]) -> Result<Vec<note::Model>> {
    let query = sql("select * from notes where subject_id = any(?) order by subject_id, id desc");
    db.all(query.ids(subjects)).await
}

pub(super) async fn notes(db: &Db, ids: &[Uuid]) -> Result<Vec<note::Model>> {
    db.all(sql("select * from notes where id = any(?)").ids(ids)).await
}

/// An order of a list, with what else was asked for.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    /// The order.
    pub order: order::Summary,
    /// The rest of its columns, where asked for.
    pub details: Option<order::Details>,
    /// Its customer, where asked for and there is one.
    pub customer: Option<customer::Model>,
}

/// What is read together with an order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside {
    /// The columns that lists seldom show.
    pub details: bool,
    /// The customer.
    pub customer: bool,
}

impl Beside {
    /// The columns to read.
    fn columns(self) -> String {
        let mut columns = listed_columns(order::Summary::COLUMNS, "o.");
        if self.details {
            columns = columns + ", " + &listed_columns(order::Details::COLUMNS, "o.");
        }
        if self.customer {
            columns = columns + ", " + &listed_columns(customer::Model::COLUMNS, "c.");
        }
        columns
    }

    fn read(self, row: &QueryResult) -> std::result::Result<ListedOrder, DbErr> {
        let order = order::Summary::read(row, 0)?;
        let mut at = order::Summary::COLUMNS.len();
        let mut details = None;
        if self.details {
            details = Some(order::Details::read(row, at)?);
            at += order::Details::COLUMNS.len();
        }
        let customer = match order.customer_id {
            Some(_) if self.customer => Some(customer::Model::read(row, at)?),
            _ => None,
        };
        Ok(ListedOrder { order, details, customer })
    }
}

/// Orders that fit a condition on `o`, each with what is asked for beside it.
pub(super) async fn list(
    db: &Db,
    condition: Sql,
    page: Sql,
    beside: Beside,
) -> Result<Vec<ListedOrder>> {
    let columns = beside.columns();
    let customers =
        if beside.customer { " left join customers c on c.id = o.customer_id" } else { "" };
    let query = sql(format!("select {columns} from orders o{customers} where true"));
    db.all_as(query.join(condition).join(page), |row| beside.read(row)).await
}

/// The seldom shown columns of orders.
pub(super) async fn details_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order::Details>> {
    db.all(sql("select * from orders where id = any(?)").ids(orders)).await
}

/// The orders that a query names by `at` and `id`, in an order of those two.
pub(super) async fn listed_by(
    db: &Db,
    keys: Sql,
    order_by: &str,
    beside: Beside,
) -> Result<Vec<ListedOrder>> {
    let columns = beside.columns();
    let customers =
        if beside.customer { " left join customers c on c.id = o.customer_id" } else { "" };
    let query = sql(format!("select {columns} from ("))
        .join(keys)
        .add(&format!(") k cross join orders o{customers} where o.id = k.id{order_by}"));
    db.all_as(query, |row| beside.read(row)).await
}

/// The order that goes by a name.
pub(super) async fn named(
    db: &Db,
    actor: &Actor,
    by: &OrderBy,
    beside: Beside,
) -> Result<Option<ListedOrder>> {
    let condition = match by {
        OrderBy::Id(id) => sql(" and o.id = ?").bind(*id),
        OrderBy::Number(number) => sql(" and o.number = ?").bind(number.trim().to_uppercase()),
        OrderBy::Reference(channel, reference) => {
            sql(" and o.channel_id = (select id from channels where code = ?) and o.channel_reference = ?")
                .bind(channel.trim())
                .bind(reference.trim())
        }
    };
    let condition = condition.join(actor.reach.orders_sql("o"));
    Ok(list(db, condition, sql(""), beside).await?.pop())
}

pub(super) async fn by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
    beside: Beside,
) -> Result<Vec<ListedOrder>> {
    let condition = sql(" and o.id = any(?)").ids(ids).join(actor.reach.orders_sql("o"));
    list(db, condition, sql(""), beside).await
}

fn names<E: ActiveEnum<Value = String>>(values: &[E]) -> Vec<String> {
    values.iter().map(ActiveEnum::to_value).collect()
}

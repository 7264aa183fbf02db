//! Every query of orders.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::sql::{Sql, listed as listed_columns, sql};
use crate::store::{Db, WriteTx};
use entities::{Row, customer, note, order, order_adjustment, order_line, order_tag, variant};
use std::sync::LazyLock;
use uuid::Uuid;

/// A variant with its price in a channel: minor units and tax rate.
pub(super) struct Listed {
    pub(super) variant: variant::Model,
    pub(super) price: Option<(i64, i32)>,
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

pub(super) async fn listed(db: &Db, channel: Uuid, skus: &[&str]) -> Result<Vec<Listed>> {
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
    let query = sql("select c.id from customers c where c.id = any(?)")
        .ids(customers)
        .join(actor.reach.customers_sql("c.id"));
    db.values(query).await
}

/// An order, locked until the transaction ends. On `SQLite` the transaction is the only writer.
pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<order::Model>> {
    tx.first(sql("select o.* from orders o where o.id = ?").bind(id).add(for_update(tx))).await
}

pub(super) async fn lock_in_reach(
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

/// An order of a list, with its customer where it was asked for.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    /// The order.
    pub order: order::Model,
    /// Its customer, where it was asked for and there is one.
    pub customer: Option<customer::Model>,
}

static CUSTOMER_COLUMNS: LazyLock<String> =
    LazyLock::new(|| listed_columns(customer::Model::COLUMNS, "c."));

impl Row for ListedOrder {
    const COLUMNS: &'static [&'static str] = order::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let behind = at + Self::COLUMNS.len();
        // Without customers the row ends here.
        let customer = match row.try_get_by_index::<Option<Uuid>>(behind) {
            Ok(Some(_)) => Some(customer::Model::read(row, behind)?),
            Ok(None) | Err(_) => None,
        };
        Ok(Self { order: order::Model::read(row, at)?, customer })
    }
}

/// Orders that fit a condition on `o`, with their customers where asked for.
pub(super) async fn list(
    db: &Db,
    condition: Sql,
    page: Sql,
    with_customer: bool,
) -> Result<Vec<ListedOrder>> {
    let query = if with_customer {
        let columns = CUSTOMER_COLUMNS.as_str();
        sql(format!(
            "select o.*, {columns} from orders o left join customers c on c.id = o.customer_id where true"
        ))
    } else {
        sql("select o.* from orders o where true")
    };
    db.all(query.join(condition).join(page)).await
}

pub(super) async fn count(db: &Db, condition: Sql) -> Result<i64> {
    let query = sql("select count(*) from orders o where true").join(condition);
    Ok(db.value(query).await?.unwrap_or(0))
}

//! Every query of risk.

use crate::actor::Actor;
use crate::error::Result;
use crate::page::Order;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::{RiskEntryKind, RiskList};
use entities::{order, order_risk, risk_entry, risk_rule};
use sea_orm::{ActiveEnum, DbErr, QueryResult};
use time::OffsetDateTime;
use uuid::Uuid;

/// What the shop set otherwise than it comes.
pub(super) async fn rules(db: &Db) -> Result<Vec<risk_rule::Model>> {
    db.all(sql("select * from risk_rules order by code")).await
}

/// Counts of what went before an order, each under its name. `email`, `phone`, `address` and `ip` are within windows.
pub(super) async fn counts(
    db: &Db,
    order: &order::Model,
    windows: &[(&'static str, OffsetDateTime)],
) -> Result<Vec<(String, i64)>> {
    let since = |name: &str| {
        windows.iter().find(|(known, _)| *known == name).map_or(order.placed_at, |(_, at)| *at)
    };
    let mut query = sql("");
    let mut more = |name: &str, condition: Sql| {
        let union = if query.is_empty() { "" } else { " union all " };
        let taken = std::mem::take(&mut query);
        query = taken
            .add(&format!(
                "{union}select '{name}', count(*) from orders where not draft and id <> ? and "
            ))
            .bind(order.id)
            .join(condition);
    };
    for (name, column, value) in [
        ("email", "email_key", &order.email_key),
        ("phone", "phone_key", &order.phone_key),
        ("address", "address_key", &order.address_key),
        ("ip", "client_ip", &order.client_ip),
    ] {
        if let Some(value) = value {
            let condition = format!("{column} = ? and placed_at > ? and placed_at <= ?");
            let condition = sql(condition).bind(value.as_str());
            more(name, condition.bind(since(name)).bind(order.placed_at));
        }
    }
    // One order counts once, whatever it has in common with this one.
    let mut same = sql("");
    for (column, value) in [
        ("email_key", &order.email_key),
        ("address_key", &order.address_key),
        ("phone_key", &order.phone_key),
    ] {
        let Some(value) = value else { continue };
        let union = if same.is_empty() { "" } else { " union " };
        same = same
            .add(&format!(
                "{union}select id from orders where payment_state = 'CHARGED_BACK' and {column} = ?"
            ))
            .bind(value.as_str());
    }
    if !same.is_empty() {
        more("chargebacks", sql("id in (").join(same).add(")"));
    }
    if let (Some(customer), Some(address)) = (order.customer_id, &order.address_key) {
        let condition =
            sql("customer_id = ? and address_key = ? and cancelled_at is null and placed_at <= ?")
                .bind(customer);
        more("known address", condition.bind(address.as_str()).bind(order.placed_at));
    }
    if query.is_empty() {
        return Ok(Vec::new());
    }
    db.values(query).await
}

/// Amounts of a customer's orders before this one, the newest.
pub(super) async fn persons_amounts(db: &Db, order: &order::Model) -> Result<Vec<i64>> {
    let Some(customer) = order.customer_id else { return Ok(Vec::new()) };
    let query = sql("select grand_total_minor from orders where customer_id = ? and currency = ?
         and placed_at <= ? and id <> ? and not draft and cancelled_at is null
         order by placed_at desc limit 200")
    .bind(customer)
    .bind(order.currency.as_str())
    .bind(order.placed_at)
    .bind(order.id);
    db.values(query).await
}

/// Amounts of the newest orders of a channel to a country, before this one.
pub(super) async fn segments_amounts(db: &Db, order: &order::Model) -> Result<Vec<i64>> {
    let mut query =
        sql("select grand_total_minor from orders where channel_id = ?").bind(order.channel_id);
    query = match &order.country_code {
        Some(country) => query.add(" and country_code = ?").bind(country.as_str()),
        None => query.add(" and country_code is null"),
    };
    let query = query
        .add(
            " and placed_at <= ? and id <> ? and not draft and cancelled_at is null
             order by placed_at desc limit 200",
        )
        .bind(order.placed_at)
        .bind(order.id);
    db.values(query).await
}

/// Entries that fit any of these: list and reason.
pub(super) async fn entries(
    db: &Db,
    keys: &[(RiskEntryKind, String)],
) -> Result<Vec<risk_entry::Model>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = sql("select * from risk_entries where removed_at is null
         and (expires_at is null or expires_at > ?) and (")
    .bind(db.now());
    for (index, (kind, key)) in keys.iter().enumerate() {
        let or = if index == 0 { "" } else { " or " };
        query = query
            .add(&format!("{or}(kind = ? and value_key in (?, ?))"))
            .bind(kind.to_value())
            .bind(key.as_str())
            .bind(crate::privacy::suppress::listed(key));
        if let (RiskEntryKind::Customer, Ok(id)) = (kind, key.parse::<Uuid>()) {
            // Whoever stands in a list stands there still when their record was made one with another.
            let text = id_text(db, "m.id");
            query = query
                .add(&format!(
                    " or (kind = ? and exists (select 1 from customers m where m.merged_into = ? and {text} = value_key))"
                ))
                .bind(kind.to_value())
                .bind(id);
        }
    }
    db.all(query.add(") order by id")).await
}

/// An id as it is written.
fn id_text(db: &Db, column: &str) -> String {
    if db.is_postgres() {
        return format!("cast({column} as text)");
    }
    let hex = format!("lower(hex({column}))");
    let parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)];
    let parts = parts.map(|(start, length)| format!("substr({hex}, {start}, {length})"));
    parts.join(" || '-' || ")
}

pub(super) async fn entry(db: &Db, id: Uuid) -> Result<Option<risk_entry::Model>> {
    let query = sql("select * from risk_entries where id = ? and removed_at is null");
    db.first(query.bind(id)).await
}

/// Entries that stand, the newest first.
pub(super) async fn list_entries(
    db: &Db,
    list: Option<RiskList>,
    page: Sql,
) -> Result<Vec<risk_entry::Model>> {
    db.all(standing("select e.* from risk_entries e", list, db.now()).join(page)).await
}

pub(super) async fn count_entries(db: &Db, list: Option<RiskList>) -> Result<i64> {
    let query = standing("select count(*) from risk_entries e", list, db.now());
    Ok(db.value(query).await?.unwrap_or(0))
}

fn standing(select: &str, list: Option<RiskList>, now: OffsetDateTime) -> Sql {
    let query = sql(format!(
        "{select} where e.removed_at is null and (e.expires_at is null or e.expires_at > ?)"
    ))
    .bind(now);
    match list {
        Some(list) => query.add(" and e.list = ?").bind(list.to_value()),
        None => query,
    }
}

pub(super) fn newest_first() -> Order {
    Order::by_id("e.id", true)
}

/// What was found about orders.
pub async fn risks_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_risk::Model>> {
    db.all(sql("select * from order_risks where order_id = any(?)").ids(orders)).await
}

pub(super) async fn remove_entry(tx: &WriteTx, id: Uuid) -> Result<u64> {
    let query = sql("update risk_entries set removed_at = ? where id = ? and removed_at is null");
    tx.run(query.bind(tx.now()).bind(id)).await
}

/// Orders placed in a time, within reach: what a rule is tried on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried<'a> {
    pub(super) actor: &'a Actor,
    pub(super) from: Option<OffsetDateTime>,
    pub(super) to: Option<OffsetDateTime>,
}

impl Tried<'_> {
    fn sql(&self) -> Sql {
        let mut query =
            sql(" and not o.draft and not o.imported").join(self.actor.reach.orders_sql("o"));
        for (sign, at) in [(">=", self.from), ("<", self.to)] {
            if let Some(at) = at {
                query = query.add(&format!(" and o.placed_at {sign} ?")).bind(at);
            }
        }
        query
    }
}

pub(super) async fn count_tried(db: &Db, which: &Tried<'_>) -> Result<i64> {
    let query = sql("select count(*) from orders o where true").join(which.sql());
    Ok(db.value(query).await?.unwrap_or(0))
}

/// The orders, the first placed first.
pub(super) async fn tried(db: &Db, which: &Tried<'_>) -> Result<Vec<order::Model>> {
    let query = sql("select o.* from orders o where true").join(which.sql());
    db.all(query.add(" order by o.placed_at, o.id")).await
}

/// What is known of an order that others are held against.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) id: Uuid,
    pub(super) placed_at: OffsetDateTime,
    pub(super) customer: Option<Uuid>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) address: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) currency: String,
    pub(super) amount: i64,
    pub(super) cancelled: bool,
    pub(super) charged_back: bool,
}

fn past(row: &QueryResult) -> std::result::Result<Past, DbErr> {
    let payment: String = row.try_get_by_index(10)?;
    let cancelled: Option<OffsetDateTime> = row.try_get_by_index(9)?;
    Ok(Past {
        id: row.try_get_by_index(0)?,
        placed_at: row.try_get_by_index(1)?,
        customer: row.try_get_by_index(2)?,
        email: row.try_get_by_index(3)?,
        phone: row.try_get_by_index(4)?,
        address: row.try_get_by_index(5)?,
        ip: row.try_get_by_index(6)?,
        currency: row.try_get_by_index(7)?,
        amount: row.try_get_by_index(8)?,
        cancelled: cancelled.is_some(),
        charged_back: payment == "CHARGED_BACK",
    })
}

const PAST: &str =
    "select o.id, o.placed_at, o.customer_id, o.email_key, o.phone_key, o.address_key,
    o.client_ip, o.currency, o.grand_total_minor, o.cancelled_at, o.payment_state from orders o";

/// Orders of a time that share a key with others, and whatever was charged back before: `column` is one of the keys.
pub(super) async fn sharing(
    db: &Db,
    (column, keys): (&'static str, &[String]),
    (since, until): (OffsetDateTime, OffsetDateTime),
) -> Result<Vec<Past>> {
    let query = sql(format!(
        "{PAST} where o.{column} = any(?) and (o.placed_at > ? or o.payment_state = 'CHARGED_BACK')
         and o.placed_at <= ? and not o.draft"
    ));
    db.all_as(query.texts(keys).bind(since).bind(until), past).await
}

/// Orders of customers up to a moment.
pub(super) async fn of_customers(
    db: &Db,
    customers: &[Uuid],
    until: OffsetDateTime,
) -> Result<Vec<Past>> {
    let query =
        sql(format!("{PAST} where o.customer_id = any(?) and o.placed_at <= ? and not o.draft"));
    db.all_as(query.ids(customers).bind(until), past).await
}

/// The newest orders of a channel to a country up to a moment, none cancelled, the newest first.
pub(super) async fn of_segment(
    db: &Db,
    (channel, country): (Uuid, Option<&str>),
    until: OffsetDateTime,
    most: usize,
) -> Result<Vec<Past>> {
    let mut query = sql(format!("{PAST} where o.channel_id = ?")).bind(channel);
    query = match country {
        Some(country) => query.add(" and o.country_code = ?").bind(country),
        None => query.add(" and o.country_code is null"),
    };
    let rest = format!(
        " and o.placed_at <= ? and not o.draft and o.cancelled_at is null order by o.placed_at desc limit {most}"
    );
    db.all_as(query.add(&rest).bind(until), past).await
}

/// Entries that stand for any of these keys.
pub(super) async fn entries_of(db: &Db, keys: &[String]) -> Result<Vec<risk_entry::Model>> {
    let query = sql("select * from risk_entries where removed_at is null
         and (expires_at is null or expires_at > ?) and value_key = any(?) order by id");
    db.all(query.bind(db.now()).texts(keys)).await
}

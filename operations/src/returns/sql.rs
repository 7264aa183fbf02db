//! Every query of returns.

use super::read::ReturnFilter;
use crate::actor::Actor;
use crate::customers::WHOM;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{
    carrier_claim, imported_credit_line, order_line, return_inspection, return_line, return_policy,
    return_row,
};
use sea_orm::ActiveEnum;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) async fn policies(db: &Db) -> Result<Vec<return_policy::Model>> {
    db.all(sql("select * from return_policies order by id")).await
}

pub(super) async fn policies_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<return_policy::Model>> {
    db.all(sql("select * from return_policies where id = any(?)").ids(ids)).await
}

pub(super) async fn policy_of(db: &Db, id: Option<Uuid>) -> Result<Option<return_policy::Model>> {
    match id {
        Some(id) => Ok(policies_by_ids(db, &[id]).await?.pop()),
        None => Ok(None),
    }
}

pub(super) async fn lock_policy(tx: &WriteTx, id: Uuid) -> Result<Option<return_policy::Model>> {
    let query = sql("select * from return_policies where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

pub(super) async fn lock_return(tx: &WriteTx, id: Uuid) -> Result<Option<return_row::Model>> {
    tx.first(sql("select * from returns where id = ?").bind(id).add(tx.for_update())).await
}

/// Units of an order's lines that are on their way back or asked for, by line.
pub(super) async fn open_units(db: &Db, order: Uuid) -> Result<BTreeMap<Uuid, i64>> {
    let query = sql("select l.order_line_id, cast(sum(case when l.quantity_received > l.quantity then l.quantity_received else l.quantity end) as bigint)
         from return_lines l join returns r on r.id = l.return_id
         where r.order_id = ? and l.order_line_id is not null
           and r.state in ('REQUESTED', 'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED')
         group by l.order_line_id");
    Ok(db.values(query.bind(order)).await?.into_iter().collect())
}

/// Units of an order's lines that are here and not settled, by line.
pub(super) async fn received_units(db: &Db, order: Uuid) -> Result<BTreeMap<Uuid, i64>> {
    let query = sql("select l.order_line_id, cast(sum(l.quantity_received) as bigint)
         from return_lines l join returns r on r.id = l.return_id
         where r.order_id = ? and l.order_line_id is not null and r.state in ('RECEIVED', 'INSPECTED')
         group by l.order_line_id");
    Ok(db.values(query.bind(order)).await?.into_iter().collect())
}

/// Units of orders' lines that came back and for which goods were given, by order and line.
pub(super) async fn swapped_units(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let query = sql("select r.order_id, l.order_line_id, cast(sum(case when l.quantity_received > 0 then l.quantity_received else l.quantity end) as bigint)
         from return_lines l join returns r on r.id = l.return_id
         where r.order_id = any(?) and l.order_line_id is not null
           and (r.resolution = 'REPLACEMENT' or r.resolution = 'EXCHANGE' and l.exchange_variant_id is not null)
         group by r.order_id, l.order_line_id");
    db.values(query.ids(orders)).await
}

/// Lines of an order of goods that never come back.
pub(super) async fn final_sale(db: &Db, order: Uuid) -> Result<BTreeSet<Uuid>> {
    let query = sql("select l.id from order_lines l join variants v on v.id = l.variant_id
         where l.order_id = ? and v.final_sale");
    Ok(db.values(query.bind(order)).await?.into_iter().collect())
}

pub(super) async fn tags_of(db: &Db, order: Uuid) -> Result<Vec<String>> {
    db.values(sql("select tag from order_tags where order_id = ? order by tag").bind(order)).await
}

/// Days on which nobody works in a country, as the calendars of its locations have it.
pub(super) async fn holidays(db: &Db, country: Option<&str>) -> Result<BTreeSet<String>> {
    let Some(country) = country else { return Ok(BTreeSet::new()) };
    let query = sql("select address, calendar from locations where active");
    let found: Vec<(Json, Json)> = db.values(query).await?;
    let there = found
        .into_iter()
        .filter(|(address, _)| address.get("countryCode").and_then(Json::as_str) == Some(country));
    let of = |(_, calendar): (Json, Json)| -> Vec<String> {
        calendar
            .get("holidays")
            .and_then(|days| serde_json::from_value(days.clone()).ok())
            .unwrap_or_default()
    };
    Ok(there.flat_map(of).collect())
}

/// Where the company of a channel is.
pub(super) async fn company_zone(db: &Db, channel: Uuid) -> Result<Option<String>> {
    let query =
        sql("select e.time_zone from channels c join legal_entities e on e.id = c.legal_entity_id
         where c.id = ?");
    db.value(query.bind(channel)).await
}

/// Where the customers of orders are: the country, and the time zone of the company.
pub(super) async fn places_of(
    db: &Db,
    orders: &[Uuid],
) -> Result<Vec<(Uuid, (Option<String>, String))>> {
    let query = sql("select o.id, o.country_code, e.time_zone from orders o
         join channels c on c.id = o.channel_id join legal_entities e on e.id = c.legal_entity_id
         where o.id = any(?)");
    let found: Vec<(Uuid, Option<String>, String)> = db.values(query.ids(orders)).await?;
    Ok(found.into_iter().map(|(id, country, company)| (id, (country, company))).collect())
}

/// Returns by id, whoever asks.
pub(super) async fn plain(db: &Db, ids: &[Uuid]) -> Result<Vec<return_row::Model>> {
    db.all(sql("select * from returns where id = any(?)").ids(ids)).await
}

/// Whether a parcel brought something of an order.
pub(super) async fn is_parcel_of(db: &Db, parcel: Uuid, order: Uuid) -> Result<bool> {
    let query = sql("select p.id from parcels p join fulfillment_orders o on o.fulfillment_id = p.fulfillment_id
         where p.id = ? and o.order_id = ?");
    let found: Option<Uuid> = db.value(query.bind(parcel).bind(order)).await?;
    Ok(found.is_some())
}

/// Returns `r` whose money should be back with the customer at a moment.
pub(crate) const OVERDUE: &str = "r.refund_due_at is not null and r.paused_since is null and r.resolved_at is null and r.refund_due_at <= ?";

/// ` and …` for returns `r` within reach: of an order in reach, or at a location in reach where there is no order.
pub(crate) fn reached(actor: &Actor) -> Sql {
    if actor.reach.channels.is_none() && actor.reach.locations.is_none() {
        return sql("");
    }
    let mut condition = sql(" and (exists (select 1 from orders o where o.id = r.order_id")
        .join(actor.reach.orders_sql("o"))
        .add(")");
    condition = match &actor.reach.locations {
        Some(locations) => condition.add(" or r.location_id = any(?))").ids(locations),
        None => condition.add(" or r.order_id is null)"),
    };
    condition
}

pub(crate) async fn returns_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<return_row::Model>> {
    let query = sql("select r.* from returns r where r.id = any(?)").ids(ids);
    db.all(query.join(reached(actor))).await
}

pub(super) async fn of_orders(
    db: &Db,
    actor: &Actor,
    orders: &[Uuid],
) -> Result<Vec<return_row::Model>> {
    let query = sql("select r.* from returns r where r.order_id = any(?)").ids(orders);
    db.all(query.join(reached(actor)).add(" order by r.id")).await
}

pub(super) async fn lines_of(db: &Db, returns: &[Uuid]) -> Result<Vec<return_line::Model>> {
    let query =
        sql("select * from return_lines where return_id = any(?) order by return_id, position");
    db.all(query.ids(returns)).await
}

/// What was found of returns, oldest first.
pub(super) async fn inspections_of(
    db: &Db,
    returns: &[Uuid],
) -> Result<Vec<return_inspection::Model>> {
    let query =
        sql("select i.* from return_inspections i join return_lines l on l.id = i.return_line_id
         where l.return_id = any(?) order by i.return_line_id, i.id");
    db.all(query.ids(returns)).await
}

/// What was found of lines of returns, oldest first.
pub(super) async fn inspections_of_lines(
    db: &Db,
    lines: &[Uuid],
) -> Result<Vec<return_inspection::Model>> {
    let query = sql("select * from return_inspections where return_line_id = any(?)
         order by return_line_id, id");
    db.all(query.ids(lines)).await
}

/// What carriers owe, by return.
pub(super) async fn carrier_claims(db: &Db, returns: &[Uuid]) -> Result<Vec<carrier_claim::Model>> {
    db.all(sql("select * from carrier_claims where return_id = any(?)").ids(returns)).await
}

/// Steps of payments that gave money back for returns: return and step, oldest first.
pub(super) async fn refunds_of(db: &Db, returns: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select return_id, transaction_id from return_refunds where return_id = any(?)
         order by return_id, transaction_id");
    db.values(query.ids(returns)).await
}

/// Returns for which steps of payments gave money back: step and return.
pub(super) async fn of_refunds(db: &Db, steps: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query =
        sql("select transaction_id, return_id from return_refunds where transaction_id = any(?)");
    db.values(query.ids(steps)).await
}

pub(super) async fn lines_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<return_line::Model>> {
    let query = sql("select l.* from return_lines l join returns r on r.id = l.return_id
         where l.id = any(?)")
    .ids(ids);
    db.all(query.join(reached(actor))).await
}

impl ReturnFilter {
    fn sql(&self, db: &Db, actor: &Actor) -> Sql {
        let mut filter = reached(actor);
        if let Some(number) = &self.number {
            filter = filter.add(" and r.number = ?").bind(number.trim());
        }
        if let Some(number) = &self.tracking_number {
            let key = crate::fulfillment::sql::tracking_key(number);
            filter = filter.add(" and r.tracking_key = ?").bind(key);
        }
        if let Some(states) = &self.states {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and r.state = any(?)").texts(&names);
        }
        if let Some(kinds) = &self.kinds {
            let names: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and r.kind = any(?)").texts(&names);
        }
        if let Some(reasons) = &self.reasons {
            let names: Vec<String> = reasons.iter().map(ActiveEnum::to_value).collect();
            filter = filter
                .add(" and exists (select 1 from return_lines l where l.return_id = r.id and l.reason = any(?))")
                .texts(&names);
        }
        if let Some(id) = self.order_id {
            filter = filter.add(" and r.order_id = ?").bind(id);
        }
        if let Some(id) = self.customer_id {
            filter = filter.add(&format!(" and r.customer_id = {WHOM}")).bind(id);
        }
        if let Some(locations) = &self.location_ids {
            filter = filter.add(" and r.location_id = any(?)").ids(locations);
        }
        if let Some(from) = self.requested_from {
            filter = filter.add(" and r.requested_at >= ?").bind(from);
        }
        if let Some(before) = self.requested_before {
            filter = filter.add(" and r.requested_at < ?").bind(before);
        }
        if let Some(overdue) = self.overdue {
            filter = filter
                .add(&if overdue {
                    format!(" and {OVERDUE}")
                } else {
                    format!(" and not ({OVERDUE})")
                })
                .bind(db.now());
        }
        filter
    }
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &ReturnFilter,
    page: Sql,
) -> Result<Vec<return_row::Model>> {
    let query = sql("select r.* from returns r where true").join(filter.sql(db, actor));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, actor: &Actor, filter: &ReturnFilter) -> Result<i64> {
    let query = sql("select count(*) from returns r where true").join(filter.sql(db, actor));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Orders that count other returns than they have: those that wait for an answer, and those that are under way.
pub(super) fn counts_off() -> Sql {
    let of = |what: &str, column: &str, states: &str| {
        format!(
            "select o.number, '{what}' as what, cast(o.{column} as bigint) as told, cast(coalesce(f.there, 0) as bigint) as there
             from orders o left join (select r.order_id, count(*) as there from returns r
                 where r.order_id is not null and r.state in ({states}) group by r.order_id) f on f.order_id = o.id
             where o.{column} <> 0 or f.there is not null"
        )
    };
    let asked = of("asked for", "returns_asked", "'REQUESTED'");
    let moving =
        of("under way", "returns_moving", "'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED'");
    sql(format!(
        "select u.number, u.what, u.told, u.there from ({asked} union all {moving}) u
         where u.told <> u.there order by u.number"
    ))
}

/// Orders that pay for others with something else than those are paid with, and companies whose books hold anything between them.
pub(super) fn exchanged_off() -> Sql {
    sql("with paid as (
             select origin_order_id as order_id, cast(sum(captured_minor - refunded_minor) as bigint) as minor
             from payments where origin_order_id is not null group by origin_order_id)
         select o.number, 'pays for others', o.exchanged_minor, coalesce(p.minor, 0)
         from orders o left join paid p on p.order_id = o.id
         where (o.exchanged_minor <> 0 or p.order_id is not null) and o.exchanged_minor <> coalesce(p.minor, 0)
         union all
         select e.name, 'is between orders in the books', cast(0 as bigint), cast(sum(b.amount_minor) as bigint)
         from postings b join legal_entities e on e.id = b.legal_entity_id
         where b.account = 2170 group by e.id, e.name, b.currency having sum(b.amount_minor) <> 0 or sum(b.base_minor) <> 0")
}

/// The returns that orders make right: order and return.
pub(super) async fn made_right_by(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select exchange_order_id, id from returns where exchange_order_id = any(?)
         union all select replacement_order_id, id from returns where replacement_order_id = any(?)");
    db.values(query.ids(orders).ids(orders)).await
}

/// Returns that gave back something else than their refunds say, of which more was looked at than arrived, or that take back something else than a
/// credit note of an earlier system told of.
pub(super) fn settled_off() -> Sql {
    sql("select r.number, 'given back' as what, r.refunded_minor as told, cast(coalesce(f.there, 0) as bigint) as there
         from returns r left join (
             select rr.return_id, sum(t.amount_minor) as there from return_refunds rr
             join payment_transactions t on t.id = rr.transaction_id and t.kind = 'REFUND'
             group by rr.return_id) f on f.return_id = r.id
         where r.refunded_minor <> coalesce(f.there, 0)
         union all
         select r.number, 'looked at', cast(sum(i.quantity) as bigint), cast(max(l.quantity_received) as bigint)
         from return_inspections i join return_lines l on l.id = i.return_line_id join returns r on r.id = l.return_id
         group by r.number, l.id having sum(i.quantity) > max(l.quantity_received)
         union all
         select min(c.reference), 'found of a credit note', f.told, cast(coalesce(b.there, 0) as bigint)
         from imported_credits c
         join (select credit_id, cast(sum(matched) as bigint) as told from imported_credit_lines group by credit_id) f on f.credit_id = c.id
         left join (select imported_credit_id, sum(quantity) as there from return_lines
             where imported_credit_id is not null group by imported_credit_id) b on b.imported_credit_id = c.id
         where f.told <> coalesce(b.there, 0) group by c.id, f.told, b.there")
}

/// The lines of a credit note that was imported before, in order.
pub(super) async fn imported_lines(
    db: &Db,
    channel: Uuid,
    reference: &str,
) -> Result<Vec<imported_credit_line::Model>> {
    let query =
        sql("select l.* from imported_credit_lines l join imported_credits c on c.id = l.credit_id
         where c.channel_id = ? and c.reference = ? order by l.position");
    db.all(query.bind(channel).bind(reference)).await
}

/// The customer who goes by an email, folded, or by an account in a channel.
pub(super) async fn known_as(
    db: &Db,
    channel: Uuid,
    (email, account): (String, String),
) -> Result<Option<Uuid>> {
    let query = sql("select customer_id from customer_identities
         where (kind = 'EMAIL' and value_key = ?) or (kind = 'CHANNEL_ACCOUNT' and value_key = ? and scope = ?)
         order by kind limit 1");
    db.value(query.bind(email).bind(account).bind(channel)).await
}

/// Lines with which a customer had bought some SKUs before a moment, as a history tells it: the newest first.
pub(super) async fn bought_before(
    db: &Db,
    (channel, customer): (Uuid, Uuid),
    skus: &[String],
    at: OffsetDateTime,
) -> Result<Vec<order_line::Model>> {
    let query = sql("select l.* from orders o join order_lines l on l.order_id = o.id
         where o.customer_id = ? and o.channel_id = ? and o.imported and o.cancelled_at is null
           and o.placed_at <= ? and l.sku = any(?)
         order by o.placed_at desc, l.id desc");
    db.all(query.bind(customer).bind(channel).bind(at).texts(skus)).await
}

/// Units of lines that are on their way back or asked for, by line.
pub(super) async fn open_units_of(db: &Db, lines: &[Uuid]) -> Result<BTreeMap<Uuid, i64>> {
    let query = sql("select l.order_line_id, cast(sum(l.quantity) as bigint)
         from return_lines l join returns r on r.id = l.return_id
         where l.order_line_id = any(?)
           and r.state in ('REQUESTED', 'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED')
         group by l.order_line_id");
    Ok(db.values(query.ids(lines)).await?.into_iter().collect())
}

/// What counts for and against customers, of whom, which, and how much of it, within reach: `ORDERS` of which something left, and those among them
/// of which something came back; `CLAIMS` since a moment that something never came, and that were granted; units `FOUND` missing in what came
/// back, and units that were something else.
pub(super) async fn counted(
    db: &Db,
    actor: &Actor,
    (customers, since): (&[Uuid], OffsetDateTime),
) -> Result<Vec<(Uuid, String, i64, i64)>> {
    let orders = sql("select o.customer_id, 'ORDERS', count(*),
             cast(sum(case when o.return_state = 'RETURNED' then 1 else 0 end) as bigint)
         from orders o where o.customer_id = any(?) and o.shipped_at is not null")
    .ids(customers)
    .join(actor.reach.orders_sql("o"))
    .add(" group by o.customer_id");
    let claims = sql("select r.customer_id, 'CLAIMS', count(*), cast(0 as bigint) from returns r
         where r.customer_id = any(?) and r.state = 'RESOLVED' and r.resolution <> 'NONE' and r.requested_at >= ?
           and exists (select 1 from return_lines l where l.return_id = r.id and l.reason in ('LOST', 'NOT_DELIVERED'))")
    .ids(customers)
    .bind(since)
    .join(reached(actor))
    .add(" group by r.customer_id");
    let found = sql("select r.customer_id, 'FOUND',
             cast(sum(case when i.condition = 'MISSING' then i.quantity else 0 end) as bigint),
             cast(sum(case when i.condition = 'WRONG_ITEM' then i.quantity else 0 end) as bigint)
         from returns r join return_lines l on l.return_id = r.id join return_inspections i on i.return_line_id = l.id
         where r.customer_id = any(?) and i.condition in ('MISSING', 'WRONG_ITEM')")
    .ids(customers)
    .join(reached(actor))
    .add(" group by r.customer_id");
    db.values(orders.add(" union all ").join(claims).add(" union all ").join(found)).await
}

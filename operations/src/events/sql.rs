//! Every query of the log.

use super::filter::{About, OrderFacts, Wanted};
use super::place::LogPlace;
use super::{LoggedEvent, Part, RETAINED_ALL, opened};
use crate::error::Result;
use crate::page::Page;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use sea_orm::ActiveEnum;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

fn select(db: &Db) -> Sql {
    sql(if db.is_postgres() {
        "select e.*, cast(cast(e.xid as text) as bigint) as place from events e where true"
    } else {
        "select e.*, e.position as place from events e where true"
    })
}

/// ` and …` for the events that are wanted and may be seen.
pub(super) fn wanted(db: &Db, wanted: &Wanted) -> Sql {
    let (actor, filter) = (&wanted.actor, &wanted.filter);
    let mut condition = sql("");
    if let Some(kinds) = &wanted.kinds {
        condition = match (wanted.own_kinds.is_empty(), actor.id) {
            (false, Some(id)) => condition
                .add(" and (e.kind = any(?)")
                .texts(kinds)
                .add(" or (e.kind = any(?)")
                .texts(&wanted.own_kinds)
                .add(" and e.actor_id = ? and e.actor_kind = ?))")
                .bind(id)
                .bind(actor.kind.to_value()),
            (true, _) | (false, None) => condition.add(" and e.kind = any(?)").texts(kinds),
        };
    }
    if let Some(channels) = &actor.reach.channels {
        condition =
            condition.add(" and (e.channel_id is null or e.channel_id = any(?))").ids(channels);
    }
    if let Some(locations) = &actor.reach.locations {
        condition = condition
            .add(" and (e.location_id is null or e.location_id = any(?))")
            .ids(locations)
            .add(" and (e.order_id is null or ")
            .join(sent_from(locations))
            .add(")");
    }
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        condition = condition
            .add(
                " and (e.customer_id is null or e.order_id is not null or exists (
                  select 1 from customers m join customers c on c.id = coalesce(m.merged_into, m.id)
                  where m.id = e.customer_id",
            )
            .join(actor.reach.customers_sql("c.id"))
            .add("))");
    }
    match (&filter.locations, filter.about) {
        (Some(locations), About::Orders) => {
            condition = condition.add(" and ").join(sent_from(locations));
        }
        (Some(locations), _) => {
            condition = condition.add(" and e.location_id = any(?)").ids(locations);
        }
        (None, _) => {}
    }
    for (column, ids) in [
        ("e.channel_id", &filter.channels),
        ("e.subject_id", &filter.subjects),
        ("e.customer_id", &filter.customers),
        ("e.order_id", &filter.orders),
    ] {
        if let Some(ids) = ids {
            condition = condition.add(&format!(" and {column} = any(?)")).ids(ids);
        }
    }
    if let Some(assignees) = &filter.assignees {
        let texts: Vec<String> = assignees.iter().map(Uuid::to_string).collect();
        condition = condition
            .add(
                " and (exists (select 1 from orders o
                  where o.id = e.order_id and o.assignee_id = any(?))",
            )
            .ids(assignees)
            .add(&format!(" or {} = any(?))", data_text(db, "previousUserId")))
            .texts(&texts);
    }
    if let Some(from) = filter.from {
        condition = condition.add(" and e.at >= ?").bind(from);
    }
    if let Some(to) = filter.to {
        condition = condition.add(" and e.at < ?").bind(to);
    }
    match filter.about {
        About::Anything => condition,
        About::Orders => condition.add(" and e.order_id is not null"),
        About::Fulfillments => condition.add(" and e.subject_type in ('ful', 'pcl')"),
        About::Settlements => condition.add(" and e.subject_type in ('str', 'pyo', 'rex')"),
        About::Returns => condition.add(" and e.subject_type = 'ret'"),
        About::Cases => condition.add(" and e.subject_type = 'cas'"),
        About::Tasks => condition.add(" and e.subject_type = 'tsk'"),
        About::StockLevels => {
            condition = condition.add(" and e.subject_type = 'stk'");
            if let Some(locations) = &filter.level.location_ids {
                condition = condition.add(" and e.location_id = any(?)").ids(locations);
            }
            if let Some(skus) = &filter.level.skus {
                condition =
                    condition.add(&format!(" and {} = any(?)", data_text(db, "sku"))).texts(skus);
            }
            condition.join(crate::stock::sql::level_is(&filter.level, "e.subject_id"))
        }
    }
}

/// Whether one of these locations sends something of an event's order.
fn sent_from(locations: &[Uuid]) -> Sql {
    sql("exists (select 1 from fulfillment_orders fo
         join fulfillments f on f.id = fo.fulfillment_id
         where fo.order_id = e.order_id and f.location_id = any(?))")
    .ids(locations)
}

fn data_text(db: &Db, field: &str) -> String {
    if db.is_postgres() {
        format!("(e.data ->> '{field}')")
    } else {
        format!("json_extract(e.data, '$.{field}')")
    }
}

/// Events that no transaction still running can come before: on `PostgreSQL` a transaction takes its
/// place when it first writes and shows its events when it commits, so a reader stops below the
/// oldest one that is running. On `SQLite` there is one writer.
fn settled(db: &Db) -> Sql {
    if db.is_postgres() {
        sql(" and (e.epoch < ? or e.xid < pg_snapshot_xmin(pg_current_snapshot()))")
            .bind(db.epoch())
    } else {
        sql("")
    }
}

/// ` and …` for what lies behind a place, or before it.
fn beyond(db: &Db, place: LogPlace, sign: &str) -> Sql {
    if db.is_postgres() {
        sql(format!(" and (e.epoch, e.xid, e.id) {sign} (?, cast(cast(? as text) as xid8), ?)"))
            .bind(place.epoch)
            .bind(place.place.to_string())
            .bind(place.id)
    } else {
        sql(format!(" and e.position {sign} ?")).bind(place.place)
    }
}

fn log_order(db: &Db, descending: bool) -> &'static str {
    match (db.is_postgres(), descending) {
        (true, false) => " order by e.epoch, e.xid, e.id",
        (true, true) => " order by e.epoch desc, e.xid desc, e.id desc",
        (false, false) => " order by e.position",
        (false, true) => " order by e.position desc",
    }
}

/// A page of an order's events, by their moment.
pub(super) async fn timeline(
    db: &Db,
    who: &Wanted,
    order: Uuid,
    page: Sql,
) -> Result<Vec<LoggedEvent>> {
    let query = select(db).add(" and e.order_id = ?").bind(order);
    opened(db, db.all(query.join(wanted(db, who)).join(page)).await?).await
}

/// How many events the timeline of an order has.
pub(super) async fn timeline_count(db: &Db, who: &Wanted, order: Uuid) -> Result<i64> {
    let query = sql("select count(*) from events e where e.order_id = ?").bind(order);
    Ok(db.value(query.join(wanted(db, who))).await?.unwrap_or(0))
}

/// What happened that is wanted, whether or not the log is settled behind it.
pub(super) async fn timeline_of(db: &Db, who: &Wanted, page: Sql) -> Result<Vec<LoggedEvent>> {
    opened(db, db.all(select(db).join(wanted(db, who)).join(page)).await?).await
}

/// How many events that is.
pub(super) async fn timeline_of_count(db: &Db, who: &Wanted) -> Result<i64> {
    let query = sql("select count(*) from events e where true").join(wanted(db, who));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Events by id.
pub(super) async fn by_ids(db: &Db, who: &Wanted, ids: &[Uuid]) -> Result<Vec<LoggedEvent>> {
    let query = select(db).add(" and e.id = any(?)").ids(ids).join(wanted(db, who));
    opened(db, db.all(query).await?).await
}

/// Whether one event is wanted.
pub(super) async fn is_wanted(db: &Db, who: &Wanted, id: Uuid) -> Result<bool> {
    let query = sql("select cast(1 as bigint) from events e where e.id = ?").bind(id);
    let found: Option<i64> = db.value(query.join(wanted(db, who))).await?;
    Ok(found.is_some())
}

/// A page of the log, oldest first.
pub(super) async fn page(
    db: &Db,
    who: &Wanted,
    page: &Page,
    after: Option<LogPlace>,
    before: Option<LogPlace>,
) -> Result<Vec<LoggedEvent>> {
    let mut query = select(db).join(settled(db)).join(wanted(db, who));
    for (place, sign) in [(after, ">"), (before, "<")] {
        if let Some(place) = place {
            query = query.join(beyond(db, place, sign));
        }
    }
    let limit = format!(" limit {}", page.limit() + 1);
    opened(db, db.all(query.add(log_order(db, page.is_backward())).add(&limit)).await?).await
}

/// How many events of the log are wanted.
pub(super) async fn count(db: &Db, who: &Wanted) -> Result<i64> {
    let query = sql("select count(*) from events e where true");
    Ok(db.value(query.join(settled(db)).join(wanted(db, who))).await?.unwrap_or(0))
}

/// The newest settled event's place, if there is one.
pub(super) async fn newest(db: &Db) -> Result<Option<LogPlace>> {
    let query = select(db).join(settled(db)).add(log_order(db, true)).add(" limit 1");
    let newest: Option<LoggedEvent> = db.first(query).await?;
    Ok(newest.map(|event| event.place))
}

/// The next settled events behind a place, and up to another if one is given.
pub(super) async fn next(
    db: &Db,
    place: LogPlace,
    up_to: Option<LogPlace>,
    who: Option<&Wanted>,
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    let mut query = select(db).join(beyond(db, place, ">")).join(settled(db));
    if let Some(who) = who {
        query = query.join(wanted(db, who));
    }
    if let Some(end) = up_to {
        query = query.join(beyond(db, end, "<="));
    }
    let query = query.add(log_order(db, false)).add(&format!(" limit {limit}"));
    opened(db, db.all(query).await?).await
}

/// Those of these customers of whom anything stands behind a place.
pub(super) async fn customers_since(
    db: &Db,
    customers: &[Uuid],
    place: LogPlace,
) -> Result<Vec<Uuid>> {
    let query = sql("select distinct e.customer_id from events e where e.customer_id = any(?)");
    db.values(query.ids(customers).join(beyond(db, place, ">"))).await
}

/// ` and …` for a part of the log, up to a place.
fn within(db: &Db, part: &Part, end: LogPlace) -> Sql {
    let mut query = beyond(db, part.from, ">").join(beyond(db, end, "<="));
    for (id, sign) in [(part.first_id, ">="), (part.end_id, "<")] {
        if let Some(id) = id {
            query = query.add(&format!(" and e.id {sign} ?")).bind(id);
        }
    }
    if let Some(endpoint) = part.not_delivered_to {
        query = query
            .add(
                " and not exists (select 1 from webhook_deliveries d where d.event_id = e.id
                  and d.endpoint_id = ? and d.state = 'DELIVERED')",
            )
            .bind(endpoint);
    }
    query
}

/// The next wanted events of a part, up to a place.
pub(super) async fn part(
    db: &Db,
    who: &Wanted,
    part: &Part,
    end: LogPlace,
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    let query = select(db).join(within(db, part, end)).join(wanted(db, who));
    let query = query.add(log_order(db, false)).add(&format!(" limit {limit}"));
    opened(db, db.all(query).await?).await
}

/// How many events of a part are wanted.
pub(super) async fn count_part(db: &Db, who: &Wanted, part: &Part) -> Result<i64> {
    let query = sql("select count(*) from events e where true");
    let query = query.join(within(db, part, part.to)).join(wanted(db, who));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// A place before everything that was written since a moment, and one behind everything that was written until
/// another: ids say when, give or take a minute in which transactions ran and clocks differed.
pub(super) async fn around(
    db: &Db,
    since: Option<Uuid>,
    until: Option<Uuid>,
) -> Result<(Option<LogPlace>, Option<LogPlace>)> {
    let mut found = [None, None];
    for (place, (id, sign, way)) in
        found.iter_mut().zip([(since, "<", "desc"), (until, ">=", "asc")])
    {
        let Some(id) = id else { continue };
        let column =
            if db.is_postgres() { "cast(cast(e.xid as text) as bigint)" } else { "e.position" };
        let query = sql(format!(
            "select e.epoch, {column}, e.id from events e where e.id {sign} ? order by e.id {way} limit 1"
        ));
        let row: Option<(i32, i64, Uuid)> = db.value(query.bind(id)).await?;
        *place = row.map(|(epoch, place, id)| LogPlace::new(epoch, place, id));
    }
    let [before, behind] = found;
    Ok((before, behind))
}

/// The place so many events behind another; none where the log ends before.
pub(super) async fn further(db: &Db, place: LogPlace, by: usize) -> Result<Option<LogPlace>> {
    let query = if db.is_postgres() {
        sql("select e.epoch, cast(cast(e.xid as text) as bigint), e.id from events e where true")
    } else {
        sql("select e.epoch, e.position, e.id from events e where true")
    };
    let query = query.join(beyond(db, place, ">")).join(settled(db)).add(log_order(db, false));
    let found: Option<(i32, i64, Uuid)> =
        db.value(query.add(&format!(" limit 1 offset {by}"))).await?;
    Ok(found.map(|(epoch, place, id)| LogPlace::new(epoch, place, id)))
}

/// Up to where the log was pruned.
pub(super) async fn pruned_to(db: &Db) -> Result<LogPlace> {
    let query = sql("select epoch, place, event_id from event_retention");
    let mark: Option<(i32, i64, Uuid)> = db.value(query).await?;
    Ok(mark.map_or(RETAINED_ALL, |(epoch, place, id)| LogPlace::new(epoch, place, id)))
}

/// Whether the log has an event at a place.
pub(super) async fn exists_at(db: &Db, place: LogPlace) -> Result<bool> {
    let query = if db.is_postgres() {
        sql("select cast(1 as bigint) from events
             where id = ? and epoch = ? and xid = cast(cast(? as text) as xid8)")
        .bind(place.id)
        .bind(place.epoch)
        .bind(place.place.to_string())
    } else {
        sql("select cast(1 as bigint) from events where id = ? and epoch = ? and position = ?")
            .bind(place.id)
            .bind(place.epoch)
            .bind(place.place)
    };
    let found: Option<i64> = db.value(query).await?;
    Ok(found.is_some())
}

/// What of orders decides who hears of them.
pub(super) async fn order_facts(
    db: &Db,
    orders: &[Uuid],
) -> Result<HashMap<Uuid, Arc<OrderFacts>>> {
    let query = sql("select o.id, o.assignee_id, f.location_id from orders o
         left join fulfillment_orders fo on fo.order_id = o.id
         left join fulfillments f on f.id = fo.fulfillment_id
         where o.id = any(?)");
    let rows: Vec<(Uuid, Option<Uuid>, Option<Uuid>)> = db.values(query.ids(orders)).await?;
    let mut facts: HashMap<Uuid, OrderFacts> = HashMap::new();
    for (id, assignee, location) in rows {
        let order = facts.entry(id).or_default();
        order.assignee = assignee;
        order.locations.extend(location);
    }
    Ok(facts.into_iter().map(|(id, order)| (id, Arc::new(order))).collect())
}

/// Takes the mark up to which the log is pruned, for one at a time.
pub(super) async fn lock_mark(tx: &WriteTx) -> Result<()> {
    if tx.is_postgres() {
        let _held: Option<i64> =
            tx.value(sql("select cast(1 as bigint) from event_retention for update")).await?;
    }
    Ok(())
}

/// The oldest events, so many at most, up to the first that was written since a moment: their ids, and the place
/// of the last.
pub(super) async fn old(
    db: &Db,
    before: time::OffsetDateTime,
    limit: usize,
) -> Result<Option<(Vec<Uuid>, LogPlace)>> {
    let place = if db.is_postgres() { "cast(cast(xid as text) as bigint)" } else { "position" };
    let order = if db.is_postgres() { "epoch, xid, id" } else { "position" };
    // A row that is written late stands behind younger ones: the log is cut where the first young row is.
    let oldest = format!(
        "select epoch, {place} as place, id, recorded_at from events order by {order} limit {limit}"
    );
    let query = sql(format!(
        "select epoch, place, id, cast(case when recorded_at < ? then 1 else 0 end as bigint)
         from ({oldest}) oldest order by epoch, place, id"
    ))
    .bind(before);
    let rows: Vec<(i32, i64, Uuid, i64)> = db.values(query).await?;
    let old: Vec<_> = rows.into_iter().take_while(|row| row.3 == 1).collect();
    let mark = old.last().map(|(epoch, place, id, _)| LogPlace::new(*epoch, *place, *id));
    Ok(mark.map(|mark| (old.into_iter().map(|row| row.2).collect(), mark)))
}

/// Moves the mark up to which the log is pruned.
pub(super) async fn set_mark(tx: &WriteTx, mark: LogPlace) -> Result<()> {
    let query = sql("update event_retention set epoch = ?, place = ?, event_id = ?, pruned_at = ?")
        .bind(mark.epoch)
        .bind(mark.place)
        .bind(mark.id)
        .bind(tx.now());
    tx.run(query).await?;
    Ok(())
}

/// Deletes events at or before the mark.
pub(super) async fn delete(tx: &WriteTx, ids: &[Uuid]) -> Result<u64> {
    tx.run(sql("delete from events where id = any(?)").ids(ids)).await
}

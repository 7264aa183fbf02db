//! Every query of procedures and their tasks.

use super::clock::NEVER;
use super::read::TaskFilter;
use super::step::is_end;
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{EVENT_KINDS, Wanted};
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::{
    CaseKind, CasePriority, ReconciliationExceptionKind, ReturnKind, ReturnReason,
};
use entities::{procedure, procedure_version, task};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use time::OffsetDateTime;
use uuid::Uuid;

/// Tasks whose clocks are not over.
const RUNNING: &str = "t.state in ('OPEN', 'PAUSED')";

/// Changes with every definition.
pub(super) async fn revision(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select revision from procedure_revision")).await?.unwrap_or(0))
}

/// Lets every node read procedures again; locks out other definitions to the end.
pub(super) async fn revise(tx: &WriteTx) -> Result<()> {
    tx.run(sql("update procedure_revision set revision = revision + 1")).await.map(|_| ())
}

/// All procedures, by name.
pub(super) async fn all(db: &Db) -> Result<Vec<procedure::Model>> {
    db.all(sql("select * from procedures order by name_key, id")).await
}

/// All that procedures ever said.
pub(super) async fn versions(db: &Db) -> Result<Vec<procedure_version::Model>> {
    db.all(sql("select * from procedure_versions order by procedure_id, version")).await
}

/// What procedures say now.
pub(super) async fn current(db: &Db, ids: &[Uuid]) -> Result<Vec<procedure_version::Model>> {
    let query = sql("select v.* from procedure_versions v join procedures p on p.id = v.procedure_id and p.version = v.version
         where p.id = any(?)");
    db.all(query.ids(ids)).await
}

/// Procedures by id.
pub(super) async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<procedure::Model>> {
    db.all(sql("select * from procedures where id = any(?)").ids(ids)).await
}

/// A procedure, locked.
pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<procedure::Model>> {
    let query = sql("select * from procedures where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// How many procedures there are.
pub(super) async fn count(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select count(*) from procedures")).await?.unwrap_or(0))
}

/// Moments of some rows that are known: `column from table`.
pub(super) async fn moments(
    db: &Db,
    column: &str,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, OffsetDateTime)>> {
    let name = column.split(' ').next().unwrap_or(column);
    // Money that waits for goods or a proof of their sending is not due.
    let waits = if name == "refund_due_at" { " and paused_since is null" } else { "" };
    let query = sql(format!("select id, {column} where id = any(?) and {name} is not null{waits}"));
    db.values(query.ids(ids)).await
}

/// The first location that is active.
pub(super) async fn first_location(db: &Db) -> Result<Option<Uuid>> {
    db.value(sql("select id from locations where active order by id limit 1")).await
}

/// What of an order tasks need: customer, channel, the address, and a location that sends of it.
pub(super) type OrderFacts =
    (Uuid, Option<Uuid>, Uuid, Option<serde_json::Value>, Option<Uuid>, String);

/// Of orders: the customer, the channel, where they go, the first location that sends something, how much of them left.
pub(super) async fn orders(db: &Db, ids: &[Uuid]) -> Result<Vec<OrderFacts>> {
    let query = sql("select o.id, o.customer_id, o.channel_id, o.shipping_address,
             (select d.location_id from fulfillment_orders d where d.order_id = o.id
              order by d.fulfillment_id limit 1),
             o.fulfillment_state
         from orders o where o.id = any(?)");
    db.values(query.ids(ids)).await
}

/// Tasks about these whose clocks are not over, locked in the order of their ids.
pub(super) async fn running(tx: &WriteTx, subjects: &[Uuid]) -> Result<Vec<task::Model>> {
    let query = sql(format!(
        "select t.* from tasks t where t.subject_id = any(?) and {RUNNING} order by t.id"
    ));
    tx.all(query.ids(subjects).add(tx.for_update())).await
}

/// The same without a lock.
pub(super) async fn running_at(
    db: &Db,
    calendar: Uuid,
    (last, limit): (Uuid, usize),
) -> Result<Vec<Uuid>> {
    let query = sql(format!(
        "select t.id from tasks t where t.calendar_id = ? and t.id > ? and {RUNNING} order by t.id limit {limit}"
    ));
    db.values(query.bind(calendar).bind(last)).await
}

/// A task, locked.
pub(super) async fn lock_task(tx: &WriteTx, id: Uuid) -> Result<Option<task::Model>> {
    let query = sql("select t.* from tasks t where t.id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// Some tasks, locked.
pub(super) async fn lock_tasks(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<task::Model>> {
    let query = sql("select t.* from tasks t where t.id = any(?) order by t.id").ids(ids);
    tx.all(query.add(tx.for_update())).await
}

fn names<E: ActiveEnum<Value = String>>(values: &[E]) -> Vec<String> {
    values.iter().map(ActiveEnum::to_value).collect()
}

fn among<E: ActiveEnum<Value = String>>(column: &str, values: Option<&[E]>) -> Sql {
    values.map_or_else(
        || sql(""),
        |values| sql(format!(" and {column} = any(?)")).texts(&names(values)),
    )
}

/// Those of these returns that are of some kinds, with a line for some reasons.
pub(super) async fn returns(
    db: &Db,
    ids: &[Uuid],
    (kinds, reasons): (Option<&[ReturnKind]>, Option<&[ReturnReason]>),
) -> Result<Vec<Uuid>> {
    let mut query = sql("select r.id from returns r where r.id = any(?)").ids(ids);
    query = query.join(among("r.kind", kinds));
    if let Some(reasons) = reasons {
        query = query
            .add(" and exists (select 1 from return_lines l where l.return_id = r.id and l.reason = any(?))")
            .texts(&names(reasons));
    }
    db.values(query).await
}

/// Those of these cases that are of some kinds, and so urgent.
pub(super) async fn cases(
    db: &Db,
    ids: &[Uuid],
    (kinds, priorities): (Option<&[CaseKind]>, Option<&[CasePriority]>),
) -> Result<Vec<Uuid>> {
    let query = sql("select c.id from cases c where c.id = any(?)").ids(ids);
    db.values(query.join(among("c.kind", kinds)).join(among("c.priority", priorities))).await
}

/// Those of these differences that are of some kinds and between two amounts, in ten-thousandths of their currency.
pub(super) async fn exceptions(
    db: &Db,
    ids: &[Uuid],
    kinds: Option<&[ReconciliationExceptionKind]>,
    (least, most): (Option<Decimal>, Option<Decimal>),
) -> Result<Vec<Uuid>> {
    let mut query =
        sql("select x.id from reconciliation_exceptions x where x.id = any(?)").ids(ids);
    query = query.join(among("x.kind", kinds));
    for (sign, amount) in [(">=", least), ("<=", most)] {
        if let Some(amount) = amount {
            let scaled = amount.saturating_mul(Decimal::from(10_000)).trunc();
            let scaled = i64::try_from(scaled.mantissa()).unwrap_or(i64::MAX);
            query = query.add(&format!(" and abs(x.amount_scaled) {sign} ?")).bind(scaled);
        }
    }
    db.values(query).await
}

/// ` and …` for tasks `t` that an actor may see: whoever may see what started one, and the channel, location, order or customer of that.
pub(super) fn in_reach(actor: &Actor) -> Sql {
    // Those that wait for a moment that nobody knows are nobody's work yet.
    let mut condition = sql(" and t.due_at < ?").bind(NEVER);
    if let Some(kinds) = Wanted::everything(actor).kinds() {
        condition = condition.add(" and t.trigger_kind = any(?)").texts(kinds);
    }
    if let Some(channels) = &actor.reach.channels {
        condition =
            condition.add(" and (t.channel_id is null or t.channel_id = any(?))").ids(channels);
    }
    if let Some(locations) = &actor.reach.locations {
        condition = condition
            .add(" and (t.location_id is null or t.location_id = any(?))")
            .ids(locations)
            .add(
                " and (t.order_id is null or exists (select 1 from fulfillment_orders fo
                  join fulfillments f on f.id = fo.fulfillment_id
                  where fo.order_id = t.order_id and f.location_id = any(?)))",
            )
            .ids(locations);
    }
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        condition = condition
            .add(
                " and (t.customer_id is null or t.order_id is not null or exists (
                  select 1 from customers m join customers c on c.id = coalesce(m.merged_into, m.id)
                  where m.id = t.customer_id",
            )
            .join(actor.reach.customers_sql("c.id"))
            .add("))");
    }
    condition
}

fn filtered(db: &Db, actor: &Actor, filter: &TaskFilter) -> Sql {
    let mut condition = in_reach(actor);
    if let Some(states) = &filter.states {
        condition = condition.join(among("t.state", Some(states)));
    }
    if let Some(roles) = &filter.owner_role_ids {
        condition = condition.add(" and t.owner_role_id = any(?)").ids(roles);
    }
    for (column, id) in [
        ("t.assignee_id", filter.assignee_id),
        ("t.subject_id", filter.subject_id),
        ("t.procedure_id", filter.procedure_id),
    ] {
        if let Some(id) = id {
            condition = condition.add(&format!(" and {column} = ?")).bind(id);
        }
    }
    match filter.overdue {
        Some(true) => condition = condition.add(" and t.queue_at <= ?").bind(db.now()),
        Some(false) => condition = condition.add(" and t.queue_at > ?").bind(db.now()),
        None => {}
    }
    if let Some(before) = filter.due_before {
        condition = condition.add(" and t.queue_at < ?").bind(before);
    }
    condition
}

/// A page of tasks.
pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &TaskFilter,
    page: Sql,
) -> Result<Vec<task::Model>> {
    let query = sql("select t.* from tasks t where true").join(filtered(db, actor, filter));
    db.all(query.join(page)).await
}

/// How many tasks there are.
pub(super) async fn list_count(db: &Db, actor: &Actor, filter: &TaskFilter) -> Result<i64> {
    let query = sql("select count(*) from tasks t where true").join(filtered(db, actor, filter));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Tasks by id.
pub(super) async fn tasks(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<task::Model>> {
    let query = sql("select t.* from tasks t where t.id = any(?)").ids(ids);
    db.all(query.join(in_reach(actor))).await
}

/// The tasks of orders, as they began.
pub(super) async fn of_orders(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<task::Model>> {
    let query = sql("select t.* from tasks t where t.order_id = any(?)").ids(ids);
    db.all(query.join(in_reach(actor)).add(" order by t.id")).await
}

/// The tasks about some things, as they began.
pub(super) async fn of_subjects(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<task::Model>> {
    let query = sql("select t.* from tasks t where t.subject_id = any(?)").ids(ids);
    db.all(query.join(in_reach(actor)).add(" order by t.id")).await
}

/// Stops the timers of tasks.
pub(super) async fn forget_timers(tx: &WriteTx, tasks: &[Uuid]) -> Result<()> {
    let query = sql("delete from timers where kind = 'task.strike' and subject_id = any(?)");
    tx.run(query.ids(tasks)).await.map(|_| ())
}

/// Tasks whose clocks run without a timer, or with two of them; and those with one whose clocks do not.
pub(super) async fn untimed(db: &Db) -> Result<Vec<(Uuid, i64, String)>> {
    let query = sql("select t.id, count(m.id), t.state from tasks t
         left join timers m on m.kind = 'task.strike' and m.subject_id = t.id
         group by t.id, t.state, t.escalated_at
         having count(m.id) <> (case when t.state = 'OPEN' and t.escalated_at is null then 1 else 0 end)
         order by t.id");
    db.values(query).await
}

/// How many tasks there ever were.
pub(super) async fn total(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select count(*) from tasks")).await?.unwrap_or(0))
}

/// Stops the timer of the end of a legal entity's quarter.
pub(super) async fn forget_quarters(tx: &WriteTx, entity: Uuid) -> Result<()> {
    let query = sql("delete from timers where kind = 'quarter.end' and subject_id = ?");
    tx.run(query.bind(entity)).await.map(|_| ())
}

/// Other statements of the accounts of some: the newer one, and one that was there before.
pub(super) async fn statements_before(db: &Db, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select s.id, p.id from bank_statements s
         join bank_statements p on p.account = s.account and p.legal_entity_id = s.legal_entity_id and p.id < s.id
         where s.id = any(?) and exists (
             select 1 from tasks t where t.subject_id = p.id and t.state in ('OPEN', 'PAUSED'))");
    db.values(query.ids(ids)).await
}

/// Which of the procedures that come with the system are there.
pub(super) async fn built_in(db: &Db) -> Result<Vec<(String, Uuid)>> {
    db.values(sql("select built_in, id from procedures where built_in is not null")).await
}

/// Something that happened: its type, to what, of which order, where, and when.
pub(super) type Happening = (String, Uuid, Option<Uuid>, Option<Uuid>, OffsetDateTime);

/// What of some types happened to some things and orders since a moment, and what ended them, in order.
pub(super) async fn history(
    db: &Db,
    (subjects, orders): (&[Uuid], &[Uuid]),
    (kinds, since): (&[&str], OffsetDateTime),
) -> Result<Vec<Happening>> {
    let ends: Vec<&str> =
        EVENT_KINDS.iter().map(|kind| kind.name).filter(|name| is_end(name)).collect();
    let kinds: Vec<&str> = kinds.iter().copied().chain(ends).collect();
    let columns = "e.id, e.kind, e.subject_id, e.order_id, e.location_id, e.at";
    // A count ends that of its location, whichever count it is.
    let query = sql(format!(
        "select kind, subject_id, order_id, location_id, at from (
             select {columns} from events e where e.subject_id = any(?) and e.at >= ?
             union select {columns} from events e where e.order_id = any(?) and e.at >= ?
             union select {columns} from events e
                 where e.location_id = any(?) and e.kind like 'stock_count.%' and e.at >= ?) h
         where kind = any(?) order by at, id"
    ));
    db.values(
        query
            .ids(subjects)
            .bind(since)
            .ids(orders)
            .bind(since)
            .ids(subjects)
            .bind(since)
            .texts(&kinds),
    )
    .await
}

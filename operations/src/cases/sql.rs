//! Every query of cases.

use super::read::CaseFilter;
use crate::actor::Actor;
use crate::checks;
use crate::customers::WHOM;
use crate::error::Result;
use crate::ids::Subject;
use crate::privacy::seal;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{case_message, case_row, credit_entry};
use sea_orm::ActiveEnum;
use serde_json::Value as Json;
use uuid::Uuid;

/// Words of a search at most; more are left out.
const WORDS: usize = 6;

/// ` and …` for cases `c` within reach: about an order in reach, or of a customer in reach where there is no order.
pub(crate) fn in_reach(actor: &Actor) -> Sql {
    if actor.reach.channels.is_none() && actor.reach.locations.is_none() {
        return sql("");
    }
    sql(" and (exists (select 1 from orders o where o.id = c.order_id")
        .join(actor.reach.orders_sql("o"))
        .add(") or (c.order_id is null and exists (select 1 from customers cu where cu.id = c.customer_id")
        .join(actor.reach.customers_sql("cu.id"))
        .add(")))")
}

/// The calendar and the time zone of the first location.
pub(super) async fn hours(db: &Db) -> Result<Option<(Json, String)>> {
    let query = sql("select calendar, time_zone from locations where active order by id limit 1");
    db.value(query).await
}

/// A case within reach, locked.
pub(super) async fn lock(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<Option<case_row::Model>> {
    let query = sql("select * from cases c where c.id = ?").bind(id).join(in_reach(actor));
    tx.first(query.add(tx.for_update())).await
}

/// Takes away by what a case is found.
pub(super) async fn forget_words(tx: &WriteTx, case: Uuid) -> Result<()> {
    tx.run(sql("delete from case_words where case_id = ?").bind(case)).await.map(|_| ())
}

pub(super) async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<case_row::Model>> {
    db.all(sql("select * from cases c where c.id = any(?)").ids(ids).join(in_reach(actor))).await
}

pub(super) async fn of_orders(
    db: &Db,
    actor: &Actor,
    orders: &[Uuid],
) -> Result<Vec<case_row::Model>> {
    let query = sql("select * from cases c where c.order_id = any(?)").ids(orders);
    db.all(query.join(in_reach(actor)).add(" order by c.id")).await
}

/// Cases where each word begins one of their words, or one of their customer's.
fn found_by(search: &str) -> Sql {
    let folded = checks::fold(search);
    let mut condition = sql("");
    for word in folded.split_whitespace().take(WORDS) {
        // Behind every word that begins so, in the order of the code points.
        let end = format!("{word}\u{10FFFF}");
        let begins = |table: &str, key: &str, of: &str| {
            format!(
                "exists (select 1 from {table} w where w.{key} = {of} and w.word >= ? and w.word < ?)"
            )
        };
        let own = begins("case_words", "case_id", "c.id");
        let theirs = begins("customer_words", "customer_id", "c.customer_id");
        condition = condition
            .add(&format!(" and ({own} or {theirs})"))
            .bind(word)
            .bind(end.as_str())
            .bind(word)
            .bind(end.as_str());
    }
    condition
}

fn filtered(db: &Db, actor: &Actor, (filter, search): (&CaseFilter, Option<&str>)) -> Sql {
    let mut condition = in_reach(actor);
    if let Some(states) = &filter.states {
        let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and c.state = any(?)").texts(&names);
    }
    if let Some(kinds) = &filter.kinds {
        let names: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and c.kind = any(?)").texts(&names);
    }
    if let Some(priorities) = &filter.priorities {
        let names: Vec<String> = priorities.iter().map(ActiveEnum::to_value).collect();
        condition = condition.add(" and c.priority = any(?)").texts(&names);
    }
    for (column, is, id) in [
        ("assignee_id", "?", filter.assignee_id),
        ("customer_id", WHOM, filter.customer_id),
        ("order_id", "?", filter.order_id),
    ] {
        if let Some(id) = id {
            condition = condition.add(&format!(" and c.{column} = {is}")).bind(id);
        }
    }
    match filter.unassigned {
        Some(true) => condition = condition.add(" and c.assignee_id is null"),
        Some(false) => condition = condition.add(" and c.assignee_id is not null"),
        None => {}
    }
    match filter.overdue {
        Some(true) => condition = condition.add(" and c.queue_at <= ?").bind(db.now()),
        Some(false) => condition = condition.add(" and c.queue_at > ?").bind(db.now()),
        None => {}
    }
    match search {
        Some(search) => condition.join(found_by(search)),
        None => condition,
    }
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    which: (&CaseFilter, Option<&str>),
    page: Sql,
) -> Result<Vec<case_row::Model>> {
    let query = sql("select c.* from cases c where true").join(filtered(db, actor, which));
    db.all(query.join(page)).await
}

pub(super) async fn count(
    db: &Db,
    actor: &Actor,
    which: (&CaseFilter, Option<&str>),
) -> Result<i64> {
    let query = sql("select count(*) from cases c where true").join(filtered(db, actor, which));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn messages(db: &Db, case: Uuid, page: Sql) -> Result<Vec<case_message::Model>> {
    let query = sql("select m.* from case_messages m where m.case_id = ?").bind(case);
    db.all(query.join(page)).await
}

pub(super) async fn messages_count(db: &Db, case: Uuid) -> Result<i64> {
    let query = sql("select count(*) from case_messages m where m.case_id = ?").bind(case);
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn messages_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<case_message::Model>> {
    let query = sql("select m.* from case_messages m join cases c on c.id = m.case_id
         where m.id = any(?)");
    db.all(query.ids(ids).join(in_reach(actor))).await
}

/// Credit that was given in cases, oldest first.
pub(super) async fn given_in(db: &Db, cases: &[Uuid]) -> Result<Vec<credit_entry::Model>> {
    let query = sql("select * from credit_entries where case_id = any(?) order by id");
    let mut rows: Vec<credit_entry::Model> = db.all(query.ids(cases)).await?;
    seal::open_all(db, rows.iter_mut().map(|row| (row.id, &mut row.reason)).collect()).await?;
    Ok(rows)
}

/// The currencies of credits.
pub(super) async fn currencies(db: &Db, credits: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    db.values(sql("select id, currency from credits where id = any(?)").ids(credits)).await
}

/// The order that a case is about.
pub(super) async fn order_of(db: &Db, case: Uuid) -> Result<Option<Uuid>> {
    let query = sql("select order_id from cases where id = ? and order_id is not null");
    db.value(query.bind(case)).await
}

/// The company that sold an order.
pub(super) async fn company_of_order(db: &Db, order: Uuid) -> Result<Option<Uuid>> {
    let query = sql("select h.legal_entity_id from orders o join channels h on h.id = o.channel_id
         where o.id = ?");
    db.value(query.bind(order)).await
}

/// Whether what a case is about is within reach: a fulfillment, a payment or an invoice of an order in reach.
pub(super) async fn is_there(db: &Db, actor: &Actor, (kind, id): Subject) -> Result<bool> {
    let of = match kind {
        "ful" => "select fo.order_id from fulfillment_orders fo where fo.fulfillment_id = ?",
        "pay" => "select p.order_id from payments p where p.id = ?",
        "inv" => "select i.order_id from invoices i where i.id = ?",
        "pcl" => {
            "select fo.order_id from parcels p join fulfillment_orders fo on fo.fulfillment_id = p.fulfillment_id
             where p.id = ?"
        }
        "lin" => "select l.order_id from order_lines l where l.id = ?",
        _ => return Ok(false),
    };
    let query = sql(format!("select o.id from orders o where o.id in ({of})"))
        .bind(id)
        .join(actor.reach.orders_sql("o"))
        .add(" limit 1");
    let found: Option<Uuid> = db.value(query).await?;
    Ok(found.is_some())
}

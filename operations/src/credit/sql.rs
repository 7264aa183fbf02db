//! Every query of gift cards and store credit.

use crate::actor::Actor;
use crate::error::Result;
use crate::privacy::seal;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{credit, credit_entry, legal_entity};
use uuid::Uuid;

/// ` and …` for what a company owes: companies that sell in a channel within reach. Nobody sells by location.
fn within(actor: &Actor, entity: &str) -> Sql {
    if actor.reach.locations.is_some() {
        return sql(" and false");
    }
    let Some(channels) = &actor.reach.channels else { return sql("") };
    sql(format!(
        " and exists (select 1 from channels h where h.legal_entity_id = {entity} and h.id = any(?))"
    ))
    .ids(channels)
}

/// Cards and credit by id, within reach.
pub(super) async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<credit::Model>> {
    let query = sql("select c.* from credits c where c.id = any(?)").ids(ids);
    db.all(query.join(within(actor, "c.legal_entity_id"))).await
}

/// Cards by what their codes hash to.
pub(super) async fn by_codes(db: &Db, hashes: &[String]) -> Result<Vec<credit::Model>> {
    db.all(sql("select * from credits where code_hash = any(?)").texts(hashes)).await
}

/// A card by what its code hashes to, within reach.
pub(super) async fn by_code(db: &Db, actor: &Actor, hash: &str) -> Result<Option<credit::Model>> {
    let query = sql("select c.* from credits c where c.code_hash = ?").bind(hash);
    db.first(query.join(within(actor, "c.legal_entity_id"))).await
}

/// The credit of customers within reach, what ends first before what ends later.
pub(super) async fn of_customers(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<credit::Model>> {
    let query = sql("select c.* from credits c where c.kind = 'STORE_CREDIT' and c.customer_id = any(?)")
        .ids(customers)
        .join(within(actor, "c.legal_entity_id"))
        .add(" order by c.customer_id, case when c.expires_at is null then 1 else 0 end, c.expires_at, c.id");
    db.all(query).await
}

/// What a customer can pay with at a company in a currency, what ends first before what ends later.
pub(super) async fn usable(
    db: &Db,
    customer: Uuid,
    (entity, currency): (Uuid, &str),
) -> Result<Vec<credit::Model>> {
    let query = sql("select * from credits where customer_id = ? and kind = 'STORE_CREDIT'
             and legal_entity_id = ? and currency = ? and balance_minor > reserved_minor
             and (expires_at is null or expires_at > ?)
         order by case when expires_at is null then 1 else 0 end, expires_at, id")
    .bind(customer)
    .bind(entity)
    .bind(currency)
    .bind(db.now());
    db.all(query).await
}

/// The credit of a customer that ends at the same moment, locked.
pub(super) async fn alike(tx: &WriteTx, like: &credit::Model) -> Result<Option<credit::Model>> {
    let query = sql("select * from credits where customer_id = ? and kind = 'STORE_CREDIT'
             and legal_entity_id = ? and currency = ?")
    .bind(like.customer_id.unwrap_or(Uuid::max()))
    .bind(like.legal_entity_id)
    .bind(like.currency.clone());
    let query = match like.expires_at {
        Some(at) => query.add(" and expires_at = ?").bind(at),
        None => query.add(" and expires_at is null"),
    };
    tx.first(query.add(" order by id limit 1").add(tx.for_update())).await
}

/// Cards and credit by id, locked, in the order of their ids.
pub(super) async fn lock(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<credit::Model>> {
    let query = sql("select * from credits where id = any(?) order by id").ids(ids);
    tx.all(query.add(tx.for_update())).await
}

/// Companies within reach that a customer ordered from, and all that are within reach.
pub(super) async fn companies(
    db: &Db,
    actor: &Actor,
    customer: Uuid,
) -> Result<(Vec<Uuid>, Vec<Uuid>)> {
    let known = sql(
        "select distinct h.legal_entity_id from orders o join channels h on h.id = o.channel_id
         where o.customer_id = ?",
    )
    .bind(customer)
    .join(actor.reach.orders_sql("o"));
    let all = sql("select e.id from legal_entities e where true").join(within(actor, "e.id"));
    Ok((db.values(known).await?, db.values(all).await?))
}

/// A company within reach.
pub(super) async fn company(
    db: &Db,
    actor: &Actor,
    id: Uuid,
) -> Result<Option<legal_entity::Model>> {
    let query = sql("select e.* from legal_entities e where e.id = ?").bind(id);
    db.first(query.join(within(actor, "e.id"))).await
}

/// A page of what came onto a card or credit, and went off it.
pub(super) async fn entries(db: &Db, credit: Uuid, page: Sql) -> Result<Vec<credit_entry::Model>> {
    let query = sql("select e.* from credit_entries e where e.credit_id = ?").bind(credit);
    let mut rows: Vec<credit_entry::Model> = db.all(query.join(page)).await?;
    seal::open_all(db, rows.iter_mut().map(|row| (row.id, &mut row.reason)).collect()).await?;
    Ok(rows)
}

/// How many entries there are.
pub(super) async fn entries_count(db: &Db, credit: Uuid) -> Result<i64> {
    let query = sql("select count(*) from credit_entries where credit_id = ?").bind(credit);
    Ok(db.value(query).await?.unwrap_or(0))
}

/// What breaks this: what is on a card or credit is what came and went, and what is promised is what payments hold.
pub(super) fn sums_off() -> Sql {
    sql("select c.kind, coalesce(c.hint, c.currency), c.balance_minor, cast(coalesce(e.sum, 0) as bigint)
         from credits c
         left join (select credit_id, sum(amount_minor) as sum from credit_entries group by credit_id) e
             on e.credit_id = c.id
         left join (
             select credit_id, sum(authorized_minor - voided_minor - captured_minor) as held
             from payments where credit_id is not null group by credit_id) p on p.credit_id = c.id
         where c.balance_minor <> coalesce(e.sum, 0) or c.reserved_minor <> coalesce(p.held, 0)
         order by c.id")
}

/// What breaks this: what a company owes on cards and credit is what was booked.
pub(super) fn owed_off() -> Sql {
    sql("with owed as (
             select legal_entity_id, currency, kind, cast(sum(balance_minor) as bigint) as minor
             from credits group by legal_entity_id, currency, kind),
         booked as (
             select p.legal_entity_id, p.currency,
                 case p.account when 2150 then 'GIFT_CARD' else 'STORE_CREDIT' end as kind,
                 cast(-sum(p.amount_minor) as bigint) as minor
             from postings p join journal_entries j on j.id = p.entry_id and j.reverses_id is null
             where p.account in (2150, 2160) group by p.legal_entity_id, p.currency, p.account)
         select coalesce(o.kind, b.kind), coalesce(o.currency, b.currency),
             coalesce(o.minor, 0), coalesce(b.minor, 0)
         from owed o full outer join booked b
             on b.legal_entity_id = o.legal_entity_id and b.currency = o.currency and b.kind = o.kind
         where coalesce(o.minor, 0) <> coalesce(b.minor, 0)")
}

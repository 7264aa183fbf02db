//! Every query of privacy.

use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx, row_json};
use entities::enums::PrivacyRequestState;
use entities::{Row, customer, invoice_party, privacy_request, suppression};
use sea_orm::{ActiveEnum, ModelTrait};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// The keys of rows.
pub(super) async fn keys(db: &Db, rows: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    db.values(sql("select row_id, key from sealed_keys where row_id = any(?)").ids(rows)).await
}

/// The records of a person, locked in the order of their ids.
pub(super) async fn lock_people(tx: &WriteTx, records: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers where id = any(?) order by id").ids(records);
    tx.all(query.add(tx.for_update())).await
}

/// Those of these records that were erased.
pub(super) async fn erased_of(db: &Db, records: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select id from customers where id = any(?) and erased_at is not null");
    db.values(query.ids(records)).await
}

/// A request, locked.
pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<privacy_request::Model>> {
    let query = sql("select * from privacy_requests where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// Requests by id.
pub(super) async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<privacy_request::Model>> {
    db.all(sql("select * from privacy_requests where id = any(?)").ids(ids)).await
}

fn listed(what: &str, states: Option<&[PrivacyRequestState]>) -> Sql {
    let query = sql(format!("select {what} from privacy_requests p where true"));
    match states {
        Some(states) => {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            query.add(" and p.state = any(?)").texts(&names)
        }
        None => query,
    }
}

/// A page of requests.
pub(super) async fn list(
    db: &Db,
    states: Option<&[PrivacyRequestState]>,
    page: Sql,
) -> Result<Vec<privacy_request::Model>> {
    db.all(listed("p.*", states).join(page)).await
}

/// How many there are.
pub(super) async fn count(db: &Db, states: Option<&[PrivacyRequestState]>) -> Result<i64> {
    Ok(db.value(listed("count(*)", states)).await?.unwrap_or(0))
}

/// Erasures of customers that wait for something.
pub(super) async fn blocked(db: &Db, customers: &[Uuid]) -> Result<Vec<privacy_request::Model>> {
    let query =
        sql("select * from privacy_requests where state = 'BLOCKED' and customer_id = any(?)
         order by id");
    db.all(query.ids(customers)).await
}

/// A request of a customer that is not answered yet.
pub(super) async fn standing(db: &Db, records: &[Uuid], kind: &str) -> Result<Option<Uuid>> {
    let query = sql("select id from privacy_requests
         where customer_id = any(?) and kind = ? and state in ('OPEN', 'BLOCKED') limit 1");
    db.value(query.ids(records).bind(kind)).await
}

/// What is open with records: a word for it, and its number.
pub(super) async fn open_with(db: &Db, records: &[Uuid]) -> Result<Vec<(String, String)>> {
    let query = sql("select 'order' as what, o.number as number from orders o
             where o.customer_id = any(?) and (o.state = 'OPEN' or (o.draft and o.cancelled_at is null))
         union all select 'return', r.number from returns r
             where r.customer_id = any(?) and r.state in ('REQUESTED', 'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED')
         union all select 'refund of order', o.number from orders o join payments p on p.order_id = o.id
             where o.customer_id = any(?) and p.refunding_minor > 0
         union all select 'refund that waits for somebody, of order', coalesce(o.number, '-') from refund_requests q
             left join orders o on o.id = q.order_id
             where q.state = 'PENDING' and (q.customer_id = any(?) or o.customer_id = any(?))
         union all select 'dispute about order', o.number from orders o join disputes d on d.order_id = o.id
             where o.customer_id = any(?) and d.state in ('OPEN', 'EVIDENCE_SENT')
         order by what, number limit 50")
    .ids(records)
    .ids(records)
    .ids(records)
    .ids(records)
    .ids(records)
    .ids(records);
    db.values(query).await
}

/// The orders of records.
pub(super) async fn orders_of(db: &Db, records: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select id from orders where customer_id = any(?) order by id");
    db.values(query.ids(records)).await
}

/// The words by which records are found.
pub(super) async fn words_of(db: &Db, records: &[Uuid]) -> Result<Vec<String>> {
    let query = sql("select distinct word from customer_words where customer_id = any(?)");
    db.values(query.ids(records)).await
}

/// Forgets spellings of words by which nobody is found any longer.
pub(super) async fn forget_spellings(tx: &WriteTx, words: &[String]) -> Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    let query = sql("delete from name_forms where word = any(?)
           and not exists (select 1 from customer_words w where w.word = name_forms.word)");
    tx.run(query.texts(words)).await.map(|_| ())
}

/// Leaves of records that there was somebody.
pub(super) async fn forget_people(tx: &WriteTx, records: &[Uuid]) -> Result<()> {
    let query = sql("update customers set name = null, email = null, phone = null, company = null, locale = null,
             tags = '[]', version = version + 1, updated_at = ?, erased_at = ?
         where id = any(?)");
    tx.run(query.bind(tx.now()).bind(tx.now()).ids(records)).await.map(|_| ())
}

/// Runs a change of what belongs to records, or to their orders.
pub(super) async fn change(tx: &WriteTx, text: &str, ids: &[Uuid]) -> Result<()> {
    let lists = text.matches("any(?)").count();
    let query = (0..lists).fold(sql(text), |query, _| query.ids(ids));
    tx.run(query).await.map(|_| ())
}

/// To whom the invoices of orders were made out, with when they were issued and the country of the company.
pub(super) async fn parties(
    db: &Db,
    orders: &[Uuid],
) -> Result<Vec<(invoice_party::Model, String, String)>> {
    let columns = crate::sql::listed(<invoice_party::Model as entities::Row>::COLUMNS, "p.");
    let query = sql(format!(
        "select {columns}, i.issued_on, e.country_code from invoices i
         join invoice_parties p on p.invoice_id = i.id
         join legal_entities e on e.id = i.legal_entity_id where i.order_id = any(?) order by i.id"
    ));
    db.all_as(query.ids(orders), |row| {
        let party = <invoice_party::Model as entities::Row>::read(row, 0)?;
        let next = <invoice_party::Model as entities::Row>::COLUMNS.len();
        Ok((party, row.try_get_by_index(next)?, row.try_get_by_index(next + 1)?))
    })
    .await
}

/// Whether something stands in a column of an invoice of any of these orders.
pub(super) async fn written(db: &Db, column: &str, orders: &[Uuid]) -> Result<bool> {
    let query = sql(format!(
        "select cast(1 as bigint) from invoices where order_id = any(?) and {column} is not null limit 1"
    ));
    let found: Option<i64> = db.value(query.ids(orders)).await?;
    Ok(found.is_some())
}

/// Whether any of these orders was paid through a provider or a bank.
pub(super) async fn paid(db: &Db, orders: &[Uuid]) -> Result<bool> {
    let query = sql(
        "select cast(1 as bigint) from payments where order_id = any(?) and captured_minor > 0 limit 1",
    );
    let found: Option<i64> = db.value(query.ids(orders)).await?;
    Ok(found.is_some())
}

/// What stands in the lists of risk under some keys.
pub(super) async fn listed_keys(db: &Db, keys: &[String]) -> Result<Vec<(Uuid, String, String)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("select id, list, value_key from risk_entries where value_key = any(?)");
    db.values(query.texts(keys)).await
}

/// Leaves of an entry of the lists of risk what tells whether somebody is meant, and not who.
pub(super) async fn hash_entry(tx: &WriteTx, id: Uuid, key: &str) -> Result<()> {
    let query = sql(
        "update risk_entries set value = '(erased)', value_key = ?, reason = '(erased)' where id = ?",
    );
    tx.run(query.bind(key).bind(id)).await.map(|_| ())
}

/// Emails, telephone numbers and addresses, as compared, that stand in orders.
pub(super) async fn keys_of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<String>> {
    let query = sql("select email_key from orders where id = any(?) and email_key is not null
         union select phone_key from orders where id = any(?) and phone_key is not null
         union select address_key from orders where id = any(?) and address_key is not null
         union select client_ip from orders where id = any(?) and client_ip is not null");
    db.values(query.ids(orders).ids(orders).ids(orders).ids(orders)).await
}

/// Who is not to come back, of these.
pub(super) async fn suppressed(db: &Db, hashes: &[String]) -> Result<Vec<suppression::Model>> {
    db.all(sql("select * from suppressions where hash = any(?)").texts(hashes)).await
}

/// Destroys keys whose time is over, and says how many.
pub(super) async fn shred(tx: &WriteTx, limit: usize) -> Result<u64> {
    let query = sql(format!(
        "delete from sealed_keys where row_id in (
             select row_id from sealed_keys where shred_at <= ? order by shred_at limit {limit})"
    ));
    tx.run(query.bind(tx.now())).await
}

/// Forgets exports that were kept long enough, and says how many.
pub(super) async fn forget_exports(tx: &WriteTx) -> Result<u64> {
    let query = sql(
        "update privacy_requests set export = null, export_until = null where export_until <= ?",
    );
    tx.run(query.bind(tx.now())).await
}

/// When an invoice's key is destroyed.
pub(super) async fn keep_key(tx: &WriteTx, row: Uuid, until: OffsetDateTime) -> Result<()> {
    let query = sql("update sealed_keys set shred_at = ?, customer_id = null where row_id = ?");
    tx.run(query.bind(until).bind(row)).await.map(|_| ())
}

/// Rows of a table that belong to some ids, as JSON.
pub(super) async fn rows<M: Row + ModelTrait>(db: &Db, text: &str, ids: &[Uuid]) -> Result<Json> {
    let rows: Vec<M> = db.all(sql(text).ids(ids)).await?;
    Ok(rows.iter().map(row_json).collect())
}

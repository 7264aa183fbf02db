//! Every query of records that look alike.

use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::customer_match;
use uuid::Uuid;

/// Pairs of customers who share a telephone number, a mailbox or an address, with the customer who was looked at first.
pub(super) async fn sharing(tx: &WriteTx, customers: &[Uuid]) -> Result<Vec<(Uuid, Uuid, String)>> {
    let query = sql("select w.customer_id, o.customer_id, w.word from customer_words w
             join customer_words o on o.word = w.word and o.customer_id <> w.customer_id
             where w.customer_id = any(?) and ((w.word >= '^' and w.word < '_') or (w.word >= '~' and w.word < '\u{7f}'))
         union all
         select a.customer_id, o.customer_id, '@' from customer_addresses a
             join customer_addresses o on o.fingerprint = a.fingerprint and o.customer_id <> a.customer_id
             join customers c on c.id = o.customer_id and c.merged_into is null
             where a.customer_id = any(?)
         limit 20000");
    tx.values(query.ids(customers).ids(customers)).await
}

/// What was found of some customers.
pub(super) async fn known(tx: &WriteTx, customers: &[Uuid]) -> Result<Vec<customer_match::Model>> {
    let query = sql("select m.* from customer_matches m where m.id in (
             select id from customer_matches where one_id = any(?)
             union select id from customer_matches where two_id = any(?))");
    tx.all(query.ids(customers).ids(customers)).await
}

/// Forgets what is no longer so.
pub(super) async fn remove(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    tx.run(sql("delete from customer_matches where id = any(?)").ids(ids)).await.map(|_| ())
}

/// Forgets what was found of some customers; they are looked at anew.
pub(in crate::customers) async fn forget(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let query = sql("delete from customer_matches where one_id = any(?) or two_id = any(?)");
    tx.run(query.ids(customers).ids(customers)).await.map(|_| ())
}

fn listed(text: &str) -> Sql {
    sql(format!("select {text} from customer_matches m where true"))
}

/// A page of all.
pub(super) async fn list(db: &Db, page: Sql) -> Result<Vec<customer_match::Model>> {
    db.all(listed("m.*").join(page)).await
}

/// How many there are.
pub(super) async fn count(db: &Db) -> Result<i64> {
    Ok(db.value(listed("count(*)")).await?.unwrap_or(0))
}

/// Some by id.
pub(super) async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<customer_match::Model>> {
    db.all(listed("m.*").add(" and m.id = any(?)").ids(ids)).await
}

//! Every query of making records one, and of taking them apart again.

use crate::error::Result;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::{customer, customer_merge};
use time::OffsetDateTime;
use uuid::Uuid;

/// What belongs to a customer: a word for it, its table, and the column that says whose it is. Invoices and grants of money are never changed: they are
/// asked for by all records of a person.
const BELONGINGS: [(&str, &str, &str); 11] = [
    ("identity", "customer_identities", "customer_id"),
    ("address", "customer_addresses", "customer_id"),
    ("order", "orders", "customer_id"),
    ("refund", "refund_requests", "customer_id"),
    ("credit", "credits", "customer_id"),
    ("return", "returns", "customer_id"),
    ("imported", "imported_credits", "customer_id"),
    ("consent", "consents", "customer_id"),
    ("case", "cases", "customer_id"),
    ("note", "notes", "subject_id"),
    ("task", "tasks", "customer_id"),
];

/// Customers, locked in the order of their ids.
pub(super) async fn lock(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers where id = any(?) order by id").ids(ids);
    tx.all(query.add(tx.for_update())).await
}

/// Whom ids stand for now: what was asked for, and who it is.
pub(super) async fn meant(db: &Db, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select id, coalesce(merged_into, id) from customers where id = any(?)");
    db.values(query.ids(ids)).await
}

/// Moves all that belongs to one customer to another, and notes each row. An address that the other has too stays where it is.
pub(super) async fn move_all(tx: &WriteTx, merge: Uuid, (from, into): (Uuid, Uuid)) -> Result<()> {
    for (kind, table, column) in BELONGINGS {
        let both = if kind == "address" {
            " and not exists (select 1 from customer_addresses b where b.customer_id = ? and b.fingerprint = t.fingerprint)"
        } else {
            ""
        };
        let mut note = sql(format!(
            "insert into customer_moves (merge_id, kind, row_id)
             select ?, ?, t.id from {table} t where t.{column} = ?{both}"
        ))
        .bind(merge)
        .bind(kind)
        .bind(from);
        if !both.is_empty() {
            note = note.bind(into);
        }
        if tx.run(note).await? == 0 {
            continue;
        }
        let query = format!(
            "update {table} set {column} = ? where {column} = ?
               and id in (select m.row_id from customer_moves m where m.merge_id = ? and m.kind = ?)"
        );
        tx.run(sql(query).bind(into).bind(from).bind(merge).bind(kind)).await?;
    }
    Ok(())
}

/// Moves back what belonged to a customer before, from whichever record of the person has it now.
pub(super) async fn move_back(
    tx: &WriteTx,
    merge: Uuid,
    (from, records): (Uuid, &[Uuid]),
) -> Result<()> {
    for (kind, table, column) in BELONGINGS {
        let query = format!(
            "update {table} set {column} = ? where {column} = any(?)
               and id in (select m.row_id from customer_moves m where m.merge_id = ? and m.kind = ?)"
        );
        tx.run(sql(query).bind(from).ids(records).bind(merge).bind(kind)).await?;
    }
    Ok(())
}

/// Moves what came in since under an address of theirs: orders, and what is about them.
pub(super) async fn move_new(
    tx: &WriteTx,
    merge: Uuid,
    (from, now): (Uuid, Uuid),
    since: OffsetDateTime,
) -> Result<()> {
    let orders = "select o.id from orders o where o.customer_id = ? and o.created_at >= ? and o.email_key in (
             select i.value_key from customer_identities i
             where i.customer_id = ? and i.kind = 'EMAIL' and i.id in (
                 select m.row_id from customer_moves m where m.merge_id = ? and m.kind = 'identity'))";
    let ids: Vec<Uuid> =
        tx.values(sql(orders).bind(now).bind(since).bind(from).bind(merge)).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let query = sql("update orders set customer_id = ? where id = any(?)");
    tx.run(query.bind(from).ids(&ids)).await.map(|_| ())
}

/// What is about the orders of a record goes with them, whichever record of the person has it: what came since, and the keys of what was said.
pub(super) async fn follow_orders(tx: &WriteTx, own: Uuid, records: &[Uuid]) -> Result<()> {
    for table in ["returns", "cases", "refund_requests", "tasks"] {
        let query = format!(
            "update {table} set customer_id = ? where customer_id = any(?)
               and order_id in (select o.id from orders o where o.customer_id = ?)"
        );
        tx.run(sql(query).bind(own).ids(records).bind(own)).await?;
    }
    let keys = sql(
        "update sealed_keys set customer_id = ? where customer_id = any(?) and row_id in (
             select e.id from orders o join events e on e.order_id = o.id where o.customer_id = ?)",
    );
    tx.run(keys.bind(own).ids(records).bind(own)).await.map(|_| ())
}

/// The merge of a record that was made one with another.
pub(super) async fn merge_of(tx: &WriteTx, from: Uuid) -> Result<Option<customer_merge::Model>> {
    tx.first(sql("select * from customer_merges where from_id = ?").bind(from)).await
}

/// Forgets a merge and what it moved, in the merges by which that was moved on too.
pub(super) async fn forget(tx: &WriteTx, merge: Uuid, into: Uuid) -> Result<()> {
    let over = sql("with recursive later(id, into_id) as (
             select m.id, m.into_id from customer_merges m where m.from_id = ?
             union select m.id, m.into_id from customer_merges m join later o on m.from_id = o.into_id)
         select id from later");
    let over: Vec<Uuid> = tx.values(over.bind(into)).await?;
    if !over.is_empty() {
        let query = sql("delete from customer_moves where merge_id = any(?) and row_id in (
                 select m.row_id from customer_moves m where m.merge_id = ?)");
        tx.run(query.ids(&over).bind(merge)).await?;
    }
    tx.run(sql("delete from customer_moves where merge_id = ?").bind(merge)).await?;
    tx.run(sql("delete from customer_merges where id = ?").bind(merge)).await.map(|_| ())
}

/// Records that stand for this one, since theirs were made one with it or with one that was.
pub(super) async fn below(db: &Db, customer: Uuid) -> Result<Vec<Uuid>> {
    let query = sql("with recursive under(id) as (
             select m.from_id from customer_merges m where m.into_id = ?
             union select m.from_id from customer_merges m join under u on m.into_id = u.id)
         select id from under");
    db.values(query.bind(customer)).await
}

/// Whom some records stand for from now on.
pub(super) async fn stand_for(tx: &WriteTx, ids: &[Uuid], whom: Option<Uuid>) -> Result<()> {
    let query = sql("update customers set merged_into = ? where id = any(?)");
    tx.run(query.bind(whom).ids(ids)).await.map(|_| ())
}

/// Changes what a merge took over.
pub(super) async fn set_took(tx: &WriteTx, row: &customer_merge::Model) -> Result<()> {
    let query = sql("update customer_merges set took = ? where id = ?");
    tx.run(query.bind(row.took.clone()).bind(row.id)).await.map(|_| ())
}

/// How much belongs to customers: orders, cases and returns.
pub(super) async fn counts(db: &Db, customers: &[Uuid]) -> Result<(i64, i64, i64)> {
    let query =
        sql("select (select count(*) from orders o where o.customer_id = any(?) and not o.draft),
             (select count(*) from cases k where k.customer_id = any(?)),
             (select count(*) from returns r where r.customer_id = any(?))")
        .ids(customers)
        .ids(customers)
        .ids(customers);
    Ok(db.value(query).await?.unwrap_or_default())
}

/// The credit of customers, by currency.
pub(super) async fn credit(db: &Db, customers: &[Uuid]) -> Result<Vec<(String, i64)>> {
    let query = sql("select c.currency, cast(sum(c.balance_minor) as bigint) from credits c
         where c.customer_id = any(?) and c.kind = 'STORE_CREDIT' and c.balance_minor > 0
         group by c.currency order by c.currency");
    db.values(query.ids(customers)).await
}

/// The latest consents of customers: whose, for what, and whether it was given.
pub(super) async fn consents(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, String, bool)>> {
    let query = sql(
        "select k.customer_id, k.purpose, k.granted from consents k where k.customer_id = any(?)
           and not exists (select 1 from consents l
               where l.customer_id = k.customer_id and l.purpose = k.purpose and l.id > k.id)
         order by k.purpose",
    );
    db.values(query.ids(customers)).await
}

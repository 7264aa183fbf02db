//! Every query of customers.

use super::value::sees_all;
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::returns;
use crate::sql::{Sql, listed, sql};
use crate::store::{Db, WriteTx};
use entities::{Row, consent, customer, customer_address, customer_identity, note};
use time::OffsetDateTime;
use uuid::Uuid;

/// Customers by id: references from orders that are in reach already.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    db.all(sql("select * from customers where id = any(?)").ids(ids)).await
}

/// Keeps customers from being erased, or made one with others, until the transaction ends; orders of one customer do not wait for each other.
fn held_by(db: &Db) -> &'static str {
    if db.is_postgres() { " for key share of c" } else { "" }
}

/// Customers by id, kept from being erased.
pub(super) async fn held(db: &Db, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers c where c.id = any(?)").ids(ids);
    db.all(query.add(held_by(db))).await
}

/// Customers by id, within the actor's reach.
pub(super) async fn in_reach(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers c where c.id in (
             select coalesce(m.merged_into, m.id) from customers m where m.id = any(?))")
    .ids(ids)
    .join(actor.reach.customers_sql("c.id"));
    db.all(query).await
}

/// The same, each under the id by which it was asked for.
pub(super) async fn asked_for(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
    hold: bool,
) -> Result<Vec<(Uuid, customer::Model)>> {
    let query = sql("select m.id, ")
        .add(&listed(customer::Model::COLUMNS, "c."))
        .add(" from customers m join customers c on c.id = coalesce(m.merged_into, m.id) where m.id = any(?)")
        .ids(ids)
        .join(actor.reach.customers_sql("c.id"));
    let query = if hold { query.add(held_by(db)) } else { query };
    db.all_as(query, |row| Ok((row.try_get_by_index(0)?, customer::Model::read(row, 1)?))).await
}

/// How customers are known, oldest first.
pub async fn identities_of(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_identity::Model>> {
    let query = sql("select * from customer_identities where customer_id = any(?)
         order by customer_id, id");
    db.all(query.ids(customers)).await
}

/// The addresses of customers, oldest first.
pub async fn addresses_of(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_address::Model>> {
    let query = sql("select * from customer_addresses where customer_id = any(?)
         order by customer_id, id");
    db.all(query.ids(customers)).await
}

/// Identities with one of these values, in any scope.
pub(super) async fn identities(
    db: &Db,
    values: &[String],
) -> Result<Vec<customer_identity::Model>> {
    db.all(sql("select * from customer_identities where value_key = any(?)").texts(values)).await
}

/// The fingerprints of the addresses of customers.
pub(super) async fn fingerprints(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select customer_id, fingerprint from customer_addresses
         where customer_id = any(?)");
    db.values(query.ids(customers)).await
}

/// A customer within the actor's reach, locked.
pub(super) async fn lock(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<Option<customer::Model>> {
    let query =
        sql(format!("select * from customers c where c.id = {WHOM} and c.erased_at is null"))
            .bind(id)
            .join(actor.reach.customers_sql("c.id"));
    tx.first(query.add(tx.for_update())).await
}

/// Takes away by what a customer is searched.
pub(super) async fn forget_words(tx: &WriteTx, customer: Uuid) -> Result<()> {
    let query = sql("delete from customer_words where customer_id = ?").bind(customer);
    tx.run(query).await.map(|_| ())
}

/// What customers agreed to, the latest first.
pub(super) async fn consents_of(db: &Db, customers: &[Uuid]) -> Result<Vec<consent::Model>> {
    let query = sql("select * from consents where customer_id = any(?)
         order by customer_id, id desc");
    db.all(query.ids(customers)).await
}

/// The countries of the companies.
pub(super) async fn countries(db: &Db) -> Result<Vec<String>> {
    db.values(sql("select distinct country_code from legal_entities order by country_code")).await
}

/// The customer of a condition, within reach: of several, whoever ordered last.
pub(super) async fn one(db: &Db, actor: &Actor, condition: Sql) -> Result<Option<customer::Model>> {
    let query = sql("select c.* from customers c where c.merged_into is null and ")
        .join(condition)
        .join(actor.reach.customers_sql("c.id"));
    let last = "(select max(o.placed_at) from orders o where o.customer_id = c.id)";
    // Whoever never ordered comes behind whoever did, on both databases.
    let order =
        format!(" order by case when {last} is null then 1 else 0 end, {last} desc, c.id limit 1");
    db.first(query.add(&order)).await
}

/// The customer whom an id stands for: whoever it was made one with, or the one who has it.
pub(crate) const WHOM: &str =
    "(select coalesce(m.merged_into, m.id) from customers m where m.id = ?)";

/// Every record of the person for whom an id stands.
pub(crate) const ALL_RECORDS: &str = "(select f.id from customers m join customers f
    on f.id = coalesce(m.merged_into, m.id) or f.merged_into = coalesce(m.merged_into, m.id) where m.id = ?)";

/// Who has an id.
pub(super) fn by_id(id: Uuid) -> Sql {
    sql(format!("c.id = {WHOM}")).bind(id)
}

/// Who has a number of ours.
pub(super) fn by_number(number: &str) -> Sql {
    sql("c.id = (select coalesce(m.merged_into, m.id) from customers m where m.number = ?)")
        .bind(number)
}

/// The customer for whom an id stands.
pub(super) async fn whom(db: &Db, id: Uuid) -> Result<Option<Uuid>> {
    db.value(sql("select coalesce(m.merged_into, m.id) from customers m where m.id = ?").bind(id))
        .await
}

/// Every record of the people for whom ids stand.
pub(super) async fn records_of(db: &Db, customers: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select distinct f.id from customers m join customers f
             on f.id = coalesce(m.merged_into, m.id) or f.merged_into = coalesce(m.merged_into, m.id)
         where m.id = any(?)");
    db.values(query.ids(customers)).await
}

/// The records that were made one with others.
pub(super) async fn merged_from(db: &Db, customers: &[Uuid]) -> Result<Vec<customer::Model>> {
    let query = sql("select * from customers where merged_into = any(?) order by merged_into, id");
    db.all(query.ids(customers)).await
}

/// Who has one of these telephone numbers.
pub(super) fn by_phone(numbers: &[String]) -> Sql {
    sql("c.id in (select w.customer_id from customer_words w where w.word = any(?))").texts(numbers)
}

/// Who is known so.
pub(super) fn by_identity(kind: &str, key: &str, scope: Uuid) -> Sql {
    let query = "c.id in (select i.customer_id from customer_identities i
         where i.kind = ? and i.value_key = ? and i.scope = ?)";
    sql(query).bind(kind).bind(key).bind(scope)
}

/// Who placed the order of a number, within reach.
pub(super) fn by_order(actor: &Actor, number: &str) -> Sql {
    sql("c.id in (select o.customer_id from orders o where o.number = ?")
        .bind(number)
        .join(actor.reach.orders_sql("o"))
        .add(")")
}

/// Notes about a customer.
pub(super) async fn notes(db: &Db, customer: Uuid, page: Sql) -> Result<Vec<note::Model>> {
    let query = sql("select n.* from notes n where n.subject_id = ?").bind(customer);
    db.all(query.join(page)).await
}

/// How many that are.
pub(super) async fn notes_count(db: &Db, customer: Uuid) -> Result<i64> {
    let query = sql("select count(*) from notes n where n.subject_id = ?").bind(customer);
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Selects of one shape, one behind the other.
fn union(parts: Vec<Sql>) -> Option<Sql> {
    parts.into_iter().reduce(|all, part| all.add(" union all ").join(part))
}

type Promised = (Uuid, String, Uuid, String, OffsetDateTime);

/// What customers wait for: of whom, what it is about, its number, and until when; what is due first stands first.
pub(super) async fn promises(db: &Db, actor: &Actor, customers: &[Uuid]) -> Result<Vec<Promised>> {
    let mut parts = Vec::new();
    if actor.may(Permission::OrdersRead) {
        let part = sql("select o.customer_id as customer, 'ord' as kind, o.id as id, o.number as number, o.promised_by as due_at
             from orders o where o.customer_id = any(?) and o.state = 'OPEN'
               and o.fulfillment_state <> 'DELIVERED' and o.promised_by is not null");
        parts.push(part.ids(customers).join(actor.reach.orders_sql("o")));
    }
    if actor.may(Permission::ReturnsRead) {
        let part = sql(format!(
            "select r.customer_id, 'ret', r.id, r.number, r.refund_due_at
             from returns r where r.customer_id = any(?) and r.refund_due_at is not null and {UNSETTLED}"
        ));
        parts.push(part.ids(customers).join(returns::in_reach(actor)));
    }
    if actor.may(Permission::CasesRead) {
        let part = sql("select c.customer_id as customer, 'cas' as kind, c.id as id, c.number as number, c.queue_at as due_at
             from cases c where c.customer_id = any(?) and c.state in ('OPEN', 'WAITING_ON_TEAM')");
        parts.push(part.ids(customers).join(crate::cases::in_reach(actor)));
    }
    match union(parts) {
        Some(query) => db.values(query.add(" order by due_at, id")).await,
        None => Ok(Vec::new()),
    }
}

/// Returns `r` that are not settled yet.
const UNSETTLED: &str =
    "r.state in ('REQUESTED', 'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'INSPECTED')";

/// Customers `c` of the best fifth in how often they order and in what they pay.
const BEST: &str = "(exists (select 1 from customer_values v join rfm_steps f on f.dimension = 'FREQUENCY' and f.step = 4
        where v.customer_id = c.id and v.kept > f.amount)
    and exists (select 1 from customer_sums s join rfm_steps m on m.dimension = 'MONETARY' and m.step = 4 and m.currency = s.currency
        where s.customer_id = c.id and s.lifetime_scaled > m.amount))";

/// What went wrong, or will, and who matters most: of whom, what, what it is about, and the number of that, the oldest first.
pub(super) async fn troubles(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<(Uuid, String, Uuid, String)>> {
    let mut parts = Vec::new();
    if actor.may(Permission::ReturnsRead) {
        let part = sql(format!(
            "select r.customer_id as customer, 'REFUND_OVERDUE' as code, r.id as id, r.number as number
             from returns r where r.customer_id = any(?) and {}",
            returns::OVERDUE
        ));
        parts.push(part.ids(customers).bind(db.now()).join(returns::in_reach(actor)));
    }
    if actor.may(Permission::PaymentsRead) {
        let part = sql(
            "select o.customer_id as customer, 'DISPUTE' as code, d.id as id, o.number as number
             from disputes d join orders o on o.id = d.order_id
             where o.customer_id = any(?) and d.state in ('OPEN', 'EVIDENCE_SENT')",
        );
        parts.push(part.ids(customers).join(actor.reach.orders_sql("o")));
    }
    if actor.may(Permission::OrdersRead) {
        let part = sql("select o.customer_id as customer, f.code as code, o.id as id, o.number as number
             from orders o join order_flags f on f.order_id = o.id
             where o.customer_id = any(?) and o.state = 'OPEN' and f.code in ('LATE', 'PROMISE_AT_RISK')");
        parts.push(part.ids(customers).join(actor.reach.orders_sql("o")));
    }
    if actor.may(Permission::CasesRead) {
        let part = sql("select o.customer_id as customer, 'CONTACTS' as code, o.id as id, o.number as number
             from orders o where o.customer_id = any(?)
               and exists (select 1 from cases c where c.order_id = o.id and c.state in ('OPEN', 'WAITING_ON_CUSTOMER', 'WAITING_ON_TEAM'))
               and 3 <= (select count(*) from case_messages m join cases c on c.id = m.case_id
                   where c.order_id = o.id and m.direction = 'INBOUND')");
        parts.push(part.ids(customers).join(actor.reach.orders_sql("o")));
    }
    let label =
        "exists (select 1 from customer_words w where w.customer_id = c.id and w.word = '#vip')";
    let best = if sees_all(actor) { BEST } else { "false" };
    let part = sql(format!(
        "select c.id as customer, 'VIP' as code, c.id as id, c.number as number
         from customers c where c.id = any(?) and ({label} or {best})"
    ));
    parts.push(part.ids(customers));
    match union(parts) {
        Some(query) => db.values(query.add(" order by id")).await,
        None => Ok(Vec::new()),
    }
}

/// The customers of a query of `at` and `id`, in the order of a page.
pub(super) async fn page(db: &Db, keys: Sql, order: &str) -> Result<Vec<customer::Model>> {
    let query = sql("select c.* from (").join(keys).add(") k join customers c on c.id = k.id");
    db.all(query.add(order)).await
}

/// How many customers fit conditions.
pub(super) async fn counted(db: &Db, conditions: Sql) -> Result<i64> {
    let query = sql("select count(*) from customers c where true").join(conditions);
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Those of these customers who fit conditions.
pub(super) async fn among(db: &Db, customers: &[Uuid], conditions: Sql) -> Result<Vec<Uuid>> {
    let query = sql("select c.id from customers c where c.id = any(?)").ids(customers);
    db.values(query.join(conditions)).await
}

/// Whether there is anybody within reach of whom a condition on words `d` holds. Looked for by the words alone, whatever the database thinks of how many
/// there are.
pub(super) async fn anybody(db: &Db, actor: &Actor, condition: Sql) -> Result<bool> {
    let fence = if db.is_postgres() { " offset 0" } else { " limit -1 offset 0" };
    let query = sql(
        "select cast(1 as bigint) from (select d.customer_id from customer_words d where ",
    )
    .join(condition)
    .add(&format!(
        "{fence}) q cross join customers c where c.id = q.customer_id and c.merged_into is null"
    ))
    .join(actor.reach.customers_sql("c.id"))
    .add(" limit 1");
    let found: Option<i64> = db.value(query).await?;
    Ok(found.is_some())
}

/// Who placed the orders of a number of ours, of one of a channel, or of a parcel, within reach.
pub(super) async fn by_numbers(
    db: &Db,
    actor: &Actor,
    (number, reference, tracking): (&str, &str, &str),
) -> Result<Vec<Uuid>> {
    let reach = || actor.reach.orders_sql("o");
    let query = sql("select o.customer_id from orders o where o.number = ? and o.customer_id is not null")
        .bind(number)
        .join(reach())
        .add(" union select o.customer_id from orders o where o.channel_reference = ? and o.customer_id is not null")
        .bind(reference)
        .join(reach())
        .add(" union select o.customer_id from parcels p join fulfillment_orders f on f.fulfillment_id = p.fulfillment_id
             join orders o on o.id = f.order_id where p.tracking_key = ? and o.customer_id is not null")
        .bind(tracking)
        .join(reach())
        .add(" limit 20");
    db.values(query).await
}

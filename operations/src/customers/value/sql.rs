//! Every query of what customers are worth.

use super::rfm::{Dimension, Step};
use crate::error::Result;
use crate::ledger::templates::{EXCHANGE, GIFT_CARD, STORE_CREDIT};
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{customer_sum, customer_value};
use sea_orm::Value;
use uuid::Uuid;

/// The columns of `customer_values`, in the order of [`measured`].
const VALUES: [&str; 13] = [
    "customer_id",
    "orders",
    "cancelled",
    "kept",
    "first_order_at",
    "last_order_at",
    "units_sent",
    "units_returned",
    "return_ppm",
    "late",
    "open_cases",
    "scores",
    "score_sum",
];
/// The same of `customer_sums`, in the order of [`summed`].
const SUMS: [&str; 6] =
    ["customer_id", "currency", "lifetime_minor", "lifetime_scaled", "ordered_minor", "kept"];

/// What is known of all that customers ordered, as their orders, lines and cases say.
fn measured(customers: &[Uuid]) -> Sql {
    let ordered = sql("select x.customer_id, count(*) as orders,
             sum(case when x.state = 'CANCELLED' then 1 else 0 end) as cancelled,
             min(x.placed_at) as first_order_at, max(x.placed_at) as last_order_at,
             sum(case when x.delivered_at > x.promised_by then 1 else 0 end) as late,
             count(x.satisfaction) as scores, coalesce(sum(x.satisfaction), 0) as score_sum
         from orders x where x.customer_id = any(?) and not x.draft group by x.customer_id")
    .ids(customers);
    let moved = sql("select x.customer_id, cast(sum(l.quantity_fulfilled) as bigint) as sent, cast(sum(l.quantity_returned) as bigint) as back
         from orders x join order_lines l on l.order_id = x.id
         where x.customer_id = any(?) and not x.draft group by x.customer_id")
    .ids(customers);
    let asked = sql("select x.customer_id,
             sum(case when x.state in ('RESOLVED', 'CLOSED') then 0 else 1 end) as open_cases,
             count(x.satisfaction) as scores, coalesce(sum(x.satisfaction), 0) as score_sum
         from cases x where x.customer_id = any(?) group by x.customer_id")
    .ids(customers);
    sql("select c.id as customer_id, coalesce(o.orders, 0) as orders, coalesce(o.cancelled, 0) as cancelled,
             coalesce(o.orders - o.cancelled, 0) as kept, o.first_order_at as first_order_at, o.last_order_at as last_order_at,
             coalesce(m.sent, 0) as units_sent, coalesce(m.back, 0) as units_returned,
             case when m.sent > 0 then m.back * 1000000 / m.sent end as return_ppm,
             coalesce(o.late, 0) as late, coalesce(k.open_cases, 0) as open_cases,
             coalesce(o.scores, 0) + coalesce(k.scores, 0) as scores,
             coalesce(o.score_sum, 0) + coalesce(k.score_sum, 0) as score_sum
         from customers c left join (")
    .join(ordered)
    .add(") o on o.customer_id = c.id left join (")
    .join(moved)
    .add(") m on m.customer_id = c.id left join (")
    .join(asked)
    .add(") k on k.customer_id = c.id where c.id = any(?)")
    .ids(customers)
}

/// What customers ordered and paid, by currency. Credit and exchanges move what was paid before: they are no money.
fn summed(customers: &[Uuid]) -> Sql {
    let paid = sql("select p.order_id, sum(p.captured_minor - p.refunded_minor) as amount
         from orders x join payments p on p.order_id = x.id
         where x.customer_id = any(?) and p.provider not in (?, ?, ?) group by p.order_id")
    .ids(customers)
    .bind(GIFT_CARD)
    .bind(STORE_CREDIT)
    .bind(EXCHANGE);
    let lost = sql("select d.order_id, sum(d.taken_minor) as amount
         from orders x join disputes d on d.order_id = x.id
         where x.customer_id = any(?) and d.state in ('LOST', 'ACCEPTED') group by d.order_id")
    .ids(customers);
    sql("select s.customer_id, s.currency, s.lifetime as lifetime_minor,
             s.lifetime * case s.digits when 0 then 10000 when 1 then 1000 when 2 then 100 when 3 then 10 else 1 end as lifetime_scaled,
             s.ordered as ordered_minor, s.kept
         from (select x.customer_id, x.currency, max(x.currency_digits) as digits,
                 cast(sum(coalesce(p.amount, 0) - coalesce(l.amount, 0)) as bigint) as lifetime,
                 cast(sum(case when x.state = 'CANCELLED' then 0 else x.grand_total_minor end) as bigint) as ordered,
                 sum(case when x.state = 'CANCELLED' then 0 else 1 end) as kept
             from orders x left join (")
    .join(paid)
    .add(") p on p.order_id = x.id left join (")
    .join(lost)
    .add(") l on l.order_id = x.id where x.customer_id = any(?) and not x.draft group by x.customer_id, x.currency) s")
    .ids(customers)
}

fn conflicts(key: &str, columns: &[&str]) -> String {
    let set: Vec<String> =
        columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(" on conflict ({key}) do update set {}", set.join(", "))
}

/// Writes down what is known of all that customers ordered.
pub(super) async fn measure(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let query = sql(format!("insert into customer_values ({}) ", VALUES.join(", ")))
        .join(measured(customers))
        .add(&conflicts("customer_id", VALUES.get(1..).unwrap_or_default()));
    tx.run(query).await?;
    tx.run(sql("delete from customer_sums where customer_id = any(?)").ids(customers)).await?;
    let query =
        sql(format!("insert into customer_sums ({}) ", SUMS.join(", "))).join(summed(customers));
    tx.run(query).await?;
    Ok(())
}

/// Of these customers, those of whom something else is written down than their orders say.
pub(super) async fn differing(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let differs = |columns: &[&str]| {
        let each = columns.iter().map(|name| format!("m.{name} is distinct from v.{name}"));
        each.collect::<Vec<String>>().join(" or ")
    };
    let own = VALUES.get(1..).unwrap_or_default();
    let query = sql("select c.id, c.number from customers c join (")
        .join(measured(customers))
        .add(&format!(
            ") m on m.customer_id = c.id left join customer_values v on v.customer_id = c.id where {} union select c.id, c.number from customers c join (",
            differs(own)
        ))
        .join(summed(customers))
        .add(&format!(
            ") m on m.customer_id = c.id left join customer_sums v on v.customer_id = c.id and v.currency = m.currency where {}",
            differs(SUMS.get(1..).unwrap_or_default())
        ));
    db.values(query).await
}

/// What is written down of customers.
pub(super) async fn values(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_value::Model>> {
    db.all(sql("select * from customer_values where customer_id = any(?)").ids(customers)).await
}

/// And by currency.
pub(super) async fn sums(db: &Db, customers: &[Uuid]) -> Result<Vec<customer_sum::Model>> {
    let query = sql("select * from customer_sums where customer_id = any(?)
         order by customer_id, currency");
    db.all(query.ids(customers)).await
}

/// How customers compare, as it was last worked out.
pub(super) async fn steps(db: &Db) -> Result<Vec<Step>> {
    type Row = (String, String, i32, Option<time::OffsetDateTime>, Option<i64>);
    let query = sql("select dimension, currency, step, at, amount from rfm_steps
         order by dimension, currency, step");
    let rows: Vec<Row> = db.values(query).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(dimension, currency, number, at, amount)| {
            Some(Step { dimension: Dimension::named(&dimension)?, currency, number, at, amount })
        })
        .collect())
}

/// Writes down how customers compare.
pub(super) async fn set_steps(tx: &WriteTx, steps: &[Step]) -> Result<()> {
    tx.run(sql("delete from rfm_steps")).await?;
    for step in steps {
        let query = sql(
            "insert into rfm_steps (dimension, currency, step, at, amount) values (?, ?, ?, ?, ?)",
        )
        .bind(step.dimension.name())
        .bind(step.currency.as_str())
        .bind(step.number)
        .bind(step.at)
        .bind(step.amount);
        tx.run(query).await?;
    }
    Ok(())
}

/// The rows that are compared in a dimension.
fn ranked(dimension: Dimension, currency: &str) -> (&'static str, &'static str, Sql) {
    match dimension {
        Dimension::Recency => {
            ("last_order_at", "customer_values", sql("last_order_at is not null"))
        }
        Dimension::Frequency => ("kept", "customer_values", sql("last_order_at is not null")),
        Dimension::Monetary => {
            ("lifetime_scaled", "customer_sums", sql("currency = ?").bind(currency))
        }
    }
}

/// How many customers are compared in a dimension.
pub(super) async fn ranked_count(db: &Db, dimension: Dimension, currency: &str) -> Result<i64> {
    let (_, table, condition) = ranked(dimension, currency);
    let query = sql(format!("select count(*) from {table} where ")).join(condition);
    Ok(db.value(query).await?.unwrap_or(0))
}

/// The currencies in which anybody ordered.
pub(super) async fn currencies(db: &Db) -> Result<Vec<String>> {
    // One look at the index for each currency, however many rows it has.
    let query = sql("with recursive known(currency) as (
             select min(currency) from customer_sums
             union all
             select (select min(s.currency) from customer_sums s where s.currency > known.currency)
             from known where known.currency is not null)
         select currency from known where currency is not null");
    db.values(query).await
}

/// What stands at a place among them, from the least on.
pub(super) async fn ranked_at(
    db: &Db,
    dimension: Dimension,
    currency: &str,
    place: i64,
) -> Result<Option<Value>> {
    let (column, table, condition) = ranked(dimension, currency);
    let query = sql(format!("select {column} from {table} where "))
        .join(condition)
        .add(&format!(" order by {column} limit 1 offset {place}"));
    let found = db.all_as(query, |row| match dimension {
        Dimension::Recency => row.try_get_by_index::<time::OffsetDateTime>(0).map(Value::from),
        Dimension::Frequency => row.try_get_by_index::<i32>(0).map(|n| Value::from(i64::from(n))),
        Dimension::Monetary => row.try_get_by_index::<i64>(0).map(Value::from),
    });
    Ok(found.await?.pop())
}

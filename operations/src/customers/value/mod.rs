//! What customers are worth: kept behind the log, over all channels.

pub(crate) mod rfm;
mod sql;

use crate::actor::{Actor, Reach};
use crate::error::Result;
use crate::integrity::Check;
use crate::permissions::Permission;
use crate::store::{Db, WriteTx};
use entities::{customer_sum, customer_value};
pub use rfm::Scores;
use rfm::Steps;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub minor: i64,
    /// Of which currency.
    pub currency: String,
}

/// What a customer is worth, over all channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Orders ever placed, those that were cancelled among them.
    pub orders: i32,
    /// What was paid of them, less what was given back and what was lost to disputes, by currency. Credit and gift cards that were
    /// paid with, and exchanges, are no money: they were paid before.
    pub lifetime: Vec<Sum>,
    /// What an order that was not cancelled came to, by currency.
    pub average: Vec<Sum>,
    /// When the first was placed.
    pub first_order_at: Option<OffsetDateTime>,
    /// When the last was placed.
    pub last_order_at: Option<OffsetDateTime>,
    /// Units that came back, of those that left; none where nothing left.
    pub return_rate: Option<f64>,
    /// Orders that were cancelled, of all; none without orders.
    pub cancel_rate: Option<f64>,
    /// Orders that arrived later than was promised.
    pub late: i32,
    /// Cases that are not solved.
    pub open_cases: i32,
    /// What they said of orders and cases from 1 to 5, in the mean; none where they said nothing.
    pub satisfaction: Option<f64>,
    /// How they compare; none for whoever never ordered.
    pub scores: Option<Scores>,
}

/// Whether somebody sees all channels and locations.
pub(crate) fn sees_all(actor: &Actor) -> bool {
    actor.reach == Reach::default()
}

/// What customers are worth; nothing for whoever does not see all channels.
pub async fn values(db: &Db, actor: &Actor, customers: &[Uuid]) -> Result<HashMap<Uuid, Value>> {
    actor.require(Permission::CustomersRead)?;
    if !sees_all(actor) {
        return Ok(HashMap::new());
    }
    let mut sums: HashMap<Uuid, Vec<customer_sum::Model>> = HashMap::new();
    for row in sql::sums(db, customers).await? {
        sums.entry(row.customer_id).or_default().push(row);
    }
    let steps = Steps::read(db).await?;
    let known = sql::values(db, customers).await?;
    let of = |row: customer_value::Model| {
        let sums = sums.get(&row.customer_id).map_or(&[][..], Vec::as_slice);
        (row.customer_id, told(&row, sums, &steps))
    };
    Ok(known.into_iter().map(of).collect())
}

fn told(row: &customer_value::Model, sums: &[customer_sum::Model], steps: &Steps) -> Value {
    let money =
        |sum: &customer_sum::Model, minor: i64| Sum { minor, currency: sum.currency.clone() };
    let share = |part: i64, of: i64| (of > 0).then(|| fraction(part, of));
    let average = |sum: &customer_sum::Model| {
        let kept = i64::from(sum.kept);
        let half = kept / 2;
        (kept > 0).then(|| (sum.ordered_minor + half).div_euclid(kept))
    };
    Value {
        orders: row.orders,
        lifetime: sums.iter().map(|sum| money(sum, sum.lifetime_minor)).collect(),
        average: sums.iter().filter_map(|sum| Some(money(sum, average(sum)?))).collect(),
        first_order_at: row.first_order_at,
        last_order_at: row.last_order_at,
        return_rate: share(row.units_returned, row.units_sent),
        cancel_rate: share(row.cancelled.into(), row.orders.into()),
        late: row.late,
        open_cases: row.open_cases,
        satisfaction: share(row.score_sum.into(), row.scores.into()),
        scores: steps.of(row, sums),
    }
}

/// A part of a whole, to four digits.
fn fraction(part: i64, of: i64) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    let exact = rust_decimal::Decimal::from(part) / rust_decimal::Decimal::from(of);
    exact.round_dp(4).to_f64().unwrap_or_default()
}

/// Writes down anew what is known of all that customers ordered.
pub(super) async fn measure(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    sql::measure(tx, customers).await
}

/// What is written down of customers is what their orders say, as far as the log was followed.
pub(crate) async fn check(db: &Db) -> Result<Check> {
    let mut check = Check::named("customer values");
    let mut last = Uuid::nil();
    loop {
        let chunk = super::follow::sql::some_customers(db, last, super::follow::TOGETHER).await?;
        let Some(end) = chunk.last() else { return Ok(check) };
        last = *end;
        check.rows_checked += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
        let mut differing = sql::differing(db, &chunk).await?;
        if !differing.is_empty() {
            // What changed since, or is to be looked at still, differs for now.
            let ids: Vec<Uuid> = differing.iter().map(|(id, _)| *id).collect();
            let Some(behind) = super::follow::behind(db, &ids).await? else {
                check.note = Some("not all customers were looked at yet".into());
                continue;
            };
            let again = sql::differing(db, &ids).await?;
            differing.retain(|one| again.contains(one) && !behind.contains(&one.0));
        }
        for (_, number) in differing {
            check.violation(|| format!("customer {number}: other values than their orders say"));
        }
    }
}

//! What customers are worth, as the schema shows it.

use crate::scalars::{DateTime, Money};
use async_graphql::SimpleObject;
use operations::customers::value::{Scores, Sum, Value};

/// What a customer is worth, over all channels. It is kept behind the writers: what happened a second ago may be missing.
#[derive(SimpleObject)]
pub(crate) struct CustomerValue {
    /// Orders ever placed, those that were cancelled among them.
    order_count: i32,
    /// What was captured of their orders, less what was refunded and what was lost to disputes: one amount for each currency. Paying with credit or a
    /// gift card, and exchanges, move money that was captured before, and count for nothing.
    lifetime_value: Vec<Money>,
    /// What an order that was not cancelled came to in the mean, with tax and shipping, rounded to the cent: one amount for each currency.
    average_order: Vec<Money>,
    /// When the first was placed.
    first_order_at: Option<DateTime>,
    /// When the last was placed.
    last_order_at: Option<DateTime>,
    /// Units that came back, of all that left, to four digits: 0.25 is a quarter. Null where nothing left.
    return_rate: Option<f64>,
    /// Orders that were cancelled, of all, to four digits. Null without orders.
    cancel_rate: Option<f64>,
    /// Orders that arrived later than was promised.
    late_deliveries: i32,
    /// Cases that are not solved.
    open_cases: i32,
    /// What they said of orders and cases, from 1 to 5, in the mean. Null where they said nothing.
    satisfaction: Option<f64>,
    /// How they compare with all others who ever ordered, as it was worked out in the last ten minutes. Null for whoever never ordered.
    rfm: Option<RfmScore>,
}

/// Recency, frequency, money: each 1 to 5 among all customers who ever ordered. A score above 1 says that they exceed what stands at the end of that
/// many fifths; those who are alike score alike.
#[derive(SimpleObject)]
pub(crate) struct RfmScore {
    /// By when they last ordered: 5 is lately.
    recency: i32,
    /// By how many of their orders were not cancelled: 5 is often.
    frequency: i32,
    /// By lifetime value among those who order in the same currency: 5 is much. Of several currencies, the best.
    monetary: i32,
}

impl From<Scores> for RfmScore {
    fn from(scores: Scores) -> Self {
        Self { recency: scores.recency, frequency: scores.frequency, monetary: scores.monetary }
    }
}

impl From<&Value> for CustomerValue {
    fn from(value: &Value) -> Self {
        let money = |sums: &[Sum]| {
            sums.iter().map(|sum| Money::of(sum.minor, &sum.currency)).collect::<Vec<Money>>()
        };
        Self {
            order_count: value.orders,
            lifetime_value: money(&value.lifetime),
            average_order: money(&value.average),
            first_order_at: value.first_order_at.map(DateTime),
            last_order_at: value.last_order_at.map(DateTime),
            return_rate: value.return_rate,
            cancel_rate: value.cancel_rate,
            late_deliveries: value.late,
            open_cases: value.open_cases,
            satisfaction: value.satisfaction,
            rfm: value.scores.map(Into::into),
        }
    }
}

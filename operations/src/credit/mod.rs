//! Gift cards and store credit: what we owe until it is used. A gift card was sold and is a tender, never a discount;
//! credit was given. Both are used up by the payments of orders.

pub(crate) mod expire;
pub mod grant;
pub mod issue;
pub mod read;
pub(crate) mod spend;
mod sql;
pub mod tender;

use crate::events::{EventKind, NewEvent};
use crate::ids::Subject;
use crate::money::Currency;
use entities::credit;
use entities::enums::CreditKind;
use serde_json::json;
use time::OffsetDateTime;

/// What is on it and promised to no order.
pub(crate) const fn free(row: &credit::Model) -> i64 {
    row.balance_minor - row.reserved_minor
}

/// Whether it can be used no longer.
pub(crate) fn is_over(row: &credit::Model, now: OffsetDateTime) -> bool {
    row.expires_at.is_some_and(|at| at <= now)
}

/// What it is called in logs.
pub(crate) const fn subject(row: &credit::Model) -> Subject {
    match row.kind {
        CreditKind::GiftCard => ("gft", row.id),
        CreditKind::StoreCredit => ("sca", row.id),
    }
}

/// What happened to it, for the log.
fn told(row: &credit::Model, kind: &'static EventKind, amount: i64) -> NewEvent {
    let decimal = Currency::from_code(&row.currency).map(|currency| currency.decimal(amount));
    let data = json!({ "amount": decimal, "currency": row.currency });
    NewEvent {
        order: row.order_id,
        customer: row.customer_id,
        ..NewEvent::new(kind, subject(row), data)
    }
}

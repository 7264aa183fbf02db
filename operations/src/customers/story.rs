//! What whoever picks up the phone should know first of a customer, and what was promised to them.

use super::sql;
use crate::actor::Actor;
use crate::error::Result;
use crate::ids::Subject;
use crate::permissions::Permission;
use crate::returns::signals::{self, Signal};
use crate::store::Db;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promised {
    /// Goods.
    Delivery,
    /// Money.
    Refund,
    /// An answer, or a solution.
    Answer,
}

impl Promised {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Delivery => "DELIVERY",
            Self::Refund => "REFUND",
            Self::Answer => "ANSWER",
        }
    }
}

/// Something that a customer waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What it is about.
    pub subject: Subject,
    /// The number of that.
    pub number: String,
    /// What was promised.
    pub what: Promised,
    /// Until when.
    pub due_at: OffsetDateTime,
}

impl Promise {
    /// A sentence for people.
    pub fn text(&self) -> String {
        match self.what {
            Promised::Delivery => format!("Order {} arrives", self.number),
            Promised::Refund => format!("The money of return {} is back", self.number),
            Promised::Answer => format!("Case {} is answered, or solved", self.number),
        }
    }
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// To be acted on.
    Critical,
    /// To be looked at.
    Warning,
    /// Good to know.
    Info,
}

/// What to know first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub text: String,
    /// What it is about; the customer, where it is about nothing else.
    pub subject: Option<Subject>,
}

/// What customers wait for within reach, what is due first before what is due later: deliveries for whoever reads orders, money for whoever
/// reads returns, answers for whoever reads cases.
pub async fn promises(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Promise>>> {
    actor.require(Permission::CustomersRead)?;
    let mut found: HashMap<Uuid, Vec<Promise>> = HashMap::new();
    for (customer, kind, id, number, due_at) in sql::promises(db, actor, customers).await? {
        let (what, subject) = match kind.as_str() {
            "ord" => (Promised::Delivery, ("ord", id)),
            "ret" => (Promised::Refund, ("ret", id)),
            _ => (Promised::Answer, ("cas", id)),
        };
        found.entry(customer).or_default().push(Promise { subject, number, what, due_at });
    }
    Ok(found)
}

/// What to know first of customers, most urgent first: of what the actor may read, and within reach.
pub async fn remarks(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Remark>>> {
    actor.require(Permission::CustomersRead)?;
    let mut found: HashMap<Uuid, Vec<Remark>> = HashMap::new();
    for (customer, code, id, number) in sql::troubles(db, actor, customers).await? {
        found.entry(customer).or_default().extend(trouble(&code, id, &number));
    }
    if actor.may(Permission::ReturnsRead) {
        for (customer, told) in signals::of_customers(db, actor, customers).await? {
            found.entry(customer).or_default().extend(told.into_iter().map(signal));
        }
    }
    for remarks in found.values_mut() {
        remarks.sort_by_key(|remark| (remark.weight, rank(remark.code)));
    }
    Ok(found)
}

/// Of what matters alike, what comes first: money that is owed, then what was promised, then what was contested.
fn rank(code: &str) -> usize {
    const RANKS: [&str; 4] =
        ["REFUND_OVERDUE", "PROMISE_BROKEN", "PROMISE_AT_RISK", "DISPUTE_OPEN"];
    RANKS.iter().position(|known| *known == code).unwrap_or(RANKS.len())
}

fn trouble(code: &str, id: Uuid, number: &str) -> Option<Remark> {
    let (weight, code, text, subject) = match code {
        "REFUND_OVERDUE" => {
            let text = format!("The money of return {number} should be back by now");
            (Weight::Critical, "REFUND_OVERDUE", text, ("ret", id))
        }
        "DISPUTE" => {
            let text = format!("A payment of order {number} is disputed");
            (Weight::Critical, "DISPUTE_OPEN", text, ("dsp", id))
        }
        "LATE" => {
            let text = format!("Order {number} should have arrived by now");
            (Weight::Critical, "PROMISE_BROKEN", text, ("ord", id))
        }
        "PROMISE_AT_RISK" => {
            let text = format!("Order {number} will not arrive in time as things stand");
            (Weight::Warning, "PROMISE_AT_RISK", text, ("ord", id))
        }
        "CONTACTS" => {
            let text = format!("Order {number} was asked about three times or more");
            (Weight::Warning, "CONTACTED_OFTEN", text, ("ord", id))
        }
        "VIP" => {
            let text = "Among those who order most and pay most, or marked so".to_owned();
            (Weight::Info, "VIP", text, ("cus", id))
        }
        _ => return None,
    };
    Some(Remark { weight, code, text, subject: Some(subject) })
}

fn signal(signal: Signal) -> Remark {
    let text = signal.text();
    Remark { weight: Weight::Warning, code: signal.code(), text, subject: None }
}

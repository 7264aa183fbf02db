//! What of a customer's returns is out of the ordinary: shown to whoever decides, and never decided by itself.

use super::sql;
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use std::collections::HashMap;
use time::Duration;
use uuid::Uuid;

/// Claims that something never came count for so long.
const YEAR: Duration = Duration::days(365);
/// More orders than so many say something about how much of them comes back.
const ORDERS: i64 = 5;
/// More such claims than so many in a year are many.
const NEVER_CAME: i64 = 2;

/// Whoever had fewer orders delivered is not known well enough to be trusted.
const KNOWN_ORDERS: i64 = 3;

/// What is out of the ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// More than half of the orders came back, of more than five.
    HighRate {
        /// Orders of which something left.
        orders: i64,
        /// Those among them of which something came back.
        returned: i64,
    },
    /// More than two claims in a year that something never came.
    NeverCame {
        /// How many.
        claims: i64,
    },
    /// Boxes were empty.
    EmptyBox {
        /// How many units were missing.
        units: i64,
    },
    /// Something else was in the box.
    WrongItem {
        /// How many units.
        units: i64,
    },
}

impl Signal {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::HighRate { .. } => "RETURN_RATE_HIGH",
            Self::NeverCame { .. } => "NOT_RECEIVED_OFTEN",
            Self::EmptyBox { .. } => "EMPTY_BOX",
            Self::WrongItem { .. } => "WRONG_ITEM_RETURNED",
        }
    }

    /// A sentence for people.
    pub fn text(self) -> String {
        match self {
            Self::HighRate { orders, returned } => {
                format!("Something came back of {returned} of {orders} orders")
            }
            Self::NeverCame { claims } => {
                format!("{claims} claims in a year that something never came")
            }
            Self::EmptyBox { units } => format!("{units} units were missing in what came back"),
            Self::WrongItem { units } => {
                format!("{units} units that came back were something else")
            }
        }
    }
}

/// Whether a customer is trusted with money before the goods are here: three orders left for them at least, and nothing is out of the
/// ordinary.
pub(super) async fn is_trusted(db: &Db, customer: Option<Uuid>) -> Result<bool> {
    let Some(customer) = customer else { return Ok(false) };
    let one = [customer];
    let counted = sql::counted(db, &Actor::system(), (&one, db.now() - YEAR)).await?;
    let known = counted.iter().any(|(_, what, sent, _)| what == "ORDERS" && *sent >= KNOWN_ORDERS);
    Ok(known && told(counted).is_empty())
}

/// What is out of the ordinary about the returns of customers, over all within reach that they ever ordered.
pub async fn of_customers(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Signal>>> {
    actor.require(Permission::ReturnsRead)?;
    actor.require(Permission::CustomersRead)?;
    find(db, actor, customers).await
}

async fn find(db: &Db, actor: &Actor, customers: &[Uuid]) -> Result<HashMap<Uuid, Vec<Signal>>> {
    Ok(told(sql::counted(db, actor, (customers, db.now() - YEAR)).await?))
}

/// What of all that was counted is out of the ordinary.
fn told(counted: Vec<(Uuid, String, i64, i64)>) -> HashMap<Uuid, Vec<Signal>> {
    let mut found: HashMap<Uuid, Vec<Signal>> = HashMap::new();
    let mut tell = |customer: Uuid, signal: Signal| found.entry(customer).or_default().push(signal);
    for (customer, what, one, two) in counted {
        match what.as_str() {
            "ORDERS" if one > ORDERS && two * 2 > one => {
                tell(customer, Signal::HighRate { orders: one, returned: two });
            }
            "CLAIMS" if one > NEVER_CAME => tell(customer, Signal::NeverCame { claims: one }),
            "FOUND" => {
                if one > 0 {
                    tell(customer, Signal::EmptyBox { units: one });
                }
                if two > 0 {
                    tell(customer, Signal::WrongItem { units: two });
                }
            }
            _ => {}
        }
    }
    found
}

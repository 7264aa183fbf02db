//! The rules about risk: what they are, and as what they come. A shop sets points and thresholds of its own.

use entities::risk_rule;
use std::collections::BTreeMap;

/// A rule as it comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Its name.
    pub code: &'static str,
    /// What it looks at, for people.
    pub description: &'static str,
    /// What it adds to the score; of a level, the score from which on it holds.
    pub points: i32,
    /// From when on it holds.
    pub threshold: Option<f64>,
    /// How far it looks back.
    pub window_hours: Option<i32>,
    /// Orders it needs to say anything.
    pub minimum_orders: Option<i32>,
}

const fn plain(code: &'static str, points: i32, description: &'static str) -> Rule {
    Rule { code, description, points, threshold: None, window_hours: None, minimum_orders: None }
}

const fn velocity(code: &'static str, description: &'static str) -> Rule {
    Rule { threshold: Some(5.0), window_hours: Some(72), ..plain(code, 30, description) }
}

pub(crate) const VELOCITY_EMAIL: &str = "VELOCITY_EMAIL";
pub(crate) const VELOCITY_PHONE: &str = "VELOCITY_PHONE";
pub(crate) const VELOCITY_ADDRESS: &str = "VELOCITY_ADDRESS";
pub(crate) const VELOCITY_IP: &str = "VELOCITY_IP";
pub(crate) const AMOUNT_OUTLIER: &str = "AMOUNT_OUTLIER";
pub(crate) const FIRST_ORDER_VALUE: &str = "FIRST_ORDER_VALUE";
pub(crate) const COUNTRY_MISMATCH: &str = "COUNTRY_MISMATCH";
pub(crate) const IP_COUNTRY_MISMATCH: &str = "IP_COUNTRY_MISMATCH";
pub(crate) const DISPOSABLE_EMAIL: &str = "DISPOSABLE_EMAIL";
pub(crate) const EXPRESS_NEW_ADDRESS: &str = "EXPRESS_NEW_ADDRESS";
pub(crate) const EARLIER_CHARGEBACK: &str = "EARLIER_CHARGEBACK";
pub(crate) const ALLOW_LIST: &str = "ALLOW_LIST";
pub(crate) const DENY_LIST: &str = "DENY_LIST";
pub(crate) const LEVEL_MEDIUM: &str = "LEVEL_MEDIUM";
pub(crate) const LEVEL_HIGH: &str = "LEVEL_HIGH";

/// Every rule as it comes. Five orders in 72 hours is the default of payment providers' filters; a robust z of 3.5
/// is the cut-off that Iglewicz and Hoaglin recommend.
pub const RULES: &[Rule] = &[
    velocity(VELOCITY_EMAIL, "Orders with the same email in the window, this one among them."),
    velocity(VELOCITY_PHONE, "Orders with the same telephone number in the window."),
    velocity(VELOCITY_ADDRESS, "Orders to the same address in the window."),
    velocity(VELOCITY_IP, "Orders from the same IP address in the window."),
    Rule {
        threshold: Some(3.5),
        minimum_orders: Some(5),
        ..plain(
            AMOUNT_OUTLIER,
            40,
            "The amount's robust z in the person's history, else in the segment of channel and country.",
        )
    },
    Rule {
        threshold: Some(99.0),
        minimum_orders: Some(50),
        ..plain(FIRST_ORDER_VALUE, 25, "A first order above this percentile of the segment's.")
    },
    plain(COUNTRY_MISMATCH, 20, "Billing and shipping address lie in different countries."),
    plain(
        IP_COUNTRY_MISMATCH,
        25,
        "The order came from another country than it goes to; rests without a file of countries.",
    ),
    plain(DISPOSABLE_EMAIL, 30, "The email is of a service for throw-away addresses."),
    plain(EXPRESS_NEW_ADDRESS, 20, "Express delivery to an address the customer never used."),
    plain(
        EARLIER_CHARGEBACK,
        50,
        "An earlier order of the person or to the address was charged back.",
    ),
    plain(ALLOW_LIST, -100, "Somebody or something in it is known for good."),
    plain(DENY_LIST, 100, "Somebody or something in it is known for bad."),
    plain(LEVEL_MEDIUM, 40, "The score from which on the level is MEDIUM."),
    plain(
        LEVEL_HIGH,
        80,
        "The score from which on the level is HIGH, and the order is held for review.",
    ),
];

/// A rule as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// As it comes.
    pub rule: Rule,
    /// Whether it counts.
    pub active: bool,
}

/// The rules as they stand in a shop.
#[derive(Debug, Clone)]
pub struct Rules(BTreeMap<&'static str, Standing>);

impl Rules {
    /// The rules as they come, with what the shop set otherwise.
    pub fn with(rows: &[risk_rule::Model]) -> Self {
        let of = |rule: &Rule| {
            let row = rows.iter().find(|row| row.code == rule.code);
            let standing = match row {
                None => Standing { rule: *rule, active: true },
                Some(row) => Standing {
                    rule: Rule {
                        points: row.points,
                        threshold: row.threshold.or(rule.threshold),
                        window_hours: row.window_hours.or(rule.window_hours),
                        minimum_orders: row.minimum_orders.or(rule.minimum_orders),
                        ..*rule
                    },
                    active: row.active,
                },
            };
            (rule.code, standing)
        };
        Self(RULES.iter().map(of).collect())
    }

    /// Every rule, in the order in which they are looked at.
    pub fn all(&self) -> Vec<Standing> {
        RULES.iter().filter_map(|rule| self.0.get(rule.code).copied()).collect()
    }

    /// A rule that counts.
    pub(crate) fn active(&self, code: &str) -> Option<Rule> {
        self.0.get(code).filter(|standing| standing.active).map(|standing| standing.rule)
    }
}

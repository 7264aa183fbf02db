//! Looks at an order with what went before it.

use super::rules::{self, Rules};
use super::score::{self, Assessment, Facts};
use super::sql;
use crate::checks::Address;
use crate::error::Result;
use crate::store::Db;
use entities::enums::{RiskEntryKind, RiskList};
use entities::{order, order_risk, risk_entry};
use serde_json::json;
use std::collections::HashSet;
use std::sync::LazyLock;
use time::{Duration, OffsetDateTime};

/// The keys of the windows of the velocity rules.
pub(super) const WINDOWS: [(&str, &str); 4] = [
    (rules::VELOCITY_EMAIL, "email"),
    (rules::VELOCITY_PHONE, "phone"),
    (rules::VELOCITY_ADDRESS, "address"),
    (rules::VELOCITY_IP, "ip"),
];

static DISPOSABLE: LazyLock<HashSet<&str>> =
    LazyLock::new(|| mailchecker::blacklist().into_iter().collect());

/// Whether an address is of a service for throw-away addresses, or of a part of one.
pub(crate) fn is_disposable(email_key: &str) -> bool {
    let Some((_, domain)) = email_key.rsplit_once('@') else { return false };
    let mut rest = Some(domain);
    while let Some(part) = rest {
        if DISPOSABLE.contains(part) {
            return true;
        }
        rest = part.split_once('.').map(|(_, parent)| parent);
    }
    false
}

/// An order that is being written, with whether it goes by express.
pub(crate) async fn assess(db: &Db, order: &order::Model, express: bool) -> Result<Assessment> {
    let rules = Rules::with(&sql::rules(db).await?);
    let facts = facts(db, order, express, &rules).await?;
    Ok(score::assess(&facts, &rules))
}

async fn facts(db: &Db, order: &order::Model, express: bool, rules: &Rules) -> Result<Facts> {
    let windows: Vec<(&'static str, OffsetDateTime)> = WINDOWS
        .iter()
        .filter_map(|(code, name)| {
            let hours = rules.active(code)?.window_hours?;
            Some((*name, order.placed_at - Duration::hours(hours.into())))
        })
        .collect();
    let counts = sql::counts(db, order, &windows).await?;
    let count = |name: &str| -> i64 {
        counts.iter().filter(|(known, _)| known == name).map(|(_, count)| count).sum()
    };
    let persons = sql::persons_amounts(db, order).await?;
    let long = rules
        .active(rules::AMOUNT_OUTLIER)
        .and_then(|rule| usize::try_from(rule.minimum_orders?).ok())
        .is_some_and(|least| persons.len() >= least);
    let segments = if long { Vec::new() } else { sql::segments_amounts(db, order).await? };
    let entries = sql::entries(db, &keys(order)).await?;
    let reasons = |list: RiskList| -> Vec<String> {
        entries.iter().filter(|row| row.list == list).map(said).collect()
    };
    let country = |json: Option<&serde_json::Value>| Address::from_json(json?).country_code;
    Ok(Facts {
        // This one is not in the books yet.
        velocity: WINDOWS.iter().map(|(code, name)| (*code, count(name) + 1)).collect(),
        amount: order.grand_total_minor,
        persons,
        segments,
        billing_country: country(order.billing_address.as_ref()),
        shipping_country: country(order.shipping_address.as_ref()),
        ip_country: order.client_ip.as_deref().and_then(|ip| db.ip_countries().of(ip)),
        disposable: order.email_key.as_deref().is_some_and(is_disposable),
        express,
        new_address: order.customer_id.is_some() && count("known address") == 0,
        chargebacks: count("chargebacks"),
        allowed: reasons(RiskList::Allow),
        denied: reasons(RiskList::Deny),
    })
}

/// By what an order can stand in a list.
pub(super) fn keys(order: &order::Model) -> Vec<(RiskEntryKind, String)> {
    let email = order.email_key.clone();
    let domain = email.as_deref().and_then(|email| Some(email.rsplit_once('@')?.1.to_owned()));
    let keys = [
        (RiskEntryKind::Email, email),
        (RiskEntryKind::EmailDomain, domain),
        (RiskEntryKind::Phone, order.phone_key.clone()),
        (RiskEntryKind::Address, order.address_key.clone()),
        (RiskEntryKind::Ip, order.client_ip.clone()),
        (RiskEntryKind::Customer, order.customer_id.map(|id| id.to_string())),
    ];
    keys.into_iter().filter_map(|(kind, key)| Some((kind, key?))).collect()
}

/// Which entry it was, without the person in it.
pub(super) fn said(row: &risk_entry::Model) -> String {
    use sea_orm::ActiveEnum;
    format!("{}: {}", row.kind.to_value(), row.reason)
}

/// The row that keeps an assessment.
pub(crate) fn row(
    order: &order::Model,
    found: &Assessment,
    now: OffsetDateTime,
) -> order_risk::Model {
    order_risk::Model {
        order_id: order.id,
        score: found.score,
        level: found.level,
        signals: json!(found.signals),
        assessed_at: now,
        decision: None,
        decided_by_kind: None,
        decided_by_id: None,
        decided_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throw_away_addresses_are_known_by_their_domain() {
        assert!(is_disposable("x@10minutemail.com"));
        assert!(is_disposable("x@mail.10minutemail.com"));
        assert!(!is_disposable("x@example.com"));
        assert!(!is_disposable("no address"));
    }
}

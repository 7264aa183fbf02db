//! The score: pure arithmetic over what is known of an order and what went before. Every signal says what it saw.
#![expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of amounts, never amounts"
)]

use super::rules::{self, Rules};
use entities::enums::RiskLevel;
use serde::{Deserialize, Serialize};

/// What the rules look at.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    /// Orders in the window of each rule, this one among them.
    pub(crate) velocity: Vec<(&'static str, i64)>,
    /// What it amounts to, in minor units.
    pub(crate) amount: i64,
    /// Amounts of the person's earlier orders.
    pub(crate) persons: Vec<i64>,
    /// Amounts of the segment's orders.
    pub(crate) segments: Vec<i64>,
    pub(crate) billing_country: Option<String>,
    pub(crate) shipping_country: Option<String>,
    pub(crate) ip_country: Option<String>,
    pub(crate) disposable: bool,
    pub(crate) express: bool,
    /// Whether the customer never had anything sent there.
    pub(crate) new_address: bool,
    pub(crate) chargebacks: i64,
    /// Reasons of entries in the lists that it fits.
    pub(crate) allowed: Vec<String>,
    pub(crate) denied: Vec<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The rule.
    pub code: String,
    /// What it added.
    pub points: i32,
    /// What it saw.
    pub explanation: String,
}

/// What all signals amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// Their sum, never below zero.
    pub score: i32,
    /// What it means.
    pub level: RiskLevel,
    /// What was found.
    pub signals: Vec<Signal>,
}

/// Looks at an order by the rules.
pub(crate) fn assess(facts: &Facts, rules: &Rules) -> Assessment {
    let mut signals = Vec::new();
    let mut found = |code: &'static str, explanation: Option<String>| {
        if let (Some(rule), Some(explanation)) = (rules.active(code), explanation) {
            signals.push(Signal { code: code.to_owned(), points: rule.points, explanation });
        }
    };
    for (code, count) in &facts.velocity {
        found(code, velocity(rules, code, *count));
    }
    found(rules::AMOUNT_OUTLIER, outlier(facts, rules));
    found(rules::FIRST_ORDER_VALUE, first_order(facts, rules));
    let countries = |one: &Option<String>, two: &Option<String>, says: &str| {
        let (one, two) = (one.as_ref()?, two.as_ref()?);
        (one != two).then(|| format!("{says} {one}, shipped to {two}."))
    };
    let (billing, shipping) = (&facts.billing_country, &facts.shipping_country);
    found(rules::COUNTRY_MISMATCH, countries(billing, shipping, "Billed to"));
    found(rules::IP_COUNTRY_MISMATCH, countries(&facts.ip_country, shipping, "Ordered from"));
    let said = |holds: bool, text: &str| holds.then(|| text.to_owned());
    found(rules::DISPOSABLE_EMAIL, said(facts.disposable, "A throw-away email address."));
    let express = facts.express && facts.new_address;
    found(rules::EXPRESS_NEW_ADDRESS, said(express, "Express to an address never used before."));
    let back = (facts.chargebacks > 0)
        .then(|| format!("{} earlier orders were charged back.", facts.chargebacks));
    found(rules::EARLIER_CHARGEBACK, back);
    let listed = |reasons: &[String]| (!reasons.is_empty()).then(|| reasons.join("; "));
    found(rules::ALLOW_LIST, listed(&facts.allowed));
    found(rules::DENY_LIST, listed(&facts.denied));
    let score = signals.iter().map(|signal| signal.points).sum::<i32>().max(0);
    let from = |code: &str| rules.active(code).map_or(i32::MAX, |rule| rule.points);
    let level = if score >= from(rules::LEVEL_HIGH) {
        RiskLevel::High
    } else if score >= from(rules::LEVEL_MEDIUM) {
        RiskLevel::Medium
    } else {
        RiskLevel::Low
    };
    Assessment { score, level, signals }
}

fn velocity(rules: &Rules, code: &str, count: i64) -> Option<String> {
    let rule = rules.active(code)?;
    let hours = rule.window_hours?;
    let holds = count as f64 >= rule.threshold?;
    holds.then(|| format!("{count} orders in {hours} hours."))
}

/// How far an amount is from what is usual: in the person's history if that is long enough, else in the segment.
fn outlier(facts: &Facts, rules: &Rules) -> Option<String> {
    let rule = rules.active(rules::AMOUNT_OUTLIER)?;
    let (limit, least) = (rule.threshold?, usize::try_from(rule.minimum_orders?).ok()?);
    let (whose, amounts) = if facts.persons.len() >= least.max(1) {
        ("the person's", &facts.persons)
    } else if facts.segments.len() >= least.max(1) {
        ("the segment's", &facts.segments)
    } else {
        return None;
    };
    let z = robust_z(facts.amount, amounts)?;
    (z > limit).then(|| format!("A robust z of {z:.1} among {whose} {} orders.", amounts.len()))
}

/// A first order above a percentile of the segment's.
fn first_order(facts: &Facts, rules: &Rules) -> Option<String> {
    let rule = rules.active(rules::FIRST_ORDER_VALUE)?;
    let least = usize::try_from(rule.minimum_orders?).ok()?;
    if !facts.persons.is_empty() || facts.segments.len() < least.max(1) {
        return None;
    }
    let percent = rule.threshold?;
    let bound = percentile(&facts.segments, percent)?;
    let above = facts.amount as f64 > bound;
    above.then(|| format!("A first order above the {percent}th percentile of the segment's."))
}

/// 0.6745 x (x - median) / MAD. Where more than half are the same the deviation is zero: then the interquartile
/// range stands in (its normal equivalent is IQR / 1.349), and where that is zero too, any larger amount is beyond
/// every measure once it is above the 99th percentile.
pub(crate) fn robust_z(amount: i64, amounts: &[i64]) -> Option<f64> {
    let median = percentile(amounts, 50.0)?;
    let deviations: Vec<i64> =
        amounts.iter().map(|one| (*one as f64 - median).abs().round() as i64).collect();
    let mad = percentile(&deviations, 50.0)?;
    let distance = amount as f64 - median;
    if mad > 0.0 {
        return Some(0.674_5 * distance / mad);
    }
    let range = percentile(amounts, 75.0)? - percentile(amounts, 25.0)?;
    if range > 0.0 {
        return Some(1.349 * distance / range);
    }
    let beyond = amount as f64 > percentile(amounts, 99.0)?;
    Some(if beyond { f64::INFINITY } else { 0.0 })
}

/// The value below which so many per cent lie, between neighbours in proportion.
fn percentile(values: &[i64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len().checked_sub(1)? as f64) * percent / 100.0;
    let below = *sorted.get(place.floor() as usize)? as f64;
    let above = *sorted.get(place.ceil() as usize)? as f64;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use entities::risk_rule;

    fn usual() -> Rules {
        Rules::with(&[])
    }

    fn codes(facts: &Facts) -> Vec<String> {
        assess(facts, &usual()).signals.into_iter().map(|signal| signal.code).collect()
    }

    #[test]
    fn a_robust_z_is_not_moved_by_the_outliers_it_is_to_find() {
        // Median 50, MAD 10.
        let amounts = [30, 40, 50, 60, 1_000];
        assert!((robust_z(50, &amounts).unwrap()).abs() < 1e-9);
        assert!((robust_z(102, &amounts).unwrap() - 3.507_4).abs() < 1e-9);
        // All the same but for a few: the interquartile range, and where that is zero the percentile.
        assert!((robust_z(110, &[100, 100, 100, 100, 100, 90, 110, 120]).unwrap()).is_finite());
        assert_eq!(robust_z(101, &[100; 9]), Some(f64::INFINITY));
        assert_eq!(robust_z(100, &[100; 9]), Some(0.0));
        assert_eq!(robust_z(100, &[]), None);
    }

    #[test]
    fn an_amount_is_held_against_the_person_first_and_the_segment_else() {
        let segment = vec![1_000; 60];
        let person = |amount, persons: Vec<i64>| Facts {
            amount,
            persons,
            segments: segment.clone(),
            ..Facts::default()
        };
        // Who always buys for much buys for much.
        assert!(codes(&person(90_000, vec![80_000, 85_000, 90_000, 95_000, 99_000])).is_empty());
        assert_eq!(codes(&person(90_000, vec![80_000])), ["AMOUNT_OUTLIER"]);
        assert_eq!(codes(&person(90_000, vec![])), ["AMOUNT_OUTLIER", "FIRST_ORDER_VALUE"]);
        assert!(codes(&person(1_000, vec![])).is_empty());
        let few = Facts { amount: 90_000, segments: vec![1_000; 4], ..Facts::default() };
        assert!(codes(&few).is_empty(), "nobody knows what is usual");
    }

    #[test]
    fn signals_add_up_to_a_level_and_say_what_they_saw() {
        let country = |code: &str| Some(code.to_owned());
        let facts = Facts {
            velocity: vec![("VELOCITY_EMAIL", 5), ("VELOCITY_IP", 4)],
            billing_country: country("DE"),
            shipping_country: country("FR"),
            ip_country: country("BR"),
            disposable: true,
            ..Facts::default()
        };
        let found = assess(&facts, &usual());
        assert_eq!((found.score, found.level), (105, RiskLevel::High));
        let said: Vec<&str> = found.signals.iter().map(|one| one.explanation.as_str()).collect();
        assert_eq!(
            said,
            [
                "5 orders in 72 hours.",
                "Billed to DE, shipped to FR.",
                "Ordered from BR, shipped to FR.",
                "A throw-away email address.",
            ]
        );
        let known = Facts { allowed: vec!["our own office".into()], ..facts };
        assert_eq!(assess(&known, &usual()).level, RiskLevel::Low);
        assert_eq!(assess(&Facts::default(), &usual()).level, RiskLevel::Low);
    }

    #[test]
    fn a_shop_sets_its_own_points_and_switches_rules_off() {
        let row = |code: &str, active, points, threshold| risk_rule::Model {
            code: code.into(),
            active,
            points,
            threshold,
            window_hours: None,
            minimum_orders: None,
            updated_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        let own = Rules::with(&[
            row("DISPOSABLE_EMAIL", true, 90, None),
            row("VELOCITY_EMAIL", true, 30, Some(2.0)),
            row("COUNTRY_MISMATCH", false, 20, None),
        ]);
        let facts = Facts {
            velocity: vec![("VELOCITY_EMAIL", 2)],
            billing_country: Some("DE".into()),
            shipping_country: Some("FR".into()),
            disposable: true,
            ..Facts::default()
        };
        let found = assess(&facts, &own);
        assert_eq!((found.score, found.signals.len()), (120, 2));
    }
}

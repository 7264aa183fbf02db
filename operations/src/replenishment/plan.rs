//! When to buy how much: reorder point, safety stock and economic quantity, with the arithmetic in words.
#![expect(clippy::float_arithmetic, reason = "statistics, not money")]

use super::demand::{Demand, float, z};
use crate::purchasing::in_packs;
use entities::supplier_term;
use std::fmt::Write;
use time::{Duration, OffsetDateTime};

/// Days that a supplier takes of which nothing is known.
const UNKNOWN_LEAD_DAYS: f64 = 7.0;
/// Days that an order is to last where no cost says how many are cheapest.
const COVER_DAYS: f64 = 30.0;
/// A stock that lasts longer has no date.
const HORIZON_DAYS: f64 = 3_650.0;

/// How long a supplier takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeadTime {
    /// Days from order to receipt.
    pub days: f64,
    /// Their deviation.
    pub deviation: f64,
    /// Receipts that this was measured by; none where it is what the terms say.
    pub receipts: i64,
}

impl LeadTime {
    /// What the terms say, or is assumed where there are none.
    pub fn of_terms(days: Option<i32>) -> Self {
        let days = days.map_or(UNKNOWN_LEAD_DAYS, f64::from);
        Self { days, deviation: 0.0, receipts: 0 }
    }
}

/// What lies there, is promised, is to come, and is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// Units on hand that can be sold, or will be when somebody looked at them.
    pub on_hand: i64,
    /// Units promised to orders and checkouts.
    pub reserved: i64,
    /// Units that are to come from suppliers and other locations.
    pub on_order: i64,
    /// Units that orders wait for.
    pub backordered: i64,
    /// Of what is to come, when: the earliest first.
    pub receipts: Vec<(OffsetDateTime, i64)>,
}

impl Position {
    /// What is there and to come, and promised to nobody.
    pub const fn units(&self) -> i64 {
        self.on_hand - self.reserved + self.on_order - self.backordered
    }
}

/// What else decides.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The probability that a delivery comes before the stock has run out.
    pub service_level: f64,
    /// What placing and receiving one order costs, in major units.
    pub order_cost: f64,
    /// What holding stock for a year costs, as a share of its worth.
    pub holding_rate: f64,
    /// What one unit costs, in major units.
    pub unit_cost: Option<f64>,
    /// On what terms it is bought.
    pub term: Option<&'a supplier_term::Model>,
    /// The reorder point that somebody set.
    pub reorder_point: Option<i32>,
    /// The quantity that somebody set.
    pub reorder_quantity: Option<i32>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Units to order now; none where there is no need yet.
    pub quantity: i64,
    /// Order at or below this position.
    pub reorder_point: i64,
    /// Units kept against what cannot be foreseen.
    pub safety_stock: i64,
    /// When nothing is left, if nothing more is ordered; none where that is far away.
    pub stockout_at: Option<OffsetDateTime>,
    /// The arithmetic.
    pub explanation: String,
}

/// Plans one SKU at one location.
pub fn plan(
    demand: &Demand,
    lead: LeadTime,
    position: &Position,
    policy: &Policy<'_>,
    now: OffsetDateTime,
) -> Plan {
    let mut text = format!(
        "Demand {:.2} a day (deviation {:.2}{}), lead time {:.1} days{}.",
        demand.daily,
        demand.deviation,
        if demand.seldom { ", seldom: after Croston, corrected" } else { "" },
        lead.days,
        match (lead.receipts, policy.term) {
            (0, Some(_)) => " by the supplier's terms".to_owned(),
            (0, None) => " assumed, as no supplier is known".to_owned(),
            (receipts, _) => format!(" (deviation {:.1}, {receipts} receipts)", lead.deviation),
        }
    );
    let (computed, safety_stock) = reorder_point(demand, lead, policy.service_level, &mut text);
    let reorder_point = policy.reorder_point.map_or(computed, i64::from);
    if policy.reorder_point.is_some() {
        let _infallible = write!(text, " The reorder point that was set is {reorder_point}.");
    }
    let units = position.units();
    let _infallible = write!(
        text,
        " Position: {} on hand - {} reserved + {} on order - {} backordered = {units}.",
        position.on_hand, position.reserved, position.on_order, position.backordered
    );
    let needed = units <= reorder_point && (demand.daily > 0.0 || policy.reorder_point.is_some());
    let quantity = if needed {
        quantity(demand, lead, (units, reorder_point), policy, &mut text)
    } else {
        text.push_str(" Nothing to order yet.");
        0
    };
    let stockout_at = stockout(demand.daily, position, now);
    Plan { quantity, reorder_point, safety_stock, stockout_at, explanation: text }
}

/// The reorder point and the safety stock in it.
fn reorder_point(demand: &Demand, lead: LeadTime, level: f64, text: &mut String) -> (i64, i64) {
    let expected = demand.daily * lead.days;
    let days = usize::try_from(whole(lead.days)).unwrap_or(1);
    let seldom = demand.seldom.then(|| demand.quantile(days, level)).flatten();
    if let Some(quantile) = seldom {
        let (point, safety) = (whole(quantile), whole((quantile - expected).max(0.0)));
        let _infallible = write!(
            text,
            " Reorder point: in {:.1} % of all stretches of {days} days no more than {point} were sold; \
             {safety} of it above the expected {expected:.1}.",
            level * 100.0
        );
        return (point, safety);
    }
    let z = z(level);
    let of_demand = lead.days * demand.deviation.powi(2);
    let of_lead = demand.daily.powi(2) * lead.deviation.powi(2);
    let safety = z * (of_demand + of_lead).sqrt();
    let (point, kept) = (whole(expected + safety), whole(safety));
    let _infallible = write!(
        text,
        " Safety stock {z:.3} x sqrt({:.1} x {:.2}^2 + {:.2}^2 x {:.1}^2) = {safety:.1}. \
         Reorder point {:.2} x {:.1} + {safety:.1} = {point}.",
        lead.days, demand.deviation, demand.daily, lead.deviation, demand.daily, lead.days
    );
    (point, kept)
}

/// How much to order: the cheapest quantity, at least what lifts the position above the reorder point.
fn quantity(
    demand: &Demand,
    lead: LeadTime,
    (position, point): (i64, i64),
    policy: &Policy<'_>,
    text: &mut String,
) -> i64 {
    let yearly = demand.daily * 365.0;
    let holding =
        policy.unit_cost.map(|cost| cost * policy.holding_rate).filter(|cost| *cost > 0.0);
    let economic = match (policy.reorder_quantity, holding) {
        (Some(set), _) => {
            let _infallible = write!(text, " The quantity that was set is {set}.");
            i64::from(set)
        }
        (None, Some(holding)) => {
            let economic = economic_quantity(yearly, policy.order_cost, holding);
            let _infallible = write!(
                text,
                " Economic quantity sqrt(2 x {yearly:.0} x {:.2} / {holding:.4}) = {economic:.0}.",
                policy.order_cost
            );
            whole(economic)
        }
        (None, None) => {
            let days = lead.days.max(COVER_DAYS);
            let _infallible = write!(text, " No cost is known: what is sold in {days:.0} days.");
            whole(demand.daily * days)
        }
    };
    let least = (point - position + 1).max(1);
    let wanted = economic.max(least);
    if wanted > economic {
        let _infallible = write!(text, " At least {least} lift the position above the point.");
    }
    let Some(term) = policy.term else { return wanted };
    let fits = in_packs(wanted, term);
    if fits != wanted {
        let (least, pack) = (term.minimum_quantity, term.pack_size);
        let _infallible = write!(text, " From {least} units on in packs of {pack}: {fits}.");
    }
    fits
}

/// The quantity at which ordering and holding together cost least: Harris' square root.
pub fn economic_quantity(yearly: f64, order_cost: f64, holding_cost: f64) -> f64 {
    (2.0 * yearly * order_cost / holding_cost).sqrt()
}

/// When nothing is left, where units go evenly and what is to come comes in time.
fn stockout(daily: f64, position: &Position, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let mut left = float(position.on_hand - position.reserved - position.backordered);
    let mut at = now;
    for (comes, units) in &position.receipts {
        let days = (*comes - at).as_seconds_f64() / 86_400.0;
        if left <= daily * days.max(0.0) {
            break;
        }
        if days > 0.0 {
            left -= daily * days;
            at = *comes;
        }
        left += float(*units);
    }
    if left <= 0.0 {
        return Some(at);
    }
    let days = left / daily;
    (daily > 0.0 && days <= HORIZON_DAYS).then(|| at + Duration::seconds_f64(days * 86_400.0))
}

/// Rounded up to whole units, a hair of a float aside.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "saturates")]
pub(super) fn whole(units: f64) -> i64 {
    (units - 1e-9).ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-02 00:00 UTC);

    fn policy() -> Policy<'static> {
        Policy {
            service_level: 0.95,
            order_cost: 50.0,
            holding_rate: 0.2,
            unit_cost: Some(10.0),
            term: None,
            reorder_point: None,
            reorder_quantity: None,
        }
    }

    fn demand(daily: f64, deviation: f64) -> Demand {
        Demand { daily, deviation, ..Demand::of(&[]) }
    }

    fn lead(days: f64, deviation: f64) -> LeadTime {
        LeadTime { days, deviation, receipts: 0 }
    }

    fn lies(on_hand: i64) -> Position {
        Position { on_hand, ..Position::default() }
    }

    /// Harris' formula: 1,000 a year, 10.00 an order, 0.50 to hold one for a year are 200.
    #[test]
    fn the_economic_quantity_is_that_of_the_textbook() {
        assert!((economic_quantity(1_000.0, 10.0, 0.5) - 200.0).abs() < 1e-9);
    }

    /// Constant lead time: 50 a day with a deviation of 5, four days, 95 %: 1.645 x 5 x 2 = 16.4 above 200.
    #[test]
    fn a_constant_lead_time_needs_cover_against_demand_alone() {
        let found = plan(&demand(50.0, 5.0), lead(4.0, 0.0), &lies(500), &policy(), NOW);
        assert_eq!((found.safety_stock, found.reorder_point, found.quantity), (17, 217, 0));
    }

    /// Both vary: 150 a day with 16, five days with one, 95 %: 1.645 x sqrt(5 x 256 + 22,500) = 253.6 above 750.
    #[test]
    fn a_lead_time_that_varies_needs_more() {
        let found = plan(&demand(150.0, 16.0), lead(5.0, 1.0), &lies(1_004), &policy(), NOW);
        assert_eq!((found.safety_stock, found.reorder_point), (254, 1_004));
        // 54,750 a year, 50.00 an order, 2.00 to hold one: 1,654.5.
        assert_eq!(found.quantity, 1_655);
        let above = plan(&demand(150.0, 16.0), lead(5.0, 1.0), &lies(1_005), &policy(), NOW);
        assert_eq!(above.quantity, 0, "{}", above.explanation);
    }

    #[test]
    fn it_is_the_position_that_counts_and_packs_are_kept() {
        let term = supplier_term::Model {
            supplier_id: uuid::Uuid::nil(),
            variant_id: uuid::Uuid::nil(),
            supplier_sku: None,
            unit_cost_minor: 1_000,
            lead_time_days: 4,
            minimum_quantity: 40,
            pack_size: 12,
        };
        let policy = Policy { term: Some(&term), reorder_quantity: Some(5), ..policy() };
        let position = Position {
            on_hand: 300,
            reserved: 80,
            on_order: 10,
            backordered: 20,
            receipts: Vec::new(),
        };
        assert_eq!(position.units(), 210);
        let found = plan(&demand(50.0, 5.0), lead(4.0, 0.0), &position, &policy, NOW);
        assert_eq!(found.quantity, 48, "{}", found.explanation);
        let set = Policy { reorder_point: Some(10), ..policy };
        assert_eq!(plan(&demand(50.0, 5.0), lead(4.0, 0.0), &position, &set, NOW).quantity, 0);
        let set = Policy { reorder_point: Some(400), ..policy };
        let found = plan(&demand(50.0, 5.0), lead(4.0, 0.0), &position, &set, NOW);
        assert_eq!(found.quantity, 192, "191 lift it above 400");
        assert_eq!(plan(&demand(0.0, 0.0), lead(4.0, 0.0), &lies(0), &policy, NOW).quantity, 0);
    }

    #[test]
    fn the_day_on_which_nothing_is_left_counts_on_what_comes_in_time() {
        let at = |position: &Position| stockout(10.0, position, NOW);
        assert_eq!(at(&lies(25)), Some(datetime!(2026-03-04 12:00 UTC)));
        let comes =
            |day: i64| Position { receipts: vec![(NOW + Duration::days(day), 30)], ..lies(25) };
        assert_eq!(at(&comes(2)), Some(datetime!(2026-03-07 12:00 UTC)));
        assert_eq!(at(&comes(3)), Some(datetime!(2026-03-04 12:00 UTC)), "it comes too late");
        assert_eq!(at(&lies(0)), Some(NOW));
        assert_eq!(stockout(0.0, &lies(5), NOW), None);
        assert_eq!(stockout(0.001, &lies(5), NOW), None);
    }
}

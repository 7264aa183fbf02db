//! What people should see of an order: raised by rules, cleared when the cause is gone.

use super::aggregate::{Aggregate, OrderInHand};
use super::promise::customers_zone;
use super::totals;
use crate::checks::Address;
use crate::clock::timestamp;
use crate::events;
use crate::fulfillment::state as machine;
use entities::enums::OrderFlagCode;
use entities::order_flag;
use jiff::tz::TimeZone;
use sea_orm::ActiveEnum;
use serde_json::json;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// How long before the end of an authorization people are told.
const BEFORE_EXPIRY: Duration = Duration::hours(48);

impl Aggregate {
    /// Raises and clears the flags of an order.
    pub(super) fn flag(&mut self, index: usize, now: OffsetDateTime) {
        let wanted = self.wanted_flags(index, now);
        let Some(one) = self.orders.get_mut(index) else { return };
        let mut told = Vec::new();
        for row in one.flags.iter().filter(|row| !wanted.contains_key(&row.code)) {
            told.push((events::FLAG_CLEARED, json!({ "code": row.code.to_value() })));
        }
        one.flags.retain(|row| wanted.contains_key(&row.code));
        for (code, explanation) in wanted {
            if let Some(row) = one.flags.iter_mut().find(|row| row.code == code) {
                row.explanation = explanation;
                continue;
            }
            let data = json!({ "code": code.to_value(), "explanation": explanation });
            told.push((events::FLAG_RAISED, data));
            let order_id = one.row.id;
            one.flags.push(order_flag::Model {
                order_id,
                code,
                raised_at: now,
                explanation,
                order_placed_at: one.row.placed_at,
            });
        }
        let id = one.row.id;
        for (kind, data) in told {
            self.note_order(id, kind, data);
        }
    }

    fn wanted_flags(&self, index: usize, now: OffsetDateTime) -> BTreeMap<OrderFlagCode, String> {
        let mut flags = BTreeMap::new();
        let Some(one) = self.orders.get(index).filter(|one| one.is_open()) else { return flags };
        let counts = |state| machine::reserves(state) || machine::has_left(state);
        let works = self
            .work
            .iter()
            .filter(|work| work.orders.contains(&one.row.id) && counts(work.row.state))
            .count();
        if works > 1 {
            let text = format!("It comes in {works} shipments.");
            flags.insert(OrderFlagCode::SplitShipment, text);
        }
        let waiting: Vec<String> = one
            .lines
            .iter()
            .filter(|line| line.quantity_backordered > 0)
            .map(|line| format!("{} x {}", line.quantity_backordered, line.sku))
            .collect();
        if !waiting.is_empty() {
            let text = format!("Waits for stock: {}.", waiting.join(", "));
            flags.insert(OrderFlagCode::Backordered, text);
        }
        flags.extend(one.promise_flag(now));
        flags.extend(one.money_flags(now));
        flags.extend(one.country_flag());
        // What was said of its risk stays as long as it is open.
        let kept = one.flags.iter().filter(|row| row.code == OrderFlagCode::Outlier);
        flags.extend(kept.map(|row| (row.code, row.explanation.clone())));
        flags
    }
}

impl Aggregate {
    /// When the plan of an order is looked at next because something of it did not leave: at its time, and then
    /// every day.
    pub(super) fn next_ship_by(
        &self,
        one: &OrderInHand,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        if !one.is_open() || one.row.imported {
            return None;
        }
        let waits = self.work.iter().filter(|work| work.serves(one.row.id) && work.reserves());
        let due = waits.filter_map(|work| work.row.ship_by);
        due.map(|at| if at > now { at } else { now + Duration::days(1) }).min()
    }
}

impl OrderInHand {
    fn promise_flag(&self, now: OffsetDateTime) -> Option<(OrderFlagCode, String)> {
        let promised = self.row.promised_by?;
        if promised < now && self.row.delivered_at.is_none() {
            let text = format!("Promised for {} and not there.", self.day(promised));
            return Some((OrderFlagCode::Late, text));
        }
        let text = match self.row.expected_at {
            Some(expected) => {
                format!("Promised for {}, expected on {}.", self.day(promised), self.day(expected))
            }
            None => format!("Promised for {}, and some of it has no date.", self.day(promised)),
        };
        self.row.at_risk.then_some((OrderFlagCode::PromiseAtRisk, text))
    }

    fn money_flags(&self, now: OffsetDateTime) -> Vec<(OrderFlagCode, String)> {
        let mut flags = Vec::new();
        let ends = self.purse.next_expiry().filter(|at| *at - BEFORE_EXPIRY <= now);
        if let Some(ends) = ends {
            let text = format!("An authorization ends at {}.", crate::sql::fixed_width(ends));
            flags.push((OrderFlagCode::AuthorizationExpiring, text));
        }
        let rows = self.lines.iter().map(|line| &**line);
        let value = totals::value_of_what_left(&self.row, rows) - self.row.credited_minor;
        // What was asked for is on its way until somebody says otherwise.
        let got = self.purse.taken() - self.purse.returned();
        if value > got && self.row.payment_terms_days.is_none() && !self.row.imported {
            flags.push((OrderFlagCode::UnpaidShipped, "Some of what left is not paid.".to_owned()));
        }
        flags
    }

    fn country_flag(&self) -> Option<(OrderFlagCode, String)> {
        let country = |json: Option<&serde_json::Value>| Address::from_json(json?).country_code;
        let billing = country(self.row.billing_address.as_ref())?;
        let shipping = country(self.row.shipping_address.as_ref())?;
        let text = format!("Billed to {billing}, shipped to {shipping}.");
        (billing != shipping).then_some((OrderFlagCode::AddressMismatch, text))
    }

    /// The day of a moment, where the customer is.
    fn day(&self, at: OffsetDateTime) -> String {
        let zone = customers_zone(self.row.shipping_address.as_ref()).unwrap_or(TimeZone::UTC);
        timestamp(at).to_zoned(zone).date().to_string()
    }

    /// The next moment at which something changes by itself: a promise passes, or an authorization ends, or is to.
    pub(super) fn next_moment(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        if !self.is_open() || self.row.imported {
            return None;
        }
        let promised = self.row.promised_by.filter(|at| *at > now);
        promised.into_iter().chain(self.purse.next_moment(now)).min()
    }
}

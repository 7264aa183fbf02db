//! What a customer is told, and whether today's plan still keeps it.
//!
//! A promise counts from approval, else from placement. It is kept as the last instant of its day in the
//! customer's place, so that comparing instants compares dates.

use super::aggregate::{Aggregate, OrderInHand, WorkInHand};
use super::receipts;
use super::zones::zone_of;
use crate::catalog::calendar::{WorkCalendar, WorkDays, end_of_day};
use crate::catalog::sql as catalog;
use crate::checks::Address;
use crate::clock::{from_timestamp, timestamp};
use crate::error::Result;
use crate::events;
use crate::fulfillment::state as machine;
use crate::store::Db;
use entities::enums::{DeliveryMethod, FulfillmentState};
use entities::{delivery_service, location, order};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// When locations work, and how long services take.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedules {
    places: HashMap<Uuid, location::Model>,
    services: Vec<delivery_service::Model>,
}

/// How long a way of delivery takes.
struct Service {
    handling_days: i32,
    transit_days: i32,
    transit_days_abroad: i32,
    days: WorkDays,
}

impl Default for Service {
    /// A parcel that nothing is known of: two working days within a country, five to another, Monday to Saturday.
    fn default() -> Self {
        Self {
            handling_days: 0,
            transit_days: 2,
            transit_days_abroad: 5,
            days: WorkDays::new(&[1, 2, 3, 4, 5, 6], &[]),
        }
    }
}

impl Service {
    fn of(row: &delivery_service::Model) -> Self {
        let days: Vec<u8> = serde_json::from_value(row.working_days.clone()).unwrap_or_default();
        let holidays: Vec<String> =
            serde_json::from_value(row.holidays.clone()).unwrap_or_default();
        Self {
            handling_days: row.handling_days,
            transit_days: row.transit_days,
            transit_days_abroad: row.transit_days_abroad,
            days: WorkDays::new(&days, &holidays),
        }
    }
}

impl Schedules {
    pub(crate) async fn load(db: &Db, locations: &[Uuid]) -> Result<Self> {
        let places = if locations.is_empty() {
            Vec::new()
        } else {
            catalog::locations(db, locations).await?
        };
        Self::with(db, &places).await
    }

    /// The same with locations that are known already.
    pub(crate) async fn with(db: &Db, places: &[location::Model]) -> Result<Self> {
        Ok(Self {
            places: places.iter().map(|place| (place.id, place.clone())).collect(),
            services: catalog::delivery_services(db).await?,
        })
    }

    pub(crate) fn knows(&self, location: Uuid) -> bool {
        self.places.contains_key(&location)
    }

    /// The service of an order: its channel's own before one of the whole shop.
    fn row(&self, order: &order::Model) -> Option<&delivery_service::Model> {
        let code = order.delivery_service.as_deref()?.trim().to_lowercase();
        let named = |channel: Option<Uuid>| {
            self.services.iter().find(|row| row.code == code && row.channel_id == channel)
        };
        named(Some(order.channel_id)).or_else(|| named(None))
    }

    /// Whether an order goes by a service that is faster than usual.
    pub(crate) fn is_express(&self, order: &order::Model) -> bool {
        self.row(order).is_some_and(|row| row.express)
    }

    fn service(&self, order: &order::Model) -> Service {
        self.row(order).map(Service::of).unwrap_or_default()
    }
}

/// The zone that a customer lives in, as far as an address tells.
pub(crate) fn customers_zone(address: Option<&serde_json::Value>) -> Option<TimeZone> {
    zone_of(&Address::from_json(address?))
}

/// A promise as it is kept: the last instant of its day in the customer's place.
pub(crate) fn kept(promised: OffsetDateTime, address: Option<&Address>) -> OffsetDateTime {
    let zone = address.and_then(zone_of).unwrap_or(TimeZone::UTC);
    let date = timestamp(promised).to_zoned(zone.clone()).date();
    end_of_day(&zone, date).map_or(promised, from_timestamp)
}

/// When work is to leave, when that would arrive, and when it will by today's plan.
struct Planned {
    ship_by: Option<OffsetDateTime>,
    promise: Option<OffsetDateTime>,
    expected: Option<OffsetDateTime>,
}

impl Aggregate {
    /// Derives what is promised of an order and whether it is kept.
    pub(super) fn promise(&mut self, index: usize, now: OffsetDateTime) {
        let Some(schedules) = self.schedules.take() else { return };
        self.promise_by(&schedules, index, now);
        self.schedules = Some(schedules);
    }

    fn promise_by(&mut self, schedules: &Schedules, index: usize, now: OffsetDateTime) {
        let Some(one) = self.orders.get(index) else { return };
        if one.row.imported || one.row.draft || one.is_digital() {
            return;
        }
        let (order, service) = ((*one.row).clone(), schedules.service(&one.row));
        let arrivals = self.arrivals(order.id);
        let waits = arrivals.is_none();
        let mut plans = Vec::new();
        for (at, location) in arrivals.iter().flatten() {
            let Some(place) = schedules.places.get(location) else { continue };
            plans.push(plan_receipt(&order, *at, (place, &service), now));
        }
        let by_receipt = arrivals.is_some_and(|arrivals| !arrivals.is_empty());
        for work in self.work.iter_mut().filter(|work| work.orders.contains(&order.id)) {
            let counts = machine::reserves(work.row.state) || machine::has_left(work.row.state);
            let Some(place) = schedules.places.get(&work.row.location_id).filter(|_| counts) else {
                continue;
            };
            let plan = plan(&order, work, (place, &service), now);
            if work.orders == [order.id] || work.row.ship_by.is_none() {
                work.row.ship_by = plan.ship_by;
            }
            plans.push(plan);
        }
        let Some(one) = self.orders.get_mut(index) else { return };
        let latest = |of: fn(&Planned) -> Option<OffsetDateTime>| plans.iter().filter_map(of).max();
        let open = one.is_open();
        let before = one.row.promised_by;
        if open && !waits && (may_promise(one) || (by_receipt && !one.row.promise_given)) {
            one.row.promised_by = latest(|plan| plan.promise).or(before);
        }
        let told_before = one.row.was().is_some_and(|was| was.promised_by.is_some());
        let moved = told_before && one.row.promised_by != before;
        one.row.ship_by = latest(|plan| plan.ship_by);
        one.row.expected_at = if waits { None } else { latest(|plan| plan.expected) };
        let expected = one.row.expected_at;
        let breaks = |promised: OffsetDateTime| expected.is_none_or(|expected| expected > promised);
        one.row.at_risk = open && one.row.promised_by.is_some_and(breaks);
        if moved && by_receipt {
            let data = receipts::moved(one.row.promised_by);
            self.note_order(order.id, events::ORDER_PROMISE_MOVED, data);
        }
    }
}

/// Whether the system may still say what is promised: until approval, or while it goes elsewhere.
fn may_promise(one: &OrderInHand) -> bool {
    if one.row.promise_given {
        return false;
    }
    let Some(was) = one.row.was() else { return true };
    let moved = was.shipping_address != one.row.shipping_address
        || was.delivery_service != one.row.delivery_service
        || was.delivery_method != one.row.delivery_method
        || was.pickup_location_id != one.row.pickup_location_id;
    was.approved_at.is_none() || moved || one.row.promised_by.is_none()
}

fn plan(
    order: &order::Model,
    work: &WorkInHand,
    (place, service): (&location::Model, &Service),
    now: OffsetDateTime,
) -> Planned {
    let zone = TimeZone::get(&place.time_zone).unwrap_or(TimeZone::UTC);
    let calendar = WorkCalendar::from_json(&place.calendar);
    let leave = |ready: OffsetDateTime| {
        from_timestamp(calendar.ship_by(&zone, timestamp(ready), service.handling_days))
    };
    let begun = order.approved_at.unwrap_or(order.placed_at);
    // Work that was planned later than the order was placed has its own day.
    let ready =
        if work.row.created_at > order.created_at { begun.max(work.row.created_at) } else { begun };
    let ship_by = work.row.shipped_at.and(work.row.ship_by).or_else(|| Some(leave(ready)));
    let trip = Trip::of(order);
    let arrives = |left: OffsetDateTime| trip.arrival((place, &zone), service, left);
    let expected = match work.row.state {
        FulfillmentState::Delivered => work.row.delivered_at,
        FulfillmentState::Shipped => work.row.shipped_at.and_then(arrives),
        FulfillmentState::Requested
        | FulfillmentState::Open
        | FulfillmentState::OnHold
        | FulfillmentState::Picking
        | FulfillmentState::Packed
        | FulfillmentState::ReadyForPickup
        | FulfillmentState::Failed
        | FulfillmentState::Cancelled => {
            let in_time = ship_by.filter(|at| *at >= now);
            arrives(in_time.unwrap_or_else(|| leave(now)))
        }
    };
    Planned { ship_by, promise: ship_by.and_then(arrives), expected }
}

/// The same of what is still to come: it leaves as soon as it is there.
fn plan_receipt(
    order: &order::Model,
    comes: OffsetDateTime,
    (place, service): (&location::Model, &Service),
    now: OffsetDateTime,
) -> Planned {
    let zone = TimeZone::get(&place.time_zone).unwrap_or(TimeZone::UTC);
    let calendar = WorkCalendar::from_json(&place.calendar);
    let leaves = calendar.ship_by(&zone, timestamp(comes.max(now)), service.handling_days);
    let ship_by = Some(from_timestamp(leaves));
    let arrives = Trip::of(order).arrival((place, &zone), service, from_timestamp(leaves));
    Planned { ship_by, promise: arrives, expected: arrives }
}

/// Where goods go, and how.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    pub(crate) pickup: bool,
    pub(crate) country_code: Option<String>,
    /// The zone that the customer lives in.
    pub(crate) zone: Option<TimeZone>,
}

impl Trip {
    fn of(order: &order::Model) -> Self {
        Self {
            pickup: order.delivery_method == DeliveryMethod::Pickup,
            country_code: order.country_code.clone(),
            zone: customers_zone(order.shipping_address.as_ref()),
        }
    }

    /// The end of the day on which what leaves a location at a moment arrives, in the customer's place.
    fn arrival(
        &self,
        (place, zone): (&location::Model, &TimeZone),
        service: &Service,
        left: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let date = timestamp(left).to_zoned(zone.clone()).date();
        if self.pickup {
            return end_of_day(zone, date).map(from_timestamp);
        }
        let here = Address::from_json(&place.address).country_code;
        let abroad = self.country_code.is_some() && self.country_code != here;
        let days = if abroad { service.transit_days_abroad } else { service.transit_days };
        let customers = self.zone.as_ref().unwrap_or(zone);
        end_of_day(customers, service.days.after(date, days)).map(from_timestamp)
    }

    /// When what is ordered at a moment would arrive from a location, by a service that nothing is known of.
    pub(crate) fn from(
        &self,
        place: &location::Model,
        ordered: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let zone = TimeZone::get(&place.time_zone).unwrap_or(TimeZone::UTC);
        let service = Service::default();
        let calendar = WorkCalendar::from_json(&place.calendar);
        let leaves = calendar.ship_by(&zone, timestamp(ordered), service.handling_days);
        self.arrival((place, &zone), &service, from_timestamp(leaves))
    }
}

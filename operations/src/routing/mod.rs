//! Which location sends what, and why.

pub mod define;
pub mod read;
pub(crate) mod search;
pub mod simulate;
pub(crate) mod sql;

use crate::actor::Reach;
use crate::checks::Address;
use crate::error::Result;
use crate::money::Currency;
use crate::stock::reserve::Floor;
use crate::store::Db;
use entities::enums::RoutingRule;
use entities::{location, routing_strategy};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use search::{Candidate, DEFAULT_RULES, Routed, Rules, Source, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// A point on the globe, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    north: f64,
    east: f64,
}

impl Point {
    /// Where a location is, if that is known.
    pub(crate) fn of_location(location: &location::Model) -> Option<Self> {
        Some(Self { north: location.latitude?, east: location.longitude? })
    }

    /// Where an address is, if it says so.
    pub(crate) fn of_address(address: &Address) -> Option<Self> {
        Some(Self { north: address.latitude?, east: address.longitude? })
    }

    /// Kilometres over ground, on a sphere of the mean radius of the earth (6,371.0088 km, IUGG).
    #[expect(clippy::float_arithmetic, reason = "degrees and kilometres, not money")]
    pub(crate) fn kilometres_to(self, other: Self) -> f64 {
        let (from, to) = (self.north.to_radians(), other.north.to_radians());
        let (up, along) = (to - from, (other.east - self.east).to_radians());
        let haversine =
            (up / 2.0).sin().powi(2) + from.cos() * to.cos() * (along / 2.0).sin().powi(2);
        2.0 * 6_371.008_8 * haversine.sqrt().min(1.0).asin()
    }
}

/// What is to be routed: everything about an order that rules look at.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) currency: Currency,
    /// What the whole order is worth, in minor units.
    pub(crate) value: i64,
    /// The location at which the customer fetches it.
    pub(crate) pickup: Option<Uuid>,
    pub(crate) allow_split: bool,
    pub(crate) destination: Option<Point>,
    /// Locations that refused or failed it.
    pub(crate) excluded: &'a [Uuid],
    /// The one location that is asked.
    pub(crate) only: Option<Uuid>,
    /// Work that the same transaction opened at locations.
    pub(crate) opened: &'a BTreeMap<Uuid, i64>,
    /// Locations that send something of the order already.
    pub(crate) used: Vec<Uuid>,
    /// Locations with work for it into which more can be put.
    pub(crate) joinable: Vec<Uuid>,
}

static NONE_OPENED: BTreeMap<Uuid, i64> = BTreeMap::new();

impl Job<'_> {
    /// Something worth nothing that may go any way.
    pub(crate) const fn of(currency: Currency) -> Self {
        Self {
            currency,
            value: 0,
            pickup: None,
            allow_split: true,
            destination: None,
            excluded: &[],
            only: None,
            opened: &NONE_OPENED,
            used: Vec::new(),
            joinable: Vec::new(),
        }
    }
}

/// Why a location is not asked that has no room left.
pub(crate) const NO_ROOM: &str = "has no room left today";

/// The locations that may serve an order, most preferred first, and the strategy that chooses among them.
#[derive(Debug)]
pub(crate) struct Router {
    pub(crate) places: Vec<location::Model>,
    strategy: Option<routing_strategy::Model>,
    backlog: HashMap<Uuid, i64>,
    opened_today: HashMap<Uuid, i64>,
}

impl Router {
    /// The locations within reach that serve the channel, with its strategy.
    pub(crate) async fn load(db: &Db, reach: &Reach, channel: Uuid) -> Result<Self> {
        let strategy = sql::strategy_of(db, channel).await?;
        Self::with(db, reach, channel, strategy).await
    }

    /// The same with another strategy.
    pub(crate) async fn with(
        db: &Db,
        reach: &Reach,
        channel: Uuid,
        strategy: Option<routing_strategy::Model>,
    ) -> Result<Self> {
        let serving = crate::catalog::sql::serving(db, channel).await?;
        let places: Vec<location::Model> =
            serving.into_iter().filter(|place| reach.has_location(place.id)).collect();
        let (mut backlog, mut opened_today) = (HashMap::new(), HashMap::new());
        if rules_of(strategy.as_ref()).contains(&RoutingRule::LowestBacklog) {
            let ids: Vec<Uuid> = places.iter().map(|place| place.id).collect();
            backlog = sql::backlog(db, &ids).await?.into_iter().collect();
        }
        let limited: Vec<&location::Model> =
            places.iter().filter(|place| place.daily_capacity.is_some()).collect();
        if !limited.is_empty() {
            let days: Vec<(Uuid, OffsetDateTime)> =
                limited.iter().map(|place| (place.id, day_began(place, db.now()))).collect();
            opened_today = sql::opened_since(db, &days).await?.into_iter().collect();
        }
        Ok(Self { places, strategy, backlog, opened_today })
    }

    pub(crate) fn place_ids(&self) -> Vec<Uuid> {
        self.places.iter().map(|place| place.id).collect()
    }

    pub(crate) fn place(&self, id: Uuid) -> Option<&location::Model> {
        self.places.iter().find(|place| place.id == id)
    }

    /// Whether the strategy looks at what lies there to be done.
    fn asks_backlog(&self) -> bool {
        rules_of(self.strategy.as_ref()).contains(&RoutingRule::LowestBacklog)
    }

    /// Whether customers of the channel can fetch at a location.
    pub(crate) fn offers_pickup(&self, id: Uuid) -> bool {
        self.place(id).is_some_and(|place| place.offers_pickup)
    }

    /// Routes what is wanted to what lies there.
    pub(crate) fn route(&self, wanted: &[Wanted], floor: &Floor, job: &Job<'_>) -> Routed {
        self.route_from(wanted, |place| floor.at(place), job)
    }

    /// The same with what could be promised at each place.
    fn route_from(
        &self,
        wanted: &[Wanted],
        available: impl Fn(Uuid) -> BTreeMap<Uuid, i64>,
        job: &Job<'_>,
    ) -> Routed {
        let sources: Vec<Source> = self
            .places
            .iter()
            .filter(|place| job.pickup.map_or(place.ships_orders, |id| place.id == id))
            .map(|place| self.source(place, available(place.id), job))
            .collect();
        let rules = rules_of(self.strategy.as_ref());
        let most = self.most(job);
        if job.used.is_empty() || job.only.is_some() {
            return search::route(wanted, &sources, Rules { rules: &rules, most });
        }
        let among = |fits: &dyn Fn(&Uuid) -> bool| {
            let only = |source: &Source| {
                let other = !fits(&source.location);
                let rejected = source.rejected.or(other.then_some("would be a further parcel"));
                Source { rejected, ..source.clone() }
            };
            let sources: Vec<Source> = sources.iter().map(only).collect();
            search::route(wanted, &sources, Rules { rules: &rules, most: usize::MAX })
        };
        // What goes along with what is sent anyway needs no further parcel.
        let along = among(&|id| job.used.contains(id) && job.joinable.contains(id));
        if along.plan.fills(wanted) {
            return along;
        }
        match most.saturating_sub(job.used.len()) {
            0 => among(&|id| job.used.contains(id)),
            left => search::route(wanted, &sources, Rules { rules: &rules, most: left }),
        }
    }

    fn source(
        &self,
        place: &location::Model,
        available: BTreeMap<Uuid, i64>,
        job: &Job<'_>,
    ) -> Source {
        let opened = self.opened_today.get(&place.id).copied().unwrap_or(0)
            + job.opened.get(&place.id).copied().unwrap_or(0);
        // What goes into work that is there needs no room of its own.
        let joins = job.joinable.contains(&place.id);
        let full = !joins && place.daily_capacity.is_some_and(|most| opened >= i64::from(most));
        let rejected = match job.only {
            Some(only) if only != place.id => Some("all of it is to come from another"),
            _ if job.excluded.contains(&place.id) => Some("refused or failed it before"),
            None if full => Some(NO_ROOM),
            Some(_) | None => None,
        };
        let distance_km = job
            .destination
            .zip(Point::of_location(place))
            .map(|(there, here)| here.kilometres_to(there));
        Source {
            location: place.id,
            available,
            distance_km,
            backlog: self.backlog.get(&place.id).copied().unwrap_or(0),
            rejected,
        }
    }

    /// How many locations may serve it.
    fn most(&self, job: &Job<'_>) -> usize {
        let strategy = self.strategy.as_ref();
        let worth = job.currency.decimal(job.value);
        let above = strategy
            .and_then(|one| one.split_above_value.as_ref()?.parse::<Decimal>().ok())
            .is_some_and(|limit| worth < limit);
        if !job.allow_split || above {
            return 1;
        }
        let splits = strategy.and_then(|one| one.max_splits);
        splits.map_or(usize::MAX, |splits| usize::try_from(splits).unwrap_or(0) + 1)
    }

    /// What is kept with each fulfillment.
    pub(crate) fn decision(&self, routed: &Routed, at: OffsetDateTime) -> Decision {
        Decision {
            strategy_id: self.strategy.as_ref().map(|one| one.id),
            decided_by: routed.decided_by.map(|rule| rule.to_value()),
            decided_at: crate::sql::fixed_width(at),
            candidates: routed.candidates.iter().map(Considered::of).collect(),
        }
    }
}

/// Why a location was chosen, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The strategy; none where the shop has set none.
    pub strategy_id: Option<Uuid>,
    /// The rule that yielded the plan; none where no rule yielded a full one.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: String,
    /// Every location that was considered.
    pub candidates: Vec<Considered>,
}

impl Decision {
    /// From a column.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(json.clone()).ok()
    }

    /// When it was made.
    pub fn at(&self) -> Option<OffsetDateTime> {
        let rfc = time::format_description::well_known::Rfc3339;
        OffsetDateTime::parse(&self.decided_at, &rfc).ok()
    }
}

/// A location that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    /// Which.
    pub location_id: Uuid,
    /// By the rule that decided; more is better.
    pub score: f64,
    /// Units that it could have sent by itself.
    pub fills: i64,
    /// From it to the customer, where both places are known.
    pub distance_km: Option<f64>,
    /// Why it was not chosen.
    pub rejected: Option<String>,
}

impl Considered {
    fn of(candidate: &Candidate) -> Self {
        Self {
            location_id: candidate.location,
            score: candidate.score,
            fills: candidate.fills,
            distance_km: candidate.distance_km,
            rejected: candidate.rejected.map(str::to_owned),
        }
    }
}

/// The rules of a strategy, or those of a shop that has set none.
pub(crate) fn rules_of(strategy: Option<&routing_strategy::Model>) -> Vec<RoutingRule> {
    let named: Option<Vec<String>> =
        strategy.and_then(|one| serde_json::from_value(one.rules.clone()).ok());
    named.map_or_else(
        || DEFAULT_RULES.to_vec(),
        |named| named.iter().filter_map(|name| RoutingRule::try_from_value(name).ok()).collect(),
    )
}

/// When the day began that a location's clock shows.
fn day_began(place: &location::Model, now: OffsetDateTime) -> OffsetDateTime {
    let zone = jiff::tz::TimeZone::get(&place.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let began = crate::clock::timestamp(now).to_zoned(zone).start_of_day();
    began.map_or(now, |at| crate::clock::from_timestamp(at.timestamp()))
}

/// When the next day begins that a location's clock shows.
pub(crate) fn day_after(place: &location::Model, now: OffsetDateTime) -> OffsetDateTime {
    let zone = jiff::tz::TimeZone::get(&place.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let today = crate::clock::timestamp(now).to_zoned(zone);
    let next = today.tomorrow().and_then(|day| day.start_of_day());
    next.map_or(now + time::Duration::days(1), |at| crate::clock::from_timestamp(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_that_over_ground() {
        let berlin = Point { north: 52.52, east: 13.405 };
        let hamburg = Point { north: 53.5511, east: 9.9937 };
        let sydney = Point { north: -33.8688, east: 151.2093 };
        let close = |km: f64, expected: f64| assert!((km - expected).abs() < 1.0, "{km}");
        close(berlin.kilometres_to(hamburg), 255.3);
        close(sydney.kilometres_to(berlin), 16_094.0);
        close(berlin.kilometres_to(berlin), 0.0);
    }
}

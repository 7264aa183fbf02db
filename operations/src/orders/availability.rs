//! What can be sold and by when, before an order exists.

use super::input::{self, LineInput};
use super::place::Shelf;
use super::promise::Trip;
use super::zones::zone_of;
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::routing::search::{Plan, Wanted};
use crate::routing::{Job, Point, Router};
use crate::stock::reserve::{Floor, Held, check_pickup};
use crate::store::Db;
use entities::stock_level;
use std::collections::{BTreeMap, BTreeSet};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What somebody would like to order.
#[derive(Debug, Clone)]
pub struct AskAvailability {
    /// Where.
    pub channel_id: Uuid,
    /// What; as in an order.
    pub lines: Vec<LineInput>,
    /// Where it would go.
    pub destination: Option<Address>,
    /// Where it would be fetched.
    pub pickup_location_id: Option<Uuid>,
}

/// What could be sold, and by when.
#[derive(Debug, Clone)]
pub struct Availability {
    /// Line by line.
    pub lines: Vec<LineAvailability>,
    /// When the last of it would arrive; none where some of it is short.
    pub deliver_by: Option<OffsetDateTime>,
    /// Locations that would send it, beyond the first.
    pub split_count: usize,
}

/// What could be sold of one line.
#[derive(Debug, Clone)]
pub struct LineAvailability {
    /// The SKU.
    pub sku: String,
    /// Units asked for.
    pub requested: i32,
    /// Units that could be promised.
    pub available: i64,
    /// When suppliers could have sent what is short, were it ordered from them now.
    pub backorderable_from: Option<OffsetDateTime>,
    /// Where it lies: of a bundle its components.
    pub levels: Vec<stock_level::Model>,
}

/// Tells what can be sold; nothing is held by it.
pub async fn availability(db: &Db, actor: &Actor, ask: &AskAvailability) -> Result<Availability> {
    actor.require(Permission::StockRead)?;
    let mut faults = Faults::default();
    if ask.lines.is_empty() {
        faults.add(RefusalCode::Required, "lines", "names at least one line");
    } else if ask.lines.len() > input::MAX_LINES {
        let message = format!("takes at most {} lines", input::MAX_LINES);
        faults.add(RefusalCode::LimitExceeded, "lines", message);
    }
    if let Some(destination) = &ask.destination {
        destination.check(&mut faults, "destination");
    }
    let channel = catalog::channels(db, &[ask.channel_id]).await?.pop();
    let Some(channel) = channel.filter(|channel| actor.reach.has_channel(channel.id)) else {
        faults.push(checks::not_found("channelId", "channel"));
        return Err(Error::Refused(faults.into_vec()));
    };
    let currency = Currency::of_channel(&channel)?;
    let skus: Vec<&str> = ask.lines.iter().map(|line| line.sku.trim()).collect();
    let shelf = Shelf::load(db, channel.id, &skus).await?;
    let lines = shelf.check(&mut faults, (currency, "lines"), &ask.lines);
    let router = Router::load(db, &actor.reach, channel.id).await?;
    check_pickup(&mut faults, &router, ask.pickup_location_id);
    faults.check()?;
    let goods = &shelf.goods;
    let wanted: Vec<Wanted> =
        lines.iter().map(|line| goods.wanted(&line.sku, line.price.quantity)).collect();
    let floor = Floor::load(db, goods, &router.place_ids(), &Held::default()).await?;
    let value = lines.iter().map(|line| {
        line.price.quantity.saturating_mul(line.price.unit_price) - line.price.discount
    });
    let job = Job {
        currency,
        value: value.sum(),
        pickup: ask.pickup_location_id,
        allow_split: true,
        destination: ask.destination.as_ref().and_then(Point::of_address),
        ..Job::of(currency)
    };
    let plan = router.route(&wanted, &floor, &job).plan;
    let asked = Asked { ask, router: &router, floor: &floor };
    let free = asked.free();
    let short: Vec<Uuid> = wanted
        .iter()
        .zip(&plan.filled)
        .filter(|(line, filled)| line.quantity > **filled)
        .flat_map(|(line, _)| line.parts.iter().map(|part| part.0))
        .collect();
    let leads: BTreeMap<Uuid, i32> = if short.is_empty() {
        BTreeMap::new()
    } else {
        catalog::shortest_lead_times(db, &short).await?.into_iter().collect()
    };
    let answers = lines.iter().zip(&wanted).zip(&plan.filled).map(|((line, wanted), filled)| {
        let waits = wanted.quantity > *filled;
        LineAvailability {
            sku: line.sku.clone(),
            requested: i32::try_from(wanted.quantity).unwrap_or(i32::MAX),
            available: whole(wanted, &free),
            backorderable_from: waits.then(|| bought(wanted, &free, &leads, db.now())).flatten(),
            levels: asked.levels(wanted),
        }
    });
    let complete = wanted.iter().zip(&plan.filled).all(|(line, filled)| line.quantity == *filled);
    let places: BTreeSet<Uuid> = plan.shares.iter().map(|share| share.location).collect();
    Ok(Availability {
        lines: answers.collect(),
        deliver_by: if complete { asked.deliver_by(&plan, db.now()) } else { None },
        split_count: places.len().saturating_sub(1),
    })
}

struct Asked<'a> {
    ask: &'a AskAvailability,
    router: &'a Router,
    floor: &'a Floor,
}

impl Asked<'_> {
    /// Whether a location could send to where it would go.
    fn serves(&self, id: Uuid) -> bool {
        let chosen = self.ask.pickup_location_id;
        chosen.map_or_else(
            || self.router.place(id).is_some_and(|place| place.ships_orders),
            |chosen| chosen == id,
        )
    }

    /// Units of each variant that could be promised.
    fn free(&self) -> BTreeMap<Uuid, i64> {
        let mut free: BTreeMap<Uuid, i64> = BTreeMap::new();
        for place in self.router.place_ids().into_iter().filter(|id| self.serves(*id)) {
            for (variant, units) in self.floor.at(place) {
                *free.entry(variant).or_default() += units.max(0);
            }
        }
        free
    }

    fn levels(&self, wanted: &Wanted) -> Vec<stock_level::Model> {
        let of = |level: &&stock_level::Model| {
            let wants = wanted.parts.iter().any(|part| part.0 == level.variant_id);
            wants && self.serves(level.location_id)
        };
        self.floor.levels().iter().filter(of).cloned().collect()
    }

    /// When the last share of a plan would arrive.
    fn deliver_by(&self, plan: &Plan, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let address = self.ask.destination.as_ref();
        let trip = Trip {
            pickup: self.ask.pickup_location_id.is_some(),
            country_code: address
                .and_then(|address| address.country_code.as_deref())
                .map(|code| code.trim().to_uppercase()),
            zone: address.and_then(zone_of),
        };
        let places = plan.shares.iter().filter_map(|share| self.router.place(share.location));
        places.filter_map(|place| trip.from(place, now)).max()
    }
}

/// Whole units that free stock makes.
fn whole(wanted: &Wanted, free: &BTreeMap<Uuid, i64>) -> i64 {
    let of = |variant: &Uuid| free.get(variant).copied().unwrap_or(0);
    wanted.parts.iter().map(|(variant, each)| of(variant) / each.max(&1)).min().unwrap_or(0)
}

/// When every part of a line that is short could be here, bought now; none where nobody is known to sell one.
fn bought(
    wanted: &Wanted,
    free: &BTreeMap<Uuid, i64>,
    leads: &BTreeMap<Uuid, i32>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let short =
        |part: &&(Uuid, i64)| free.get(&part.0).copied().unwrap_or(0) < part.1 * wanted.quantity;
    let days: Option<Vec<i32>> =
        wanted.parts.iter().filter(short).map(|part| leads.get(&part.0).copied()).collect();
    days?.into_iter().max().map(|days| now + Duration::days(days.into()))
}

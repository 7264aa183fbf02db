//! What can be sold and by when, before an order exists.

use super::input::{self, LineInput};
use super::place::Shelf;
use super::promise::Trip;
use super::receipts::Receipts;
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
    /// When the last of it would arrive, what is still to come among it; none where some of it has no date.
    pub deliver_by: Option<OffsetDateTime>,
    /// Locations that would send it, beyond the first, those where something is still to come among them.
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
    /// When what is short is to come and is promised to nobody yet; else when suppliers could have sent it, were it
    /// ordered from them now.
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
    let (mut leads, mut promised) = (BTreeMap::new(), Promised::default());
    if !short.is_empty() {
        leads.extend(catalog::shortest_lead_times(db, &short).await?);
        let receipts = Receipts::left(db, &short).await?;
        promised = asked.promise(&plan, &wanted, receipts, db.now());
    }
    let dates = &promised.dates;
    let both = lines.iter().zip(&wanted).zip(&plan.filled).enumerate();
    let answers = both.map(|(index, ((line, wanted), filled))| {
        let waits = wanted.quantity > *filled;
        let comes = dates.get(&index).copied();
        LineAvailability {
            sku: line.sku.clone(),
            requested: i32::try_from(wanted.quantity).unwrap_or(i32::MAX),
            available: whole(wanted, &free),
            backorderable_from: waits
                .then(|| comes.or_else(|| bought(wanted, &free, &leads, db.now())))
                .flatten(),
            levels: asked.levels(wanted),
        }
    });
    let waits = |(line, filled): (&Wanted, &i64)| line.quantity > *filled;
    let waiting = wanted.iter().zip(&plan.filled).filter(|one| waits(*one)).count();
    let mut places: BTreeSet<Uuid> = plan.shares.iter().map(|share| share.location).collect();
    places.extend(promised.places);
    let today = asked.deliver_by(&plan, db.now());
    Ok(Availability {
        lines: answers.collect(),
        deliver_by: if dates.len() == waiting { today.max(promised.arrives) } else { None },
        split_count: places.len().saturating_sub(1),
    })
}

/// What is short now and is to come.
#[derive(Debug, Default)]
struct Promised {
    /// When the last of a line comes, by its place; lines of which some has no date are left out.
    dates: BTreeMap<usize, OffsetDateTime>,
    /// Where it comes.
    places: BTreeSet<Uuid>,
    /// When the last of all of it would be delivered.
    arrives: Option<OffsetDateTime>,
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

    /// Deals out what is to come, and is promised to nobody, to the lines that are short now.
    fn promise(
        &self,
        plan: &Plan,
        wanted: &[Wanted],
        mut receipts: Receipts,
        now: OffsetDateTime,
    ) -> Promised {
        let mut spare = self.free();
        for share in &plan.shares {
            *spare.entry(share.variant).or_default() -= share.quantity;
        }
        let mut promised = Promised::default();
        for (index, (line, filled)) in wanted.iter().zip(&plan.filled).enumerate() {
            let missing = line.quantity - filled;
            let mut comes = Some(BTreeSet::new());
            for (variant, each) in line.parts.iter().filter(|_| missing > 0) {
                let lies = spare.entry(*variant).or_default();
                let taken = (*lies).clamp(0, each * missing);
                *lies -= taken;
                let rest = each * missing - taken;
                let here = |place: Uuid| self.serves(place);
                let found = receipts.take_for(self.ask.channel_id, (*variant, rest), here);
                comes = comes.zip(found).map(|(mut comes, found)| {
                    comes.extend(found);
                    comes
                });
            }
            let Some(comes) = comes.filter(|comes| !comes.is_empty()) else { continue };
            if let Some((at, _)) = comes.last() {
                promised.dates.insert(index, *at);
            }
            for (at, location) in comes {
                promised.places.insert(location);
                let place = self.router.place(location);
                let arrives = place.and_then(|place| self.trip().from(place, at.max(now)));
                promised.arrives = promised.arrives.max(arrives);
            }
        }
        promised
    }

    fn levels(&self, wanted: &Wanted) -> Vec<stock_level::Model> {
        let of = |level: &&stock_level::Model| {
            let wants = wanted.parts.iter().any(|part| part.0 == level.variant_id);
            wants && self.serves(level.location_id)
        };
        self.floor.levels().iter().filter(of).cloned().collect()
    }

    fn trip(&self) -> Trip {
        let address = self.ask.destination.as_ref();
        Trip {
            pickup: self.ask.pickup_location_id.is_some(),
            country_code: address
                .and_then(|address| address.country_code.as_deref())
                .map(|code| code.trim().to_uppercase()),
            zone: address.and_then(zone_of),
        }
    }

    /// When the last share of a plan would arrive.
    fn deliver_by(&self, plan: &Plan, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let trip = self.trip();
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

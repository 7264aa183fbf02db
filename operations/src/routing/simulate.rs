//! `routingSimulate`: what another strategy would have done with past orders. Nothing is touched.
//!
//! The stock of the past follows from the movements: what lies there today less all that happened since is what
//! lay there when the range began. From then on everything happens as it did, except that the orders in question
//! take what the strategy would have planned. Of an order counts what stands of it today.

use super::define::DefineStrategy;
use super::search::{Routed, Wanted};
use super::{Job, Point, Router, day_began, sql};
use crate::actor::Actor;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::stock::read::available;
use crate::stock::reserve::Goods;
use crate::stock::sql as stock;
use crate::store::Db;
use entities::{order, routing_strategy};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// Orders that are replayed at most.
pub const MAX_ORDERS: i64 = 10_000;

/// How many orders are routed before others have their turn.
const AT_ONCE: usize = 50;

/// What a strategy would have done.
#[derive(Debug, Clone, Default)]
pub struct Simulation {
    /// Orders that were replayed.
    pub orders: usize,
    /// Orders that more than one location would have sent.
    pub split: usize,
    /// Orders of which some would have waited for stock.
    pub unroutable: usize,
    /// Orders that would have come from elsewhere than they did.
    pub changed: usize,
    /// Kilometres from location to customer, of fulfillments where both places are known.
    pub kilometres: Vec<f64>,
    /// Fulfillments by location.
    pub by_location: BTreeMap<Uuid, usize>,
}

/// Orders placed from a moment on and before another; none for no bound.
pub type Range = (Option<OffsetDateTime>, Option<OffsetDateTime>);

/// Replays orders under a strategy.
pub async fn simulate(
    db: &Db,
    actor: &Actor,
    command: &DefineStrategy,
    (from, to): Range,
) -> Result<Simulation> {
    actor.require(Permission::OrdersRead)?;
    let mut faults = Faults::default();
    command.check(&mut faults);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        faults.add(RefusalCode::Invalid, "placedAt", "begins before it ends");
    }
    if let Some(channel) = command.channel_id
        && (catalog::channels(db, &[channel]).await?.is_empty()
            || !actor.reach.has_channel(channel))
    {
        faults.push(checks::not_found("channelId", "channel"));
    }
    if let Some(id) = command.id
        && sql::strategies_by_ids(db, actor, &[id]).await?.is_empty()
    {
        faults.push(checks::not_found("id", "routing strategy"));
    }
    faults.check()?;
    let which = sql::Replayed { actor, channel: command.channel_id, from, to };
    let count = sql::count_replayed(db, &which).await?;
    if count > MAX_ORDERS {
        let words = format!("{count} orders lie in it: at most {MAX_ORDERS}, choose less time");
        return Err(Error::BadInput(format!("placedAt: {words}")));
    }
    Replay::load(db, command, which).await?.run().await
}

/// An order as it is replayed.
struct Replay<'a> {
    db: &'a Db,
    which: sql::Replayed<'a>,
    orders: Vec<order::Model>,
    /// Of each order: the variant of a line, and units.
    lines: HashMap<Uuid, Vec<(Uuid, i64)>>,
    /// Of each order: where units of a variant really came from.
    really: HashMap<Uuid, BTreeMap<(Uuid, Uuid), i64>>,
    goods: Goods,
    routers: HashMap<Uuid, Router>,
}

impl<'a> Replay<'a> {
    async fn load(db: &'a Db, command: &DefineStrategy, which: sql::Replayed<'a>) -> Result<Self> {
        let orders = sql::replayed(db, &which).await?;
        let mut lines: HashMap<Uuid, Vec<(Uuid, i64)>> = HashMap::new();
        let mut really: HashMap<Uuid, BTreeMap<(Uuid, Uuid), i64>> = HashMap::new();
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
        for ids in ids.chunks(1_000) {
            for (order, variant, units) in sql::standing_lines(db, ids).await? {
                lines.entry(order).or_default().push((variant, units));
            }
            for (order, variant, location, units) in sql::real_shares(db, ids).await? {
                really.entry(order).or_default().insert((variant, location), units);
            }
        }
        let variants: BTreeSet<Uuid> = lines.values().flatten().map(|line| line.0).collect();
        let variants: Vec<Uuid> = variants.into_iter().collect();
        let mut rows = Vec::new();
        for ids in variants.chunks(1_000) {
            rows.extend(catalog::variants(db, ids).await?);
        }
        let goods = Goods::of(db, rows).await?;
        let strategy = strategy(command, db.now());
        let mut routers = HashMap::new();
        let channels: BTreeSet<Uuid> = orders.iter().map(|order| order.channel_id).collect();
        for channel in channels {
            let places = catalog::serving(db, channel).await?;
            let places = places
                .into_iter()
                .filter(|place| which.actor.reach.has_location(place.id))
                .collect();
            let router = Router {
                places,
                strategy: Some(strategy.clone()),
                backlog: HashMap::new(),
                opened_today: HashMap::new(),
            };
            routers.insert(channel, router);
        }
        Ok(Self { db, which, orders, lines, really, goods, routers })
    }

    async fn run(mut self) -> Result<Simulation> {
        let Some(first) = self.orders.first().map(|order| order.placed_at) else {
            return Ok(Simulation::default());
        };
        let places: BTreeSet<Uuid> = self.routers.values().flat_map(Router::place_ids).collect();
        let places: Vec<Uuid> = places.into_iter().collect();
        let mut shelf = Shelf::load(self.db, &self.which, (&self.goods, &places), first).await?;
        let mut queue = Queue::load(self.db, &self.which, &places, first).await?;
        let mut done = Simulation { orders: self.orders.len(), ..Simulation::default() };
        let orders = std::mem::take(&mut self.orders);
        for (index, order) in orders.iter().enumerate() {
            if index % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            shelf.until(order.placed_at);
            let Some(router) = self.routers.get_mut(&order.channel_id) else { continue };
            queue.tell(router, order.placed_at);
            let empty = Vec::new();
            let lines = self.lines.get(&order.id).unwrap_or(&empty);
            let wanted: Vec<Wanted> = lines
                .iter()
                .map(|(variant, units)| Wanted {
                    quantity: *units,
                    parts: self.goods.parts_of(Some(*variant)),
                })
                .collect();
            let routed = route(router, &wanted, &shelf, order)?;
            queue.add(order, &routed);
            let taken = shelf.take(&routed);
            done.note(order, &wanted, &routed, taken != *self.really.entry(order.id).or_default());
        }
        Ok(done)
    }
}

fn route(
    router: &Router,
    wanted: &[Wanted],
    shelf: &Shelf,
    order: &order::Model,
) -> Result<Routed> {
    let currency = Currency::from_code(&order.currency)
        .ok_or_else(|| Error::Internal(format!("order {} has no currency", order.id)))?;
    let address = order.shipping_address.as_ref().map(Address::from_json);
    let job = Job {
        currency,
        value: order.grand_total_minor,
        pickup: order.pickup_location_id,
        allow_split: order.allow_split,
        destination: address.as_ref().and_then(Point::of_address),
        ..Job::of(currency)
    };
    Ok(router.route_from(wanted, |place| shelf.at(place, wanted), &job))
}

impl Simulation {
    fn note(&mut self, order: &order::Model, wanted: &[Wanted], routed: &Routed, changed: bool) {
        let places: BTreeSet<Uuid> =
            routed.plan.shares.iter().map(|share| share.location).collect();
        let short = wanted.iter().zip(&routed.plan.filled).any(|(line, has)| line.quantity > *has);
        self.split += usize::from(places.len() > 1);
        self.unroutable += usize::from(short);
        self.changed += usize::from(changed);
        for place in places {
            *self.by_location.entry(place).or_default() += 1;
            let known = routed.candidates.iter().find(|one| one.location == place);
            if order.pickup_location_id.is_none() {
                self.kilometres.extend(known.and_then(|one| one.distance_km));
            }
        }
    }

    /// The mean way of a fulfillment; none where no place is known.
    #[expect(
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "kilometres, not money"
    )]
    pub fn average_km(&self) -> Option<f64> {
        let count = self.kilometres.len();
        (count > 0).then(|| self.kilometres.iter().sum::<f64>() / count as f64)
    }

    /// The share of orders that more than one location would have sent; 0 of none.
    #[expect(
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "a share, not money"
    )]
    pub fn split_rate(&self) -> f64 {
        self.split as f64 / self.orders.max(1) as f64
    }
}

/// The strategy, as it would stand in the database.
fn strategy(command: &DefineStrategy, now: OffsetDateTime) -> routing_strategy::Model {
    routing_strategy::Model {
        id: Uuid::nil(),
        name: command.name.trim().to_owned(),
        channel_id: command.channel_id,
        rules: super::define::names(&command.rules),
        max_splits: command.max_splits,
        split_above_value: command.split_above_value.map(|value| value.to_string()),
        active: true,
        priority: 0,
        created_at: now,
        updated_at: now,
    }
}

/// What lay where, while time goes by.
struct Shelf {
    free: HashMap<(Uuid, Uuid), i64>,
    /// What happened later, the earliest last.
    to_come: Vec<sql::PastMove>,
}

impl Shelf {
    async fn load(
        db: &Db,
        which: &sql::Replayed<'_>,
        (goods, places): (&Goods, &[Uuid]),
        since: OffsetDateTime,
    ) -> Result<Self> {
        let (mut free, mut to_come) = (HashMap::new(), Vec::new());
        for variants in goods.stocked().chunks(1_000) {
            let levels = stock::levels(db, variants, places).await?;
            for level in &levels {
                let now = available(level);
                free.insert((level.variant_id, level.location_id), now);
            }
            let ids: Vec<Uuid> = levels.iter().map(|level| level.id).collect();
            for (variant, location, change) in sql::moved_since(db, &ids, since).await? {
                *free.entry((variant, location)).or_default() -= change;
            }
            to_come.extend(sql::others_moved(db, which, &ids, since).await?);
        }
        to_come.sort_by_key(|one| std::cmp::Reverse(one.2));
        Ok(Self { free, to_come })
    }

    /// Lets happen what happened by then.
    fn until(&mut self, moment: OffsetDateTime) {
        while let Some((variant, place, _, change)) = self.to_come.pop_if(|next| next.2 <= moment) {
            *self.free.entry((variant, place)).or_default() += change;
        }
    }

    fn at(&self, place: Uuid, wanted: &[Wanted]) -> BTreeMap<Uuid, i64> {
        let variants = wanted.iter().flat_map(|line| &line.parts).map(|part| part.0);
        variants.filter_map(|variant| Some((variant, *self.free.get(&(variant, place))?))).collect()
    }

    /// Takes what was planned.
    fn take(&mut self, routed: &Routed) -> BTreeMap<(Uuid, Uuid), i64> {
        let taken = crate::stock::reserve::by_place(&routed.plan);
        for (key, units) in &taken {
            *self.free.entry(*key).or_default() -= units;
        }
        taken
    }
}

/// What lay to be done at locations, while time goes by.
struct Queue {
    /// Location, when it was planned, and when it was off the table, if it is.
    work: Vec<(Uuid, OffsetDateTime, Option<OffsetDateTime>)>,
}

impl Queue {
    async fn load(
        db: &Db,
        which: &sql::Replayed<'_>,
        places: &[Uuid],
        since: OffsetDateTime,
    ) -> Result<Self> {
        Ok(Self { work: sql::other_work(db, which, places, since).await? })
    }

    fn add(&mut self, order: &order::Model, routed: &Routed) {
        let places: BTreeSet<Uuid> =
            routed.plan.shares.iter().map(|share| share.location).collect();
        let ended = order.shipped_at.or(order.cancelled_at);
        self.work.extend(places.into_iter().map(|place| (place, order.placed_at, ended)));
    }

    /// Tells a router what lies where, as far as its strategy asks.
    fn tell(&mut self, router: &mut Router, now: OffsetDateTime) {
        if router.asks_backlog() {
            router.backlog.clear();
            for (place, planned, ended) in &self.work {
                if *planned <= now && ended.is_none_or(|ended| ended > now) {
                    *router.backlog.entry(*place).or_default() += 1;
                }
            }
        }
        router.opened_today.clear();
        for place in router.places.iter().filter(|place| place.daily_capacity.is_some()) {
            let began = day_began(place, now);
            let today = |work: &&(Uuid, OffsetDateTime, Option<OffsetDateTime>)| {
                work.0 == place.id && work.1 >= began && work.1 <= now
            };
            let count = self.work.iter().filter(today).count();
            router.opened_today.insert(place.id, i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

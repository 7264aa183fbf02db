//! What to buy, where and how much, and why.
//!
//! Every SKU at a location from which anything left lately is planned by what left: nothing is kept, so that a suggestion
//! always says what is true now. Levels are looked at in portions, until a page is full.

pub mod demand;
pub mod plan;
mod sql;

use crate::actor::Actor;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::ids::made_at;
use crate::money::Currency;
use crate::orders::sql as orders;
use crate::page::{Cursor, Order, Page, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use demand::{Demand, float};
use entities::stock_level;
use plan::{LeadTime, Plan, Policy, Position, plan};
use std::collections::{BTreeMap, HashMap};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Levels that are planned together at most.
const PORTION: usize = 1_000;
/// Receipts from which on a lead time is measured rather than believed.
const ENOUGH_RECEIPTS: i64 = 3;
const BY_ID: Order = Order::by_id("s.id", false);

/// How to plan.
#[derive(Debug, Clone)]
pub struct AskReplenishment {
    /// At these locations; at all without it.
    pub location_ids: Option<Vec<Uuid>>,
    /// Days of shipments that demand is measured by, 7 to 730; 90 by default.
    pub window_days: Option<i32>,
    /// The probability that a delivery comes in time, 0.5 to 0.999; 0.95 by default.
    pub service_level: Option<f64>,
    /// What an order costs where the supplier says nothing, in major units of its currency; 10 by default.
    pub order_cost: Option<f64>,
    /// What holding stock for a year costs, in percent of its worth; 20 by default.
    pub holding_cost_percent: Option<f64>,
}

/// One SKU at one location to buy.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The level.
    pub level: stock_level::Model,
    /// From whom: the cheapest in the currency in which it is valued, else the quickest; none where nobody is known.
    pub supplier_id: Option<Uuid>,
    /// Units a day.
    pub daily_demand: f64,
    /// Their deviation.
    pub demand_deviation: f64,
    /// Whether most days have none.
    pub seldom: bool,
    /// How long the supplier takes.
    pub lead: LeadTime,
    /// What is there and to come, and promised to nobody.
    pub position: i64,
    /// When and how much, with the arithmetic.
    pub plan: Plan,
}

impl Suggestion {
    /// How long the supplier takes, in whole days.
    pub fn lead_time_days(&self) -> i64 {
        plan::whole(self.lead.days)
    }
}

/// What was asked, checked.
struct Ask<'a> {
    locations: Option<&'a [Uuid]>,
    window_days: i64,
    service_level: f64,
    order_cost: f64,
    holding_rate: f64,
}

impl AskReplenishment {
    #[expect(clippy::float_arithmetic, reason = "a share, not money")]
    fn check(&self) -> Result<Ask<'_>> {
        let mut faults = Faults::default();
        let window_days = self.window_days.unwrap_or(90);
        if !(7..=730).contains(&window_days) {
            faults.add(RefusalCode::Invalid, "windowDays", "is 7 to 730");
        }
        let mut within = |field: &str, value: f64, min: f64, max: f64| {
            if !(min..=max).contains(&value) {
                faults.add(RefusalCode::Invalid, field, format!("is {min} to {max}"));
            }
            value
        };
        let level = within("serviceLevel", self.service_level.unwrap_or(0.95), 0.5, 0.999);
        let order_cost = within("orderCost", self.order_cost.unwrap_or(10.0), 0.0, 1_000_000.0);
        let percent = self.holding_cost_percent.unwrap_or(20.0);
        let percent = within("holdingCostPercent", percent, 0.1, 1_000.0);
        faults.check()?;
        Ok(Ask {
            locations: self.location_ids.as_deref(),
            window_days: window_days.into(),
            service_level: level,
            order_cost,
            holding_rate: percent / 100.0,
        })
    }
}

/// A page of what is to be bought now, oldest level first.
pub async fn suggestions(
    db: &Db,
    actor: &Actor,
    ask: &AskReplenishment,
    page: &PageArgs,
) -> Result<Rows<Suggestion>> {
    actor.require(Permission::PurchasingRead)?;
    let ask = ask.check()?;
    let page = page.check(BY_ID)?;
    let mut found: Vec<Suggestion> = Vec::new();
    let mut from = page.clone();
    while found.len() <= page.limit() {
        // One in ten is to be bought, more or less: no more are planned than the page is likely to need.
        let size = ((page.limit() + 1 - found.len()) * 10).clamp(100, PORTION);
        let (planned, next) = portion(db, actor, &ask, &from, size).await?;
        found.extend(planned.into_iter().filter(|one| one.plan.quantity > 0));
        let Some(next) = next else { break };
        from = next;
    }
    Ok(page.finish(found, |one| Cursor::new(SortValue::Id, one.level.id)))
}

/// How many SKUs at locations are to be bought now.
pub async fn suggestions_count(db: &Db, actor: &Actor, ask: &AskReplenishment) -> Result<i64> {
    actor.require(Permission::PurchasingRead)?;
    let ask = ask.check()?;
    let mut from = PageArgs::default().check(BY_ID)?;
    let mut count = 0;
    loop {
        let (planned, next) = portion(db, actor, &ask, &from, PORTION).await?;
        count += planned.iter().filter(|one| one.plan.quantity > 0).count();
        let Some(next) = next else { return i64::try_from(count).map_err(|_| too_many()) };
        from = next;
    }
}

fn too_many() -> Error {
    Error::Internal("more suggestions than a number holds".into())
}

/// Plans a portion of the levels, in the order of the page; answers with where to go on, if there is more.
async fn portion(
    db: &Db,
    actor: &Actor,
    ask: &Ask<'_>,
    page: &Page,
    size: usize,
) -> Result<(Vec<Suggestion>, Option<Page>)> {
    let since = db.now() - Duration::days(ask.window_days);
    let rows = page.of_size(size).sql(BY_ID);
    let levels = sql::levels(db, &actor.reach, ask.locations, since, rows).await?;
    let last = levels.last().filter(|_| levels.len() == size).map(|level| level.id);
    let next = last.map(|id| page.behind(Cursor::new(SortValue::Id, id)));
    if levels.is_empty() {
        return Ok((Vec::new(), None));
    }
    let facts = Facts::load(db, &levels, since).await?;
    let planned = levels.into_iter().map(|level| facts.plan(ask, level, db.now())).collect();
    Ok((planned, next))
}

/// A variant at a location.
type Place = (Uuid, Uuid);

/// What is known of the levels of a portion.
struct Facts {
    /// By level: days ago and units.
    shipped: HashMap<Uuid, Vec<(i64, i64)>>,
    offers: HashMap<Uuid, Vec<sql::Offer>>,
    leads: HashMap<(Uuid, Uuid), LeadTime>,
    /// What is to come, the earliest first; nothing that is overdue.
    to_come: HashMap<Place, Vec<(OffsetDateTime, i64)>>,
    waited_for: BTreeMap<(Uuid, Uuid), i64>,
}

impl Facts {
    async fn load(db: &Db, levels: &[stock_level::Model], since: OffsetDateTime) -> Result<Self> {
        let ids: Vec<Uuid> = levels.iter().map(|level| level.id).collect();
        let mut variants: Vec<Uuid> = levels.iter().map(|level| level.variant_id).collect();
        variants.sort_unstable();
        variants.dedup();
        let shipped = sql::shipped(db, &ids, since).await?.into_iter().collect();
        let mut offers: HashMap<Uuid, Vec<sql::Offer>> = HashMap::new();
        for offer in sql::offers(db, &variants).await? {
            offers.entry(offer.term.variant_id).or_default().push(offer);
        }
        let mut to_come: HashMap<Place, Vec<(OffsetDateTime, i64)>> = HashMap::new();
        for receipt in orders::receipts(db, &variants).await? {
            let key = (receipt.variant, receipt.location);
            to_come.entry(key).or_default().push((receipt.at, receipt.units));
        }
        let waited_for = sql::waited_for(db, &variants).await?;
        Ok(Self {
            shipped,
            offers,
            leads: sql::lead_times(db, &variants).await?,
            to_come,
            waited_for: waited_for
                .into_iter()
                .map(|(variant, location, units)| ((variant, location), units))
                .collect(),
        })
    }

    fn plan(&self, ask: &Ask<'_>, level: stock_level::Model, now: OffsetDateTime) -> Suggestion {
        let key = (level.variant_id, level.location_id);
        let demand = Demand::of(&self.days(ask, &level, now));
        let offer = self.offer(&level);
        let measured =
            offer.and_then(|offer| self.leads.get(&(offer.supplier.id, level.variant_id)).copied());
        let terms = LeadTime::of_terms(offer.map(|offer| offer.term.lead_time_days));
        let lead = measured.filter(|lead| lead.receipts >= ENOUGH_RECEIPTS).unwrap_or(terms);
        let position = self.position(&level, key, now);
        let currency = offer.and_then(|offer| Currency::from_code(&offer.supplier.currency));
        let major = |minor: i64| currency.map(|currency| major(minor, currency));
        let order_cost = offer.and_then(|offer| offer.supplier.order_cost_minor).and_then(major);
        let policy = Policy {
            service_level: ask.service_level,
            order_cost: order_cost.unwrap_or(ask.order_cost),
            holding_rate: ask.holding_rate,
            unit_cost: offer.and_then(|offer| major(offer.term.unit_cost_minor)),
            term: offer.map(|offer| &offer.term),
            reorder_point: level.reorder_point,
            reorder_quantity: level.reorder_quantity,
        };
        Suggestion {
            supplier_id: offer.map(|offer| offer.supplier.id),
            daily_demand: demand.daily,
            demand_deviation: demand.deviation,
            seldom: demand.seldom,
            lead,
            position: position.units(),
            plan: plan(&demand, lead, &position, &policy, now),
            level,
        }
    }

    /// Units by day, the earliest first: of a level that is younger than the window since it was made.
    fn days(&self, ask: &Ask<'_>, level: &stock_level::Model, now: OffsetDateTime) -> Vec<i64> {
        let shipped = self.shipped.get(&level.id);
        let first = shipped.into_iter().flatten().map(|(days, _)| days + 1).max().unwrap_or(1);
        let age = made_at(level.id).map_or(ask.window_days, |made| (now - made).whole_days() + 1);
        let count = age.clamp(1, ask.window_days).max(first);
        let mut days = vec![0; usize::try_from(count).unwrap_or(0)];
        for (ago, units) in shipped.into_iter().flatten() {
            let place = usize::try_from(count - 1 - ago).ok();
            if let Some(day) = place.and_then(|place| days.get_mut(place)) {
                *day += units;
            }
        }
        days
    }

    /// The cheapest in the currency in which the level is valued, else the quickest.
    fn offer(&self, level: &stock_level::Model) -> Option<&sql::Offer> {
        let offers = self.offers.get(&level.variant_id)?;
        let own =
            |offer: &&sql::Offer| Some(&offer.supplier.currency) == level.value_currency.as_ref();
        let cheapest = offers.iter().filter(own);
        let cheapest =
            cheapest.min_by_key(|offer| (offer.term.unit_cost_minor, offer.term.lead_time_days));
        cheapest.or_else(|| offers.iter().min_by_key(|offer| offer.term.lead_time_days))
    }

    fn position(
        &self,
        level: &stock_level::Model,
        key: (Uuid, Uuid),
        now: OffsetDateTime,
    ) -> Position {
        let to_come = self.to_come.get(&key).into_iter().flatten();
        let receipts = to_come.map(|(at, units)| ((*at).max(now), *units)).collect();
        Position {
            on_hand: level.on_hand - level.damaged,
            reserved: level.reserved,
            on_order: level.incoming + level.in_transit,
            backordered: self.waited_for.get(&key).copied().unwrap_or(0),
            receipts,
        }
    }
}

/// An amount in major units, for a comparison of costs that rounds anyway.
#[expect(clippy::float_arithmetic, reason = "a cost that is weighed, not paid")]
fn major(minor: i64, currency: Currency) -> f64 {
    float(minor) / 10_f64.powi(currency.digits_column())
}

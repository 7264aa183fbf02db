//! Which events somebody wants: the same question asked of the database and of an event in memory.

use super::kinds::{EVENT_KINDS, EventKind};
use super::{LoggedEvent, sql};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::permissions::Permissions;
use crate::stock::read::LevelFilter;
use crate::store::Db;
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Which events: every condition given must hold.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of these types; one may end in a wildcard, such as `payment.*`.
    pub types: Option<Vec<String>>,
    /// In these channels.
    pub channels: Option<Vec<Uuid>>,
    /// At these locations; of order events, those of orders that one of them sends something of.
    pub locations: Option<Vec<Uuid>>,
    /// About these.
    pub subjects: Option<Vec<Uuid>>,
    /// Of these customers.
    pub customers: Option<Vec<Uuid>>,
    /// Of these orders.
    pub orders: Option<Vec<Uuid>>,
    /// Of orders that one of these users has, or had until this event.
    pub assignees: Option<Vec<Uuid>>,
    /// From this moment.
    pub from: Option<OffsetDateTime>,
    /// Before this moment.
    pub to: Option<OffsetDateTime>,
    /// Only what belongs to an order, or is about a stock level.
    pub about: About,
    /// Whose level is like this now; for events about stock levels.
    pub level: LevelFilter,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum About {
    /// Anything.
    #[default]
    Anything,
    /// An order, its payments and its fulfillments.
    Orders,
    /// A fulfillment or a parcel of one.
    Fulfillments,
    /// A stock level.
    StockLevels,
    /// A settlement report, a payout or a difference to be explained.
    Settlements,
    /// A return.
    Returns,
    /// A case.
    Cases,
    /// A task.
    Tasks,
}

/// Who follows the log, and what of it they want.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub(super) actor: Actor,
    pub(super) filter: EventFilter,
    /// Names of the types that are wanted and may be seen; none where that is every type.
    pub(super) kinds: Option<Vec<&'static str>>,
    /// Names of the types that are wanted and seen only of what the actor did.
    pub(super) own_kinds: Vec<&'static str>,
}

/// What of an order decides who hears of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFacts {
    /// Where its goods come from.
    pub(super) locations: Vec<Uuid>,
    /// Who has it.
    pub(super) assignee: Option<Uuid>,
}

/// The types that patterns name; one that names nothing is refused by its name.
pub fn kinds_of(patterns: &[String]) -> Result<Vec<&'static EventKind>> {
    let (mut kinds, mut unknown) = (Vec::new(), Vec::new());
    for pattern in patterns {
        let found = EventKind::matching(pattern);
        if found.is_empty() {
            unknown.push(format!("`{pattern}`"));
        }
        kinds.extend(found);
    }
    if unknown.is_empty() {
        return Ok(kinds);
    }
    let unknown = unknown.join(", ");
    Err(Error::BadInput(format!("no event has the type {unknown}: `eventTypes` lists them all")))
}

impl Wanted {
    /// Fails where a type is named that there is none of.
    pub fn new(actor: &Actor, filter: EventFilter) -> Result<Self> {
        let asked = filter.types.as_deref().map(kinds_of).transpose()?;
        Ok(Self::of(actor, filter, asked))
    }

    /// Everything that an actor may see.
    pub fn everything(actor: &Actor) -> Self {
        Self::of(actor, EventFilter::default(), None)
    }

    fn of(actor: &Actor, filter: EventFilter, asked: Option<Vec<&'static EventKind>>) -> Self {
        let whole = actor.reach.channels.is_none() && actor.reach.locations.is_none();
        let all = asked.is_none() && whole && actor.permissions == Permissions::all();
        let asked = asked.unwrap_or_else(|| EVENT_KINDS.to_vec());
        let own_kinds = asked
            .iter()
            .filter(|kind| kind.is_for_its_actor() && !actor.may(kind.permission))
            .map(|kind| kind.name)
            .collect();
        let seen = asked
            .into_iter()
            .filter(|kind| actor.may(kind.permission) && (whole || !kind.needs_all()));
        let kinds = (!all).then(|| {
            let mut names: Vec<&str> = seen.map(|kind| kind.name).collect();
            names.sort_unstable();
            names.dedup();
            names
        });
        Self { actor: actor.clone(), filter, kinds, own_kinds }
    }

    /// Of what is wanted these types alone.
    pub(crate) fn narrowed(mut self, patterns: Option<&[String]>) -> Result<Self> {
        let Some(patterns) = patterns else { return Ok(self) };
        let only: Vec<&str> = kinds_of(patterns)?.into_iter().map(|kind| kind.name).collect();
        let all = EVENT_KINDS.iter().map(|kind| kind.name);
        let mut kept: Vec<&str> = match self.kinds {
            Some(kinds) => kinds.into_iter().filter(|name| only.contains(name)).collect(),
            None => all.filter(|name| only.contains(name)).collect(),
        };
        kept.sort_unstable();
        self.kinds = Some(kept);
        self.own_kinds.retain(|name| only.contains(name));
        Ok(self)
    }

    /// Names of the types that are wanted and may be seen; none where that is every type.
    pub(crate) fn kinds(&self) -> Option<&[&'static str]> {
        self.kinds.as_deref()
    }

    /// Whether an event's order must be known to decide.
    pub(crate) fn looks_at_orders(&self) -> bool {
        self.actor.reach.locations.is_some()
            || self.filter.assignees.is_some()
            || self.filter.about == About::Orders && self.filter.locations.is_some()
    }

    /// Whether it takes most of the log, so that reading on from a place soon finds something.
    pub(super) fn is_wide(&self) -> bool {
        let filter = &self.filter;
        let narrow = [&filter.channels, &filter.locations, &filter.subjects, &filter.customers];
        self.kinds.is_none()
            && self.actor.reach == crate::actor::Reach::default()
            && narrow.into_iter().chain([&filter.orders, &filter.assignees]).all(Option::is_none)
            && filter.from.is_none()
            && filter.to.is_none()
            && filter.about == About::Anything
    }

    /// Whether an event is wanted and may be seen, as far as that can be said of the event alone; what
    /// [`sql::wanted`] says in SQL. Of the rest [`Wanted::still_open`] tells.
    pub(crate) fn takes(&self, event: &LoggedEvent) -> bool {
        let (row, filter, reach) = (&event.row, &self.filter, &self.actor.reach);
        let one_of = |ids: &Option<Vec<Uuid>>, id: Option<Uuid>| {
            ids.as_ref().is_none_or(|ids| id.is_some_and(|id| ids.contains(&id)))
        };
        let of_order =
            |condition: &dyn Fn(&OrderFacts) -> bool| event.order.as_deref().is_some_and(condition);
        let kind = row.kind.as_str();
        let did_it = || (row.actor_kind, row.actor_id) == (self.actor.kind, self.actor.id);
        (self.kinds.as_ref().is_none_or(|kinds| kinds.binary_search(&kind).is_ok())
            || self.own_kinds.contains(&kind) && did_it())
            && row.channel_id.is_none_or(|channel| reach.has_channel(channel))
            && row.location_id.is_none_or(|location| reach.has_location(location))
            && (row.order_id.is_none()
                || reach.locations.is_none()
                || of_order(&|order| order.locations.iter().any(|id| reach.has_location(*id))))
            && one_of(&filter.channels, row.channel_id)
            && match (&filter.locations, filter.about) {
                (Some(locations), About::Orders) => {
                    of_order(&|order| order.locations.iter().any(|id| locations.contains(id)))
                }
                (locations, _) => one_of(locations, row.location_id),
            }
            && one_of(&filter.subjects, Some(row.subject_id))
            && one_of(&filter.customers, row.customer_id)
            && one_of(&filter.orders, row.order_id)
            && filter.from.is_none_or(|from| row.at >= from)
            && filter.to.is_none_or(|to| row.at < to)
            && match filter.about {
                About::Anything => true,
                About::Orders => row.order_id.is_some(),
                About::Fulfillments => matches!(row.subject_type.as_str(), "ful" | "pcl"),
                About::Settlements => matches!(row.subject_type.as_str(), "str" | "pyo" | "rex"),
                About::Returns => row.subject_type == "ret",
                About::Cases => row.subject_type == "cas",
                About::Tasks => row.subject_type == "tsk",
                About::StockLevels => {
                    row.subject_type == "stk" && self.takes_level(row.location_id, &row.data)
                }
            }
            && filter.assignees.as_ref().is_none_or(|assignees| {
                let had = row.data.get("previousUserId").and_then(Json::as_str);
                let had = had.and_then(|id| id.parse().ok());
                had.is_some_and(|id| assignees.contains(&id))
                    || of_order(&|order| order.assignee.is_some_and(|id| assignees.contains(&id)))
            })
    }

    fn takes_level(&self, location: Option<Uuid>, data: &Json) -> bool {
        let level = &self.filter.level;
        let sku = data.get("sku").and_then(Json::as_str).unwrap_or_default();
        level
            .location_ids
            .as_ref()
            .is_none_or(|ids| location.is_some_and(|location| ids.contains(&location)))
            && level.skus.as_ref().is_none_or(|skus| skus.iter().any(|wanted| wanted == sku))
    }

    /// Whether the database must be asked about an event that is wanted so far: customers are reached
    /// through their orders, and a level may have changed since.
    pub(crate) fn still_open(&self, event: &LoggedEvent) -> bool {
        let reach = &self.actor.reach;
        let restricted = reach.channels.is_some() || reach.locations.is_some();
        let row = &event.row;
        let level = &self.filter.level;
        restricted && row.customer_id.is_some() && row.order_id.is_none()
            || level.below_reorder_point.is_some()
            || level.out_of_stock.is_some()
    }

    /// Asks the database about one event.
    pub async fn confirms(&self, db: &Db, event: &LoggedEvent) -> Result<bool> {
        Ok(!self.still_open(event) || sql::is_wanted(db, self, event.row.id).await?)
    }
}

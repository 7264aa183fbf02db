//! The event log: every change writes what happened, in its own transaction.
//!
//! Timelines, subscriptions, webhooks and history read it. Data names people by id, never by name or
//! address, since rows of the log are never rewritten: what an actor may know of them is decided where
//! the id is followed.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::first_of;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::privacy::seal;
use crate::procedures::react::Happened;
use crate::store::{Batch, Db, WriteTx};
use entities::{Row, event};
use serde_json::Value as Json;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub mod filter;
pub mod kinds;
pub mod place;
pub mod retention;
pub mod shape;
mod sql;
pub mod tail;

pub use filter::{About, EventFilter, OrderFacts, Wanted};
pub(crate) use kinds::*;
pub use kinds::{EVENT_KINDS, EventKind};
pub use place::LogPlace;

/// The mark of a log from which nothing was pruned.
const RETAINED_ALL: LogPlace = LogPlace::START;

/// What happened, before it is written.
#[derive(Debug)]
pub(crate) struct NewEvent {
    /// Its id, where something else names it; made when it is recorded otherwise.
    pub(crate) id: Option<Uuid>,
    /// The step of a payment that it tells of.
    pub(crate) tells_of: Option<Uuid>,
    pub(crate) kind: &'static EventKind,
    /// The id prefix and id of what it is about.
    pub(crate) subject: (&'static str, Uuid),
    pub(crate) order: Option<Uuid>,
    pub(crate) customer: Option<Uuid>,
    pub(crate) channel: Option<Uuid>,
    pub(crate) location: Option<Uuid>,
    pub(crate) data: Json,
    /// When it happened in the world, if not now.
    pub(crate) at: Option<OffsetDateTime>,
}

impl NewEvent {
    pub(crate) fn new(kind: &'static EventKind, subject: (&'static str, Uuid), data: Json) -> Self {
        Self {
            id: None,
            tells_of: None,
            kind,
            subject,
            order: None,
            customer: None,
            channel: None,
            location: None,
            data,
            at: None,
        }
    }
}

/// Adds the event to what the transaction writes, and answers with its id.
pub(crate) fn record(tx: &WriteTx, actor: &Actor, batch: &mut Batch, event: NewEvent) -> Uuid {
    debug_assert_eq!(event.kind.fault(&event.data), None, "data is as declared");
    let (now, id) = (tx.now(), event.id.unwrap_or_else(|| tx.id()));
    if let Some(happened) = Happened::of(&event, actor, now) {
        tx.note_happened(happened);
    }
    let about = (id, event.customer);
    let data = sealed(batch, event.kind, event.data, about);
    batch.add(&event::Model {
        id,
        epoch: tx.epoch(),
        kind: event.kind.name.to_owned(),
        subject_type: event.subject.0.to_owned(),
        subject_id: event.subject.1,
        order_id: event.order,
        customer_id: event.customer,
        channel_id: event.channel,
        location_id: event.location,
        actor_kind: actor.kind,
        actor_id: actor.id,
        data,
        request_id: actor.request_id.clone(),
        at: event.at.unwrap_or(now),
        recorded_at: now,
    });
    id
}

/// The data of an event with what somebody wrote sealed by a key of its own, which goes when the person does: rows of the log never do.
fn sealed(
    batch: &mut Batch,
    kind: &'static EventKind,
    mut data: Json,
    (id, customer): (Uuid, Option<Uuid>),
) -> Json {
    let mut key = None;
    for name in kind.words() {
        let Some(value) = data.get_mut(name) else { continue };
        let Some(text) = value.as_str() else { continue };
        let key = key.get_or_insert_with(|| seal::new_key(batch, id, customer));
        *value = Json::from(seal::seal(key, text));
    }
    data
}

/// Events with what stands sealed in them, as far as its keys are still there.
async fn opened(db: &Db, mut events: Vec<LoggedEvent>) -> Result<Vec<LoggedEvent>> {
    let words = |event: &LoggedEvent| EventKind::named(&event.row.kind).map(EventKind::words);
    let closed = |event: &&LoggedEvent| {
        let mut names = words(event).into_iter().flatten();
        names.any(|name| {
            event.row.data.get(name).and_then(Json::as_str).is_some_and(seal::is_sealed)
        })
    };
    let ids: Vec<Uuid> = events.iter().filter(closed).map(|event| event.row.id).collect();
    if ids.is_empty() {
        return Ok(events);
    }
    let keys = seal::keys(db, &ids).await?;
    for event in &mut events {
        for name in words(event).into_iter().flatten() {
            if let Some(value) = event.row.data.get_mut(name)
                && let Some(text) = value.as_str().filter(|text| seal::is_sealed(text))
            {
                *value = Json::from(seal::open(keys.get(&event.row.id), text));
            }
        }
    }
    Ok(events)
}

/// An event that this transaction wrote.
pub(crate) async fn just_recorded(tx: &WriteTx, id: Uuid) -> Result<LoggedEvent> {
    let found = sql::by_ids(tx, &Wanted::everything(&Actor::system()), &[id]).await?.pop();
    found.ok_or_else(|| Error::Internal("an event was not written".into()))
}

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// The row.
    pub row: event::Model,
    /// Its place in the log.
    pub place: LogPlace,
    /// What of its order decides who hears of it, where that was asked for.
    order: Option<Arc<OrderFacts>>,
}

impl Row for LoggedEvent {
    const COLUMNS: &'static [&'static str] = event::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        let event = event::Model::read(row, at)?;
        let place: i64 = row.try_get_by_index(at + Self::COLUMNS.len())?;
        let place = LogPlace::new(event.epoch, place, event.id);
        Ok(Self { row: event, place, order: None })
    }
}

impl LoggedEvent {
    /// Its place in the log, opaque to clients.
    pub fn cursor(&self) -> String {
        self.place.cursor().encode()
    }

    /// The sentence for a timeline.
    pub fn summary(&self) -> String {
        EventKind::named(&self.row.kind)
            .map_or_else(|| self.row.kind.clone(), |kind| kind.summarize(&self.row.data))
    }
}

const TIMELINE: Order = Order::by_time("e.at", "e.id", true);

/// Everything that happened to an order that the actor may see, newest first.
pub async fn order_timeline(
    db: &Db,
    actor: &Actor,
    order: Uuid,
    page: &PageArgs,
) -> Result<Rows<LoggedEvent>> {
    let page = page.check(TIMELINE)?;
    let rows = sql::timeline(db, &Wanted::everything(actor), order, page.sql(TIMELINE)).await?;
    Ok(page.finish(rows, |event| Cursor::new(SortValue::at(event.row.at), event.row.id)))
}

/// How many events the whole timeline of an order has for the actor.
pub async fn order_timeline_count(db: &Db, actor: &Actor, order: Uuid) -> Result<i64> {
    sql::timeline_count(db, &Wanted::everything(actor), order).await
}

/// Everything that happened to one thing that the actor may see, newest first.
pub async fn subject_timeline(
    db: &Db,
    actor: &Actor,
    subject: Uuid,
    page: &PageArgs,
) -> Result<Rows<LoggedEvent>> {
    let page = page.check(TIMELINE)?;
    let rows = sql::timeline_of(db, &about(actor, subject)?, page.sql(TIMELINE)).await?;
    Ok(page.finish(rows, |event| Cursor::new(SortValue::at(event.row.at), event.row.id)))
}

/// How many events the whole timeline of one thing has for the actor.
pub async fn subject_timeline_count(db: &Db, actor: &Actor, subject: Uuid) -> Result<i64> {
    sql::timeline_of_count(db, &about(actor, subject)?).await
}

/// Everything of some types that happened to customers, from every channel and team, as far as the actor may see it; newest first.
pub async fn customer_timeline(
    db: &Db,
    actor: &Actor,
    (customers, types): (&[Uuid], Option<&[String]>),
    page: &PageArgs,
) -> Result<Rows<LoggedEvent>> {
    let page = page.check(TIMELINE)?;
    let wanted = of_customers(actor, customers, types)?;
    let rows = sql::timeline_of(db, &wanted, page.sql(TIMELINE)).await?;
    Ok(page.finish(rows, |event| Cursor::new(SortValue::at(event.row.at), event.row.id)))
}

/// How many events that timeline has.
pub async fn customer_timeline_count(
    db: &Db,
    actor: &Actor,
    (customers, types): (&[Uuid], Option<&[String]>),
) -> Result<i64> {
    sql::timeline_of_count(db, &of_customers(actor, customers, types)?).await
}

fn of_customers(actor: &Actor, customers: &[Uuid], types: Option<&[String]>) -> Result<Wanted> {
    let filter = EventFilter {
        customers: Some(customers.to_vec()),
        types: types.map(<[String]>::to_vec),
        ..EventFilter::default()
    };
    Wanted::new(actor, filter)
}

fn about(actor: &Actor, subject: Uuid) -> Result<Wanted> {
    Wanted::new(actor, EventFilter { subjects: Some(vec![subject]), ..EventFilter::default() })
}

/// Events by id, as far as the actor may see them.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<LoggedEvent>> {
    sql::by_ids(db, &Wanted::everything(actor), ids).await
}

/// The log is in no order that a column has; its cursors are places.
const LOG: Order = Order {
    column: None,
    id: "e.id",
    descending: false,
    kind: |value| matches!(value, SortValue::Text(_)),
};

/// A page of the log, oldest first: of what is settled, so that whoever goes on behind its end misses
/// nothing.
pub async fn page(db: &Db, wanted: &Wanted, args: &PageArgs) -> Result<Rows<LoggedEvent>> {
    let page = args.check(LOG)?;
    let mut ends = [None, None];
    for (end, cursor) in ends.iter_mut().zip([&args.after, &args.before]) {
        if let Some(cursor) = cursor {
            *end = Some(place_of(db, cursor).await?);
        }
    }
    let [after, before] = ends;
    let rows = sql::page(db, wanted, &page, after, before).await?;
    if let Some(after) = after
        && sql::pruned_to(db).await? > after
    {
        return Err(Error::CursorExpired);
    }
    Ok(page.finish(rows, |event| event.place.cursor()))
}

/// How many events of the log are wanted.
pub async fn count(db: &Db, wanted: &Wanted) -> Result<i64> {
    sql::count(db, wanted).await
}

/// The place of a cursor. One that the log never made is invalid, as is one of a log that was restored
/// to an earlier time; one before what is kept has expired.
pub async fn place_of(db: &Db, cursor: &str) -> Result<LogPlace> {
    let place = LogPlace::decode(cursor)?;
    let mark = sql::pruned_to(db).await?;
    if place < mark {
        return Err(Error::CursorExpired);
    }
    if place == mark || sql::exists_at(db, place).await? {
        return Ok(place);
    }
    // It may have gone just now.
    let gone = place <= sql::pruned_to(db).await?;
    Err(if gone { Error::CursorExpired } else { Error::CursorInvalid })
}

/// The newest place from which nothing can be missed.
pub async fn newest_place(db: &Db) -> Result<LogPlace> {
    match sql::newest(db).await? {
        Some(place) => Ok(place),
        None => sql::pruned_to(db).await,
    }
}

/// A part of the log.
#[derive(Debug)]
pub struct Stretch {
    /// What of it is wanted, oldest first.
    pub events: Vec<LoggedEvent>,
    /// Where it ends.
    pub end: LogPlace,
    /// Whether the log goes on behind it.
    pub more: bool,
}

/// Entries of the log that are looked through at once for the few that are wanted.
const WINDOW: usize = 20_000;

/// The next of what is wanted behind a place, in order, with no gap and no duplicate. Fails with
/// `CursorExpired` where the log was pruned beyond the place meanwhile.
pub async fn stretch(db: &Db, wanted: &Wanted, place: LogPlace, limit: usize) -> Result<Stretch> {
    let window = if wanted.is_wide() { None } else { sql::further(db, place, WINDOW).await? };
    let events = sql::next(db, place, window, Some(wanted), limit).await?;
    // The mark moves before what lies at it goes: what is missing of the rows above lies before it.
    if sql::pruned_to(db).await? > place {
        return Err(Error::CursorExpired);
    }
    let full = events.len() == limit;
    let last = events.last().map(|event| event.place);
    let end = if full { last } else { window.or(last) };
    Ok(Stretch { events, end: end.unwrap_or(place), more: full || window.is_some() })
}

/// Those of these events that are wanted and may be seen.
pub(crate) async fn pick(db: &Db, wanted: &Wanted, ids: &[Uuid]) -> Result<Vec<LoggedEvent>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    sql::by_ids(db, wanted, ids).await
}

/// Those of these events that are tests of an endpoint.
pub(crate) async fn tests_of(db: &Db, endpoint: Uuid, ids: &[Uuid]) -> Result<Vec<LoggedEvent>> {
    let filter = EventFilter {
        types: Some(vec![WEBHOOK_TESTED.name.to_owned()]),
        subjects: Some(vec![endpoint]),
        ..EventFilter::default()
    };
    pick(db, &Wanted::new(&Actor::system(), filter)?, ids).await
}

/// ` and …` for events, under the alias `e`, that an actor may see.
pub(crate) fn visible(db: &Db, actor: &Actor) -> crate::sql::Sql {
    sql::wanted(db, &Wanted::everything(actor))
}

/// A stretch of the log between two places.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Behind this place.
    pub(crate) from: LogPlace,
    /// Up to this one.
    pub(crate) to: LogPlace,
    /// The least id that counts.
    pub(crate) first_id: Option<Uuid>,
    /// The least id that no longer does.
    pub(crate) end_id: Option<Uuid>,
    /// Leaving out what was delivered to this endpoint.
    pub(crate) not_delivered_to: Option<Uuid>,
}

/// Places around what was written since a moment and until another, each with a minute to spare: before the first,
/// and behind the last.
pub(crate) async fn around(
    db: &Db,
    since: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
) -> Result<(Option<LogPlace>, Option<LogPlace>)> {
    let since = since.map(|at| first_of(at - Duration::minutes(1)));
    let until = until.map(|at| first_of(at + Duration::minutes(1)));
    sql::around(db, since, until).await
}

/// How many events of a part are wanted.
pub(crate) async fn count_stretch(db: &Db, wanted: &Wanted, part: &Part) -> Result<i64> {
    sql::count_part(db, wanted, part).await
}

/// The next events of a part that are wanted.
pub(crate) async fn part_of(
    db: &Db,
    wanted: &Wanted,
    part: &Part,
    limit: usize,
) -> Result<Stretch> {
    let window = sql::further(db, part.from, WINDOW).await?.filter(|end| *end < part.to);
    let events = sql::part(db, wanted, part, window.unwrap_or(part.to), limit).await?;
    let full = events.len() == limit;
    let last = events.last().map(|event| event.place);
    let end = if full { last } else { window };
    Ok(Stretch { events, end: end.unwrap_or(part.to), more: full || window.is_some() })
}

/// The next events, whoever may see them.
pub(crate) async fn settled_after(
    db: &Db,
    place: LogPlace,
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    sql::next(db, place, None, None, limit).await
}

/// Up to where the log was pruned.
pub(crate) async fn pruned_to(db: &Db) -> Result<LogPlace> {
    sql::pruned_to(db).await
}

/// Those of these customers of whom the log says something behind a place, settled or not.
pub(crate) async fn customers_since(
    db: &Db,
    customers: &[Uuid],
    place: LogPlace,
) -> Result<Vec<Uuid>> {
    sql::customers_since(db, customers, place).await
}

/// Adds what of their orders decides who hears of events.
pub(crate) async fn add_order_facts(db: &Db, events: &mut [LoggedEvent]) -> Result<()> {
    let mut orders: Vec<Uuid> = events.iter().filter_map(|event| event.row.order_id).collect();
    orders.sort_unstable();
    orders.dedup();
    if orders.is_empty() {
        return Ok(());
    }
    let facts = sql::order_facts(db, &orders).await?;
    for event in events {
        event.order = event.row.order_id.and_then(|order| facts.get(&order).cloned());
    }
    Ok(())
}

/// The fulfillment that an event is about: itself, or that of a parcel.
pub fn fulfillment_of(row: &event::Model) -> Uuid {
    let named = row.data.get("fulfillmentId").and_then(Json::as_str);
    let named = named.filter(|_| row.subject_type == "pcl").and_then(|id| id.parse().ok());
    named.unwrap_or(row.subject_id)
}

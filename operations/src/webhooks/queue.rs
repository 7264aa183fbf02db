//! From the log to deliveries: one node at a time looks on, in short transactions.

use super::{deliver, sql, types_of};
use crate::access::read::actor_of;
use crate::actor::Actor;
use crate::error::Result;
use crate::events::filter::kinds_of;
use crate::events::{self, EventFilter, LogPlace, LoggedEvent, Part, Wanted};
use crate::store::{Batch, Db, Store, WriteTx};
use entities::enums::WebhookDeliveryState;
use entities::{webhook_delivery, webhook_endpoint, webhook_replay};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use time::Duration;
use uuid::Uuid;

/// Events looked at in one transaction.
const TOGETHER: usize = 500;
/// How long deliveries that ended are kept to be looked at, and to be replayed under their ids.
pub const KEPT: Duration = Duration::days(30);

/// A delivery that nobody tried yet, and that is not released yet.
pub(super) fn delivery(
    tx: &WriteTx,
    endpoint_id: Uuid,
    event: &LoggedEvent,
) -> webhook_delivery::Model {
    let (epoch, place, _) = event.place.columns();
    webhook_delivery::Model {
        id: tx.id(),
        endpoint_id,
        event_id: event.row.id,
        epoch,
        place,
        subject_id: event.row.subject_id,
        state: WebhookDeliveryState::Pending,
        attempts: 0,
        last_status: None,
        last_error: None,
        next_attempt_at: None,
        delivered_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
    }
}

fn start_of(endpoint: &webhook_endpoint::Model) -> LogPlace {
    LogPlace::new(endpoint.start_epoch, endpoint.start_place, endpoint.start_id)
}

/// Up to where the log was looked through for an endpoint.
pub(super) async fn looked_through(
    db: &Db,
    endpoint: &webhook_endpoint::Model,
) -> Result<LogPlace> {
    let progress = sql::progress(db, false).await?.unwrap_or(LogPlace::START);
    Ok(progress.max(start_of(endpoint)))
}

/// What an endpoint wants of what an actor may see. A type that there no longer is does not hide the others.
pub(super) fn wanted_by(creator: &Actor, endpoint: &webhook_endpoint::Model) -> Result<Wanted> {
    let mut types = types_of(&endpoint.types);
    types.retain(|pattern| kinds_of(std::slice::from_ref(pattern)).is_ok());
    Wanted::new(creator, EventFilter { types: Some(types), ..EventFilter::default() })
}

/// Whether anything is sent to anybody.
pub async fn is_needed(store: &Store) -> Result<bool> {
    Ok(!sql::active(&store.read()).await?.is_empty())
}

/// Queues what endpoints want of the next events, and says how many events were looked at. Another node that does
/// so now is left alone.
pub async fn queue_next(store: &Store) -> Result<usize> {
    let db = store.read();
    if next_events(&db, &sql::active(&db).await?, 1).await?.is_empty() {
        return Ok(0);
    }
    store
        .write(|tx| async move {
            if sql::progress(&tx, true).await?.is_none() {
                return Ok(0);
            }
            let endpoints = sql::active(&tx).await?;
            let mut events = next_events(&tx, &endpoints, TOGETHER).await?;
            let Some(end) = events.last().map(|event| event.place) else { return Ok(0) };
            let all = wants(&tx, &endpoints).await?;
            if all.iter().any(|(_, wanted)| wanted.looks_at_orders()) {
                events::add_order_facts(&tx, &mut events).await?;
            }
            let mut taken = Vec::new();
            for (endpoint, wanted) in &all {
                let start = start_of(endpoint);
                let new = events.iter().filter(|event| event.place > start);
                let of_it =
                    sure(&tx, wanted, new.filter(|event| wanted.takes(event)).collect()).await?;
                if !of_it.is_empty() {
                    taken.push((endpoint.id, of_it));
                }
            }
            sql::lock(&tx, &taken.iter().map(|(id, _)| *id).collect::<Vec<Uuid>>()).await?;
            let mut batch = Batch::default();
            let mut made = Vec::new();
            for (endpoint, events) in &taken {
                add(&tx, &mut batch, &mut made, *endpoint, events).await?;
            }
            batch.insert(&tx).await?;
            sql::release_heads(&tx, &made).await?;
            sql::set_progress(&tx, end).await?;
            Ok(events.len())
        })
        .await
}

/// The next events that any of these endpoints may want.
async fn next_events(
    db: &Db,
    endpoints: &[webhook_endpoint::Model],
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    let Some(first) = endpoints.iter().map(start_of).min() else { return Ok(Vec::new()) };
    let progress = sql::progress(db, false).await?.unwrap_or(LogPlace::START);
    events::settled_after(db, progress.max(first), limit).await
}

/// What endpoints want of what their creators may see now. One whose creator may do nothing any longer is switched
/// off.
async fn wants<'e>(
    tx: &WriteTx,
    endpoints: &'e [webhook_endpoint::Model],
) -> Result<Vec<(&'e webhook_endpoint::Model, Wanted)>> {
    let mut creators: HashMap<_, Option<Actor>> = HashMap::new();
    let mut all = Vec::new();
    for endpoint in endpoints {
        let (kind, id) = (endpoint.created_by_kind, endpoint.created_by_id);
        if let Entry::Vacant(unknown) = creators.entry((kind, id)) {
            unknown.insert(actor_of(tx, kind, id).await?);
        }
        match creators.get(&(kind, id)).and_then(Option::as_ref) {
            Some(creator) => all.push((endpoint, wanted_by(creator, endpoint)?)),
            None => deliver::switch_off(tx, endpoint.id, deliver::NO_CREATOR).await?,
        }
    }
    Ok(all)
}

/// Those that the database confirms, where an event alone does not say.
async fn sure<'e>(
    tx: &WriteTx,
    wanted: &Wanted,
    mut events: Vec<&'e LoggedEvent>,
) -> Result<Vec<&'e LoggedEvent>> {
    let open: Vec<Uuid> =
        events.iter().filter(|event| wanted.still_open(event)).map(|event| event.row.id).collect();
    if open.is_empty() {
        return Ok(events);
    }
    let confirmed = events::pick(tx, wanted, &open).await?;
    let confirmed: HashSet<Uuid> = confirmed.into_iter().map(|event| event.row.id).collect();
    events.retain(|event| !open.contains(&event.row.id) || confirmed.contains(&event.row.id));
    Ok(events)
}

/// Adds the deliveries of an endpoint that are not there yet, such as that of a test.
async fn add(
    tx: &WriteTx,
    batch: &mut Batch,
    made: &mut Vec<Uuid>,
    endpoint: Uuid,
    events: &[&LoggedEvent],
) -> Result<Vec<webhook_delivery::Model>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = events.iter().map(|event| event.row.id).collect();
    let known = sql::deliveries_for(tx, endpoint, &ids).await?;
    let there: HashSet<Uuid> = known.iter().map(|row| row.event_id).collect();
    for event in events.iter().filter(|event| !there.contains(&event.row.id)) {
        let row = delivery(tx, endpoint, event);
        made.push(row.id);
        batch.add(&row);
    }
    Ok(known)
}

/// The stretch of the log that is left of a replay.
pub(super) fn part(row: &webhook_replay::Model) -> Part {
    Part {
        from: LogPlace::new(row.from_epoch, row.from_place, row.from_id),
        to: LogPlace::new(row.to_epoch, row.to_place, row.to_id),
        first_id: row.first_id,
        end_id: row.end_id,
        not_delivered_to: row.only_failed.then_some(row.endpoint_id),
    }
}

/// Queues the next events of a replay, and says whether there was one. One that fails waits a minute, so that it
/// holds no other up.
pub async fn replay_next(store: &Store) -> Result<bool> {
    let Some(next) = sql::next_replay(&store.read()).await? else { return Ok(false) };
    let ran = store.write(|tx| async move { replay_on(&tx, next.0, next.1).await }).await;
    if let Err(error) = ran {
        tracing::error!(%error, replay = %next.0, "a replay failed");
        store
            .write(|tx| async move {
                sql::put_off_replay(&tx, next.0, tx.now() + Duration::minutes(1)).await
            })
            .await?;
    }
    Ok(true)
}

async fn replay_on(tx: &WriteTx, replay: Uuid, endpoint: Uuid) -> Result<()> {
    // The endpoint first, as everywhere.
    sql::lock(tx, &[endpoint]).await?;
    let Some(mut row) = sql::hold_replay(tx, replay).await? else { return Ok(()) };
    let endpoint = sql::by_ids(tx, &[endpoint]).await?.pop();
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.deleted_at.is_none()) else {
        return sql::end_replay(tx, row.id).await;
    };
    let creator = actor_of(tx, endpoint.created_by_kind, endpoint.created_by_id).await?;
    let Some(creator) = creator else { return sql::end_replay(tx, row.id).await };
    let types = row.types.as_ref().map(types_of);
    let wanted = wanted_by(&creator, &endpoint)?.narrowed(types.as_deref())?;
    let stretch = events::part_of(tx, &wanted, &part(&row), TOGETHER).await?;
    let mut batch = Batch::default();
    let mut queued = Vec::new();
    let events: Vec<&LoggedEvent> = stretch.events.iter().collect();
    let known = add(tx, &mut batch, &mut queued, endpoint.id, &events).await?;
    let known: Vec<Uuid> = known.iter().map(|row| row.id).collect();
    if stretch.more {
        (row.from_epoch, row.from_place, row.from_id) = stretch.end.columns();
        batch.save(&row);
    } else {
        sql::end_replay(tx, row.id).await?;
    }
    batch.insert(tx).await?;
    sql::start_over(tx, &known).await?;
    queued.extend(known);
    sql::hold_later(tx, &queued).await?;
    sql::release_heads(tx, &queued).await
}

/// Deletes the deliveries of events that go; what waited behind them is due.
pub(crate) async fn forget(tx: &WriteTx, events: &[Uuid]) -> Result<()> {
    let held: BTreeSet<(Uuid, Uuid)> = sql::lanes_of(tx, events).await?.into_iter().collect();
    let endpoints: BTreeSet<Uuid> = held.iter().map(|(endpoint, _)| *endpoint).collect();
    sql::lock(tx, &endpoints.into_iter().collect::<Vec<Uuid>>()).await?;
    sql::forget(tx, events).await?;
    for (endpoint, subject) in held {
        sql::release_next(tx, endpoint, subject).await?;
    }
    Ok(())
}

/// Deletes deliveries that ended long ago, in short transactions.
pub async fn prune(store: &Store) -> Result<u64> {
    let mut gone = 0;
    loop {
        let before = store.clock().now() - KEPT;
        let pruned =
            store.write(|tx| async move { sql::prune(&tx, before, TOGETHER).await }).await?;
        if pruned == 0 {
            return Ok(gone);
        }
        gone += pruned;
    }
}

//! From the log to deliveries: one node at a time looks on, in short transactions.

use super::{sql, types_of};
use crate::access::read::actor_of;
use crate::actor::Actor;
use crate::error::Result;
use crate::events::filter::kinds_of;
use crate::events::{self, EventFilter, LogPlace, LoggedEvent, Part, Wanted};
use crate::store::{Batch, Db, Store, WriteTx};
use entities::enums::WebhookDeliveryState;
use entities::{webhook_delivery, webhook_endpoint, webhook_replay};
use std::collections::HashSet;
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

/// What an endpoint wants of what its creator may see now; none where the creator may do nothing any longer.
async fn wanted(db: &Db, endpoint: &webhook_endpoint::Model) -> Result<Option<Wanted>> {
    let creator = actor_of(db, endpoint.created_by_kind, endpoint.created_by_id).await?;
    creator.map(|creator| wanted_by(&creator, endpoint)).transpose()
}

/// What an endpoint wants of what an actor may see. A type that there no longer is does not hide the others.
pub(super) fn wanted_by(creator: &Actor, endpoint: &webhook_endpoint::Model) -> Result<Wanted> {
    let mut types = types_of(&endpoint.types);
    types.retain(|pattern| kinds_of(std::slice::from_ref(pattern)).is_ok());
    Wanted::new(creator, EventFilter { types: Some(types), ..EventFilter::default() })
}

/// Queues what endpoints want of the next events, and says how many events were looked at. Another node that does
/// so now is left alone.
pub async fn queue_next(store: &Store) -> Result<usize> {
    if sql::active(&store.read()).await?.is_empty() {
        return Ok(0);
    }
    store
        .write(|tx| async move {
            let Some(progress) = sql::progress(&tx, true).await? else { return Ok(0) };
            let endpoints = sql::active(&tx).await?;
            let Some(first) = endpoints.iter().map(start_of).min() else { return Ok(0) };
            let from = progress.max(first);
            let mut events = events::settled_after(&tx, from, TOGETHER).await?;
            let Some(end) = events.last().map(|event| event.place) else { return Ok(0) };
            let mut all = Vec::new();
            for endpoint in endpoints {
                all.extend(wanted(&tx, &endpoint).await?.map(|wanted| (endpoint, wanted)));
            }
            if all.iter().any(|(_, wanted)| wanted.looks_at_orders()) {
                events::add_order_facts(&tx, &mut events).await?;
            }
            let held: Vec<Uuid> = all.iter().map(|(endpoint, _)| endpoint.id).collect();
            sql::lock(&tx, &held).await?;
            let mut batch = Batch::default();
            let mut made = Vec::new();
            for (endpoint, wanted) in &all {
                let start = start_of(endpoint);
                let new = events.iter().filter(|event| event.place > start);
                let mut taken: Vec<&LoggedEvent> =
                    new.filter(|event| wanted.takes(event)).collect();
                if taken.iter().any(|event| wanted.still_open(event)) {
                    let ids: Vec<Uuid> = taken.iter().map(|event| event.row.id).collect();
                    let sure: HashSet<Uuid> = events::pick(&tx, wanted, &ids)
                        .await?
                        .into_iter()
                        .map(|event| event.row.id)
                        .collect();
                    taken.retain(|event| sure.contains(&event.row.id));
                }
                add(&tx, &mut batch, &mut made, endpoint.id, &taken).await?;
            }
            batch.insert(&tx).await?;
            sql::release_heads(&tx, &made).await?;
            sql::set_progress(&tx, end).await?;
            Ok(events.len())
        })
        .await
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

/// Queues the next events of a replay, and says whether there was one.
pub async fn replay_next(store: &Store) -> Result<bool> {
    if !sql::has_replays(&store.read()).await? {
        return Ok(false);
    }
    store
        .write(|tx| async move {
            let Some(mut row) = sql::next_replay(&tx).await? else { return Ok(false) };
            let endpoint = sql::by_ids(&tx, &[row.endpoint_id]).await?.pop();
            let Some(endpoint) = endpoint.filter(|endpoint| endpoint.deleted_at.is_none()) else {
                sql::end_replay(&tx, row.id).await?;
                return Ok(true);
            };
            let types = row.types.as_ref().map(types_of);
            let wanted = match wanted(&tx, &endpoint).await? {
                Some(wanted) => wanted.narrowed(types.as_deref()).ok(),
                None => None,
            };
            let Some(wanted) = wanted else {
                sql::end_replay(&tx, row.id).await?;
                return Ok(true);
            };
            let stretch = events::part_of(&tx, &wanted, &part(&row), TOGETHER).await?;
            sql::lock(&tx, &[endpoint.id]).await?;
            let mut batch = Batch::default();
            let mut queued = Vec::new();
            let events: Vec<&LoggedEvent> = stretch.events.iter().collect();
            let known = add(&tx, &mut batch, &mut queued, endpoint.id, &events).await?;
            let known: Vec<Uuid> = known.iter().map(|row| row.id).collect();
            if stretch.more {
                (row.from_epoch, row.from_place, row.from_id) = stretch.end.columns();
                batch.save(&row);
            } else {
                sql::end_replay(&tx, row.id).await?;
            }
            batch.insert(&tx).await?;
            sql::start_over(&tx, &known).await?;
            queued.extend(known);
            sql::release_heads(&tx, &queued).await?;
            Ok(true)
        })
        .await
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

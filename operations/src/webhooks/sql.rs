//! Every query of webhooks.

use crate::actor::Actor;
use crate::error::Result;
use crate::events::LogPlace;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::WebhookDeliveryState;
use entities::{webhook_delivery, webhook_endpoint, webhook_replay, webhook_secret};
use sea_orm::ActiveEnum;
use time::OffsetDateTime;
use uuid::Uuid;

/// Endpoints by id, deleted ones too.
pub(super) async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<webhook_endpoint::Model>> {
    db.all(sql("select * from webhook_endpoints where id = any(?)").ids(ids)).await
}

/// Endpoints of one creator, or all; newest first.
pub(super) async fn endpoints(
    db: &Db,
    creator: Option<&Actor>,
) -> Result<Vec<webhook_endpoint::Model>> {
    let query = sql("select * from webhook_endpoints where deleted_at is null");
    let query = creator.map_or_else(|| query.clone(), |actor| query.clone().join(made_by(actor)));
    db.all(query.add(" order by id desc")).await
}

pub(super) async fn count_of(db: &Db, creator: &Actor) -> Result<i64> {
    let query = sql("select count(*) from webhook_endpoints where deleted_at is null");
    Ok(db.value(query.join(made_by(creator))).await?.unwrap_or(0))
}

fn made_by(actor: &Actor) -> Sql {
    let condition = sql(" and created_by_kind = ?").bind(actor.kind.to_value());
    match actor.id {
        Some(id) => condition.add(" and created_by_id = ?").bind(id),
        None => condition.add(" and created_by_id is null"),
    }
}

/// Endpoints to which anything is sent.
pub(super) async fn active(db: &Db) -> Result<Vec<webhook_endpoint::Model>> {
    let query =
        sql("select * from webhook_endpoints where active and deleted_at is null order by id");
    db.all(query).await
}

/// Holds endpoints, so that what is queued for one and what is released for it see each other.
pub(super) async fn lock(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    if tx.is_postgres() && !ids.is_empty() {
        let query =
            sql("select id from webhook_endpoints where id = any(?) order by id for update");
        let _held: Vec<Uuid> = tx.values(query.ids(ids)).await?;
    }
    Ok(())
}

/// Takes an endpoint away with all that would be sent to it.
pub(super) async fn delete(tx: &WriteTx, id: Uuid) -> Result<()> {
    let query = sql("update webhook_endpoints set active = ?, deleted_at = ? where id = ?");
    tx.run(query.bind(false).bind(tx.now()).bind(id)).await?;
    for table in ["webhook_secrets", "webhook_replays"] {
        tx.run(sql(format!("delete from {table} where endpoint_id = ?")).bind(id)).await?;
    }
    Ok(())
}

/// Switches an endpoint off; whether it was on.
pub(super) async fn disable(tx: &WriteTx, id: Uuid, why: &str) -> Result<bool> {
    let query = sql("update webhook_endpoints set active = ?, disabled_because = ?, updated_at = ?
         where id = ? and active and deleted_at is null");
    Ok(tx.run(query.bind(false).bind(why).bind(tx.now()).bind(id)).await? == 1)
}

/// Secrets that sign now, newest first.
pub(super) async fn secrets(
    db: &Db,
    endpoint: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<webhook_secret::Model>> {
    let query = sql("select * from webhook_secrets where endpoint_id = ?
         and (expires_at is null or expires_at > ?) order by id desc");
    db.all(query.bind(endpoint).bind(now)).await
}

/// Lets every secret of an endpoint sign until a moment at the latest; those that are over go.
pub(super) async fn end_secrets(tx: &WriteTx, endpoint: Uuid, until: OffsetDateTime) -> Result<()> {
    let over = sql("delete from webhook_secrets where endpoint_id = ? and expires_at <= ?");
    tx.run(over.bind(endpoint).bind(tx.now())).await?;
    let query = sql("update webhook_secrets set expires_at = ?
         where endpoint_id = ? and (expires_at is null or expires_at > ?)");
    tx.run(query.bind(until).bind(endpoint).bind(until)).await?;
    Ok(())
}

/// How far the log was looked through; held by the one who looks on.
pub(super) async fn progress(db: &Db, hold: bool) -> Result<Option<LogPlace>> {
    let query = sql("select epoch, place, event_id from webhook_progress");
    let query = if hold && db.is_postgres() { query.add(" for update skip locked") } else { query };
    let found: Option<(i32, i64, Uuid)> = db.value(query).await?;
    Ok(found.map(|(epoch, place, id)| LogPlace::new(epoch, place, id)))
}

pub(super) async fn set_progress(tx: &WriteTx, place: LogPlace) -> Result<()> {
    let (epoch, place, id) = place.columns();
    let query = sql("update webhook_progress set epoch = ?, place = ?, event_id = ?");
    tx.run(query.bind(epoch).bind(place).bind(id)).await?;
    Ok(())
}

/// Deliveries of an endpoint for these events.
pub(super) async fn deliveries_for(
    db: &Db,
    endpoint: Uuid,
    events: &[Uuid],
) -> Result<Vec<webhook_delivery::Model>> {
    let query = sql("select * from webhook_deliveries where endpoint_id = ? and event_id = any(?)");
    db.all(query.bind(endpoint).ids(events)).await
}

/// Deliveries start over: as if they had never been tried.
pub(super) async fn start_over(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    let query = sql("update webhook_deliveries set state = 'PENDING', attempts = 0,
         last_status = null, last_error = null, delivered_at = null, next_attempt_at = null,
         updated_at = ? where id = any(?)");
    tx.run(query.bind(tx.now()).ids(ids)).await?;
    Ok(())
}

/// Of these deliveries those that nothing earlier about the same thing waits before are due now.
pub(super) async fn release_heads(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    let query = sql("update webhook_deliveries as d set next_attempt_at = ?
         where d.id = any(?) and d.state = 'PENDING' and not exists (
         select 1 from webhook_deliveries p where p.endpoint_id = d.endpoint_id
         and p.subject_id = d.subject_id and p.state = 'PENDING'
         and (p.epoch, p.place, p.event_id) < (d.epoch, d.place, d.event_id))");
    tx.run(query.bind(tx.now()).ids(ids)).await?;
    Ok(())
}

/// What waits first about a thing is due now.
pub(super) async fn release_next(tx: &WriteTx, endpoint: Uuid, subject: Uuid) -> Result<()> {
    let query = sql("update webhook_deliveries set next_attempt_at = ?
         where next_attempt_at is null and id = (select id from webhook_deliveries
         where endpoint_id = ? and subject_id = ? and state = 'PENDING'
         order by epoch, place, event_id limit 1)");
    tx.run(query.bind(tx.now()).bind(endpoint).bind(subject)).await?;
    Ok(())
}

/// Endpoints that something is due for.
pub(super) async fn due_endpoints(db: &Db) -> Result<Vec<Uuid>> {
    let query = sql("select w.id from webhook_endpoints w where w.active and w.deleted_at is null
         and exists (select 1 from webhook_deliveries d where d.endpoint_id = w.id
         and d.state = 'PENDING' and d.next_attempt_at <= ?) order by w.id");
    db.values(query.bind(db.now())).await
}

/// What is due for an endpoint, oldest first; what another node holds is passed over.
pub(super) async fn due(
    tx: &WriteTx,
    endpoint: Uuid,
    limit: usize,
) -> Result<Vec<webhook_delivery::Model>> {
    let hold = if tx.is_postgres() { " for update skip locked" } else { "" };
    let query = sql("select * from webhook_deliveries where endpoint_id = ? and state = 'PENDING'
         and next_attempt_at <= ? order by next_attempt_at, id")
    .bind(endpoint)
    .bind(tx.now())
    .add(&format!(" limit {limit}{hold}"));
    tx.all(query).await
}

/// Notes that deliveries are being tried; tried again then if nothing more is heard.
pub(super) async fn begin_attempt(
    tx: &WriteTx,
    ids: &[Uuid],
    again_at: OffsetDateTime,
) -> Result<()> {
    let query = sql("update webhook_deliveries set attempts = attempts + 1, next_attempt_at = ?,
         updated_at = ? where id = any(?)");
    tx.run(query.bind(again_at).bind(tx.now()).ids(ids)).await?;
    Ok(())
}

/// What came of a try.
pub(super) struct Tried<'a> {
    pub(super) state: WebhookDeliveryState,
    pub(super) status: Option<i32>,
    pub(super) error: Option<&'a str>,
    pub(super) next_attempt_at: Option<OffsetDateTime>,
}

/// Notes what came of a try, unless the delivery went on without it; whether it was noted.
pub(super) async fn end_attempt(
    tx: &WriteTx,
    id: Uuid,
    attempt: i32,
    tried: &Tried<'_>,
) -> Result<bool> {
    let delivered = (tried.state == WebhookDeliveryState::Delivered).then(|| tx.now());
    let query = sql("update webhook_deliveries set state = ?, last_status = ?, last_error = ?,
         next_attempt_at = ?, delivered_at = ?, updated_at = ?
         where id = ? and state = 'PENDING' and attempts = ?")
    .bind(tried.state.to_value())
    .bind(tried.status)
    .bind(tried.error.map(str::to_owned))
    .bind(tried.next_attempt_at)
    .bind(delivered)
    .bind(tx.now())
    .bind(id)
    .bind(attempt);
    Ok(tx.run(query).await? == 1)
}

/// The replay that is to go on next, and its endpoint.
pub(super) async fn next_replay(db: &Db) -> Result<Option<(Uuid, Uuid)>> {
    let query = sql("select id, endpoint_id from webhook_replays where due_at <= ?
         order by due_at, id limit 1");
    db.value(query.bind(db.now())).await
}

/// A replay, unless another node holds it or it is over.
pub(super) async fn hold_replay(tx: &WriteTx, id: Uuid) -> Result<Option<webhook_replay::Model>> {
    let hold = if tx.is_postgres() { " for update skip locked" } else { "" };
    tx.first(sql(format!("select * from webhook_replays where id = ?{hold}")).bind(id)).await
}

/// A replay goes on later.
pub(super) async fn put_off_replay(tx: &WriteTx, id: Uuid, due_at: OffsetDateTime) -> Result<()> {
    let query = sql("update webhook_replays set due_at = ? where id = ?");
    tx.run(query.bind(due_at).bind(id)).await?;
    Ok(())
}

/// What is later about the same things as these deliveries waits behind them.
pub(super) async fn hold_later(tx: &WriteTx, ids: &[Uuid]) -> Result<()> {
    let query = sql("update webhook_deliveries as d set next_attempt_at = null
         where d.state = 'PENDING' and d.next_attempt_at is not null and exists (
         select 1 from webhook_deliveries q where q.id = any(?) and q.state = 'PENDING'
         and q.endpoint_id = d.endpoint_id and q.subject_id = d.subject_id
         and (q.epoch, q.place, q.event_id) < (d.epoch, d.place, d.event_id))");
    tx.run(query.ids(ids)).await?;
    Ok(())
}

/// Where deliveries of these events wait: endpoints and subjects.
pub(super) async fn lanes_of(db: &Db, events: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("select distinct endpoint_id, subject_id from webhook_deliveries
         where event_id = any(?) and state = 'PENDING'");
    db.values(query.ids(events)).await
}

/// Deletes the deliveries of events.
pub(super) async fn forget(tx: &WriteTx, events: &[Uuid]) -> Result<()> {
    tx.run(sql("delete from webhook_deliveries where event_id = any(?)").ids(events)).await?;
    Ok(())
}

pub(super) async fn end_replay(tx: &WriteTx, id: Uuid) -> Result<()> {
    tx.run(sql("delete from webhook_replays where id = ?").bind(id)).await?;
    Ok(())
}

/// Deliveries by id.
pub(super) async fn deliveries(db: &Db, ids: &[Uuid]) -> Result<Vec<webhook_delivery::Model>> {
    db.all(sql("select * from webhook_deliveries where id = any(?)").ids(ids)).await
}

fn listed(endpoint: Uuid, states: Option<&[WebhookDeliveryState]>, visible: Sql) -> Sql {
    let mut query = sql(" from webhook_deliveries d join events e on e.id = d.event_id
         where d.endpoint_id = ?")
    .bind(endpoint);
    if let Some(states) = states {
        let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        query = query.add(" and d.state = any(?)").texts(&names);
    }
    query.join(visible)
}

/// A page of an endpoint's deliveries whose events are visible.
pub(super) async fn list_deliveries(
    db: &Db,
    endpoint: Uuid,
    states: Option<&[WebhookDeliveryState]>,
    visible: Sql,
    page: Sql,
) -> Result<Vec<webhook_delivery::Model>> {
    db.all(sql("select d.*").join(listed(endpoint, states, visible)).join(page)).await
}

pub(super) async fn count_deliveries(
    db: &Db,
    endpoint: Uuid,
    states: Option<&[WebhookDeliveryState]>,
    visible: Sql,
) -> Result<i64> {
    let query = sql("select count(*)").join(listed(endpoint, states, visible));
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Deletes deliveries that ended before a moment, and those of endpoints that were taken away, at most so many of
/// each; how many went.
pub(super) async fn prune(tx: &WriteTx, before: OffsetDateTime, limit: usize) -> Result<u64> {
    let orphans = format!(
        "delete from webhook_deliveries where id in (select d.id from webhook_deliveries d
         join webhook_endpoints w on w.id = d.endpoint_id where w.deleted_at is not null limit {limit})"
    );
    let gone = tx.run(sql(orphans)).await?;
    let query = sql("delete from webhook_deliveries where id in (
         select id from webhook_deliveries where state <> 'PENDING' and updated_at < ?")
    .bind(before)
    .add(&format!(" order by updated_at limit {limit})"));
    Ok(gone + tx.run(query).await?)
}

//! Every query of the audit log.

use super::read::Seen;
use super::seal::{LogPlace, Placed};
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{Row, audit_entry, audit_seal};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

/// One sealer at a time: a number of our own.
const SEAL_LOCK: i64 = 4_207_849_612;

impl Row for Placed {
    const COLUMNS: &'static [&'static str] = audit_entry::Model::COLUMNS;

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let place = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { place, entry: audit_entry::Model::read(row, at)? })
    }
}

fn filtered(seen: &Seen<'_>) -> Sql {
    let filter = seen.filter;
    let mut query = sql("");
    for (column, id) in
        [("subject_id", filter.subject_id), ("actor_id", filter.actor_id), ("actor_id", seen.own)]
    {
        if let Some(id) = id {
            query = query.add(&format!(" and a.{column} = ?")).bind(id);
        }
    }
    if let Some(operation) = &filter.operation {
        query = query.add(" and a.operation = ?").bind(operation.as_str());
    }
    // Ids rise with time, so a bound on the time bounds the ids, which are indexed.
    if let Some(from) = filter.from {
        query =
            query.add(" and a.at >= ? and a.id >= ?").bind(from).bind(crate::ids::first_of(from));
    }
    if let Some(before) = filter.before {
        // A node whose clock was set back goes on counting ids from where it was.
        let next = before + time::Duration::MINUTE;
        query =
            query.add(" and a.at < ? and a.id < ?").bind(before).bind(crate::ids::first_of(next));
    }
    query
}

pub(super) async fn list(db: &Db, filter: &Seen<'_>, page: Sql) -> Result<Vec<audit_entry::Model>> {
    let query = sql("select a.* from audit_entries a where true").join(filtered(filter));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, filter: &Seen<'_>) -> Result<i64> {
    let query = sql("select count(*) from audit_entries a where true").join(filtered(filter));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn by_ids(
    db: &Db,
    filter: &Seen<'_>,
    ids: &[Uuid],
) -> Result<Vec<audit_entry::Model>> {
    let query = sql("select a.* from audit_entries a where a.id = any(?)").ids(ids);
    db.all(query.join(filtered(filter))).await
}

/// Whether this transaction may seal; another one that does holds the lock until it ends.
pub(super) async fn lock_seals(tx: &WriteTx) -> Result<bool> {
    if !tx.is_postgres() {
        return Ok(true);
    }
    let locked = tx.value(sql("select pg_try_advisory_xact_lock(?)").bind(SEAL_LOCK)).await?;
    Ok(locked.unwrap_or(false))
}

pub(super) async fn last_seal(db: &Db) -> Result<Option<audit_seal::Model>> {
    db.first(sql("select * from audit_seals order by number desc limit 1")).await
}

pub(super) async fn seals_after(db: &Db, number: i64) -> Result<Vec<audit_seal::Model>> {
    let query = sql("select * from audit_seals where number > ? order by number limit 100");
    db.all(query.bind(number)).await
}

fn select(db: &Db) -> Sql {
    sql(if db.is_postgres() {
        "select a.*, cast(cast(a.xid as text) as bigint) as place from audit_entries a where true"
    } else {
        "select a.*, a.position as place from audit_entries a where true"
    })
}

fn beyond(db: &Db, place: LogPlace, sign: &str) -> Sql {
    if db.is_postgres() {
        sql(format!(" and (a.epoch, a.xid, a.id) {sign} (?, cast(cast(? as text) as xid8), ?)"))
            .bind(place.epoch)
            .bind(place.place.to_string())
            .bind(place.id)
    } else {
        sql(format!(" and a.position {sign} ?")).bind(place.place)
    }
}

const fn log_order(db_is_postgres: bool) -> &'static str {
    if db_is_postgres { " order by a.epoch, a.xid, a.id" } else { " order by a.position" }
}

/// Entries behind a place that no transaction still running can come before.
pub(super) async fn unsealed(db: &Db, place: LogPlace, limit: usize) -> Result<Vec<Placed>> {
    let mut query = select(db).join(beyond(db, place, ">"));
    if db.is_postgres() {
        query = query
            .add(" and (a.epoch < ? or a.xid < pg_snapshot_xmin(pg_current_snapshot()))")
            .bind(db.epoch());
    }
    db.all(query.add(log_order(db.is_postgres())).add(&format!(" limit {limit}"))).await
}

/// Entries behind one place, up to another and with it, settled or not.
pub(super) async fn between(
    db: &Db,
    after: LogPlace,
    until: Option<LogPlace>,
    limit: usize,
) -> Result<Vec<Placed>> {
    let mut query = select(db).join(beyond(db, after, ">"));
    if let Some(until) = until {
        query = query.join(beyond(db, until, "<="));
    }
    db.all(query.add(log_order(db.is_postgres())).add(&format!(" limit {limit}"))).await
}

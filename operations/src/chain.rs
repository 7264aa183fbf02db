//! Chains over logs that are never changed: the audit log and the journal. A chain is made behind the writers, one link
//! for all entries since the last, so that no writer waits for another: a link hashes the link before and the entries
//! in log order.

use crate::error::Result;
use crate::integrity::Check;
use crate::sql::{Sql, sql};
use crate::store::{Db, Store, WriteTx};
use entities::{Row, audit_entry, journal_entry};
use sea_orm::{DbErr, QueryResult};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Entries under one seal at most.
const UNDER_ONE: usize = 5_000;
/// An entry is sealed long before it is this old.
const LATE: Duration = Duration::hours(1);

/// A log with a chain over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Who did what.
    Audit,
    /// The books.
    Journal,
}

impl Chain {
    /// Every chain.
    pub const ALL: [Self; 2] = [Self::Audit, Self::Journal];

    const fn check_name(self) -> &'static str {
        match self {
            Self::Audit => "audit chain",
            Self::Journal => "journal chain",
        }
    }

    const fn entries(self) -> &'static str {
        match self {
            Self::Audit => "audit_entries",
            Self::Journal => "journal_entries",
        }
    }

    const fn seals(self) -> &'static str {
        match self {
            Self::Audit => "audit_seals",
            Self::Journal => "journal_seals",
        }
    }

    /// One sealer at a time: numbers of our own.
    const fn lock(self) -> i64 {
        match self {
            Self::Audit => 4_207_849_612,
            Self::Journal => 4_207_849_613,
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Audit => audit_entry::Model::COLUMNS,
            Self::Journal => journal_entry::Model::COLUMNS,
        }
    }
}

/// A place in a log.
#[derive(Debug, Clone, Copy)]
struct LogPlace {
    epoch: i32,
    /// The writing transaction on `PostgreSQL`, the row on `SQLite`.
    place: i64,
    id: Uuid,
}

const START: LogPlace = LogPlace { epoch: 0, place: 0, id: Uuid::nil() };

/// A link that was made.
#[derive(Debug)]
struct Seal {
    number: i64,
    entries: i64,
    last: LogPlace,
    hash: String,
}

impl Row for Seal {
    const COLUMNS: &'static [&'static str] =
        &["number", "entries", "last_epoch", "last_place", "last_id", "hash"];

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let last = LogPlace {
            epoch: row.try_get_by_index(at + 2)?,
            place: row.try_get_by_index(at + 3)?,
            id: row.try_get_by_index(at + 4)?,
        };
        Ok(Self {
            number: row.try_get_by_index(at)?,
            entries: row.try_get_by_index(at + 1)?,
            last,
            hash: row.try_get_by_index(at + 5)?,
        })
    }
}

/// An entry in a chain: what it says its hash is, and what it is.
#[derive(Debug)]
struct Placed {
    place: LogPlace,
    at: OffsetDateTime,
    hash: String,
    found: String,
}

/// A row of a log beside its place there.
struct At<T> {
    row: T,
    place: i64,
}

impl<T: Row> Row for At<T> {
    const COLUMNS: &'static [&'static str] = T::COLUMNS;

    fn read(row: &QueryResult, at: usize) -> std::result::Result<Self, DbErr> {
        let place = row.try_get_by_index(at + Self::COLUMNS.len())?;
        Ok(Self { place, row: T::read(row, at)? })
    }
}

async fn load(db: &Db, chain: Chain, query: Sql) -> Result<Vec<Placed>> {
    match chain {
        Chain::Audit => {
            let rows: Vec<At<audit_entry::Model>> = db.all(query).await?;
            let placed = |at: At<audit_entry::Model>| Placed {
                found: crate::audit::hash(&at.row),
                place: LogPlace { epoch: at.row.epoch, place: at.place, id: at.row.id },
                at: at.row.at,
                hash: at.row.hash,
            };
            Ok(rows.into_iter().map(placed).collect())
        }
        Chain::Journal => {
            let rows: Vec<At<journal_entry::Model>> = db.all(query).await?;
            let ids: Vec<Uuid> = rows.iter().map(|at| at.row.id).collect();
            let hashes = crate::ledger::entry::hashes(db, rows.iter().map(|at| &at.row), &ids);
            let placed = |(at, found): (At<journal_entry::Model>, String)| Placed {
                found,
                place: LogPlace { epoch: at.row.epoch, place: at.place, id: at.row.id },
                at: at.row.recorded_at,
                hash: at.row.hash,
            };
            Ok(rows_with(hashes.await?, rows).map(placed).collect())
        }
    }
}

fn rows_with<T>(hashes: Vec<String>, rows: Vec<T>) -> impl Iterator<Item = (T, String)> {
    rows.into_iter().zip(hashes)
}

/// A link: the hash of the one before, and those of its entries.
fn link(before: &str, entries: &[Placed]) -> String {
    let mut link = Sha256::new();
    link.update(before.as_bytes());
    for placed in entries {
        link.update(placed.hash.as_bytes());
    }
    crate::secrets::hex(&link.finalize())
}

/// Seals what is settled in every log and says how many entries that were. Several nodes may try at once.
pub async fn seal(store: &Store) -> Result<usize> {
    let mut sealed = 0;
    for chain in Chain::ALL {
        sealed += seal_one(store, chain).await?;
    }
    Ok(sealed)
}

async fn seal_one(store: &Store, chain: Chain) -> Result<usize> {
    let db = store.read();
    let newest = last_seal(&db, chain).await?;
    let place = newest.as_ref().map_or(START, |seal| seal.last);
    if unsealed(&db, chain, place, 1).await?.is_empty() {
        return Ok(0);
    }
    store
        .write(|tx| async move {
            if !lock_seals(&tx, chain).await? {
                return Ok(0);
            }
            let newest = last_seal(&tx, chain).await?;
            let place = newest.as_ref().map_or(START, |seal| seal.last);
            let entries = unsealed(&tx, chain, place, UNDER_ONE).await?;
            let Some(last) = entries.last() else { return Ok(0) };
            let before = newest.as_ref().map_or("", |seal| seal.hash.as_str());
            let query = sql(format!(
                "insert into {} (number, entries, last_epoch, last_place, last_id, hash, sealed_at)
                 values (?, ?, ?, ?, ?, ?, ?)",
                chain.seals()
            ))
            .bind(newest.as_ref().map_or(1, |seal| seal.number + 1))
            .bind(i64::try_from(entries.len()).unwrap_or(i64::MAX))
            .bind(last.place.epoch)
            .bind(last.place.place)
            .bind(last.place.id)
            .bind(link(before, &entries))
            .bind(tx.now());
            tx.run(query).await?;
            Ok(entries.len())
        })
        .await
}

/// Every entry says what it said when it was written, and none is missing from under its seal.
pub(crate) async fn check(db: &Db, chain: Chain) -> Result<Check> {
    let mut check = Check::named(chain.check_name());
    let mut place = START;
    let mut head = String::new();
    let mut number = 0;
    loop {
        let seals = seals_after(db, chain, number).await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            number += 1;
            if seal.number != number {
                check.violation(|| format!("seal {number} is missing"));
                number = seal.number;
            }
            // One more than the seal counts tells that an entry was slipped in.
            let most = usize::try_from(seal.entries).unwrap_or(0).saturating_add(1);
            let entries = between(db, chain, place, Some(seal.last), most).await?;
            for placed in &entries {
                own_hash(&mut check, placed);
            }
            let found = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            if found != seal.entries {
                check.violation(|| {
                    let sealed = seal.entries;
                    format!("under seal {number} lie {found} entries or more, it counted {sealed}")
                });
            } else if link(&head, &entries) != seal.hash {
                check.violation(|| format!("seal {number} does not fit its entries"));
            }
            place = seal.last;
            head = seal.hash;
        }
    }
    let mut unsealed = 0;
    loop {
        let entries = between(db, chain, place, None, UNDER_ONE).await?;
        let Some(last) = entries.last() else { break };
        place = last.place;
        unsealed += entries.len();
        for placed in &entries {
            own_hash(&mut check, placed);
            if placed.at < db.now() - LATE {
                let id = placed.place.id;
                check.violation(|| format!("entry {id} is more than an hour old and not sealed"));
            }
        }
    }
    check.note = Some(format!("{number} seals, {unsealed} entries not sealed yet, head {head}"));
    Ok(check)
}

fn own_hash(check: &mut Check, placed: &Placed) {
    check.rows_checked += 1;
    if placed.found != placed.hash {
        check.violation(|| format!("entry {} was changed", placed.place.id));
    }
}

/// Whether this transaction may seal; another one that does holds the lock until it ends.
async fn lock_seals(tx: &WriteTx, chain: Chain) -> Result<bool> {
    if !tx.is_postgres() {
        return Ok(true);
    }
    let query = sql("select pg_try_advisory_xact_lock(?)").bind(chain.lock());
    Ok(tx.value(query).await?.unwrap_or(false))
}

async fn last_seal(db: &Db, chain: Chain) -> Result<Option<Seal>> {
    let seals = chain.seals();
    db.first(sql(format!("select * from {seals} order by number desc limit 1"))).await
}

async fn seals_after(db: &Db, chain: Chain, number: i64) -> Result<Vec<Seal>> {
    let seals = chain.seals();
    let query = sql(format!("select * from {seals} where number > ? order by number limit 100"));
    db.all(query.bind(number)).await
}

fn select(db: &Db, chain: Chain) -> Sql {
    let (columns, entries) = (crate::sql::listed(chain.columns(), "a."), chain.entries());
    let place = if db.is_postgres() { "cast(cast(a.xid as text) as bigint)" } else { "a.position" };
    sql(format!("select {columns}, {place} as place from {entries} a where true"))
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
async fn unsealed(db: &Db, chain: Chain, place: LogPlace, limit: usize) -> Result<Vec<Placed>> {
    let mut query = select(db, chain).join(beyond(db, place, ">"));
    if db.is_postgres() {
        query = query
            .add(" and (a.epoch < ? or a.xid < pg_snapshot_xmin(pg_current_snapshot()))")
            .bind(db.epoch());
    }
    let query = query.add(log_order(db.is_postgres())).add(&format!(" limit {limit}"));
    load(db, chain, query).await
}

/// Entries behind one place, up to another and with it, settled or not.
async fn between(
    db: &Db,
    chain: Chain,
    after: LogPlace,
    until: Option<LogPlace>,
    limit: usize,
) -> Result<Vec<Placed>> {
    let mut query = select(db, chain).join(beyond(db, after, ">"));
    if let Some(until) = until {
        query = query.join(beyond(db, until, "<="));
    }
    let query = query.add(log_order(db.is_postgres())).add(&format!(" limit {limit}"));
    load(db, chain, query).await
}

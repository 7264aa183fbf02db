//! The chain over the audit log. It is made behind the writers, one link for all entries since the last,
//! so that no writer waits for another: a link hashes the link before and the entries in log order.

use super::{hash, sql};
use crate::error::Result;
use crate::integrity::Check;
use crate::store::{Batch, Db, Store};
use entities::{audit_entry, audit_seal};
use sha2::{Digest, Sha256};
use time::Duration;
use uuid::Uuid;

/// Entries under one seal at most.
const UNDER_ONE: usize = 5_000;
/// An entry is sealed long before it is this old.
const LATE: Duration = Duration::hours(1);

/// A place in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogPlace {
    pub(super) epoch: i32,
    /// The writing transaction on `PostgreSQL`, the row on `SQLite`.
    pub(super) place: i64,
    pub(super) id: Uuid,
}

impl LogPlace {
    const START: Self = Self { epoch: 0, place: 0, id: Uuid::nil() };

    fn of_seal(seal: &audit_seal::Model) -> Self {
        Self { epoch: seal.last_epoch, place: seal.last_place, id: seal.last_id }
    }
}

/// An entry and its place in the log.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) entry: audit_entry::Model,
    pub(super) place: i64,
}

impl Placed {
    fn place(&self) -> LogPlace {
        LogPlace { epoch: self.entry.epoch, place: self.place, id: self.entry.id }
    }
}

/// A link: the hash of the one before, and those of its entries.
fn link(before: &str, entries: &[Placed]) -> String {
    let mut link = Sha256::new();
    link.update(before.as_bytes());
    for placed in entries {
        link.update(placed.entry.hash.as_bytes());
    }
    crate::secrets::hex(&link.finalize())
}

/// Seals what is settled and says how many entries that were. Several nodes may try at once.
pub async fn seal(store: &Store) -> Result<usize> {
    let db = store.read();
    let newest = sql::last_seal(&db).await?;
    let place = newest.as_ref().map_or(LogPlace::START, LogPlace::of_seal);
    if sql::unsealed(&db, place, 1).await?.is_empty() {
        return Ok(0);
    }
    store
        .write(|tx| async move {
            if !sql::lock_seals(&tx).await? {
                return Ok(0);
            }
            let newest = sql::last_seal(&tx).await?;
            let place = newest.as_ref().map_or(LogPlace::START, LogPlace::of_seal);
            let entries = sql::unsealed(&tx, place, UNDER_ONE).await?;
            let Some(last) = entries.last() else { return Ok(0) };
            let before = newest.as_ref().map_or("", |seal| seal.hash.as_str());
            let mut batch = Batch::default();
            batch.add(&audit_seal::Model {
                number: newest.as_ref().map_or(1, |seal| seal.number + 1),
                entries: i64::try_from(entries.len()).unwrap_or(i64::MAX),
                last_epoch: last.entry.epoch,
                last_place: last.place,
                last_id: last.entry.id,
                hash: link(before, &entries),
                sealed_at: tx.now(),
            });
            batch.insert(&tx).await?;
            Ok(entries.len())
        })
        .await
}

/// Every entry says what it said when it was written, and none is missing from under its seal.
pub(crate) async fn check(db: &Db) -> Result<Check> {
    let mut check = Check::named("audit chain");
    let mut place = LogPlace::START;
    let mut head = String::new();
    let mut number = 0;
    loop {
        let seals = sql::seals_after(db, number).await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            number += 1;
            if seal.number != number {
                check.violation(|| format!("seal {number} is missing"));
                number = seal.number;
            }
            let until = LogPlace::of_seal(&seal);
            // One more than the seal counts tells that an entry was slipped in.
            let most = usize::try_from(seal.entries).unwrap_or(0).saturating_add(1);
            let entries = sql::between(db, place, Some(until), most).await?;
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
            place = until;
            head = seal.hash;
        }
    }
    let mut unsealed = 0;
    loop {
        let entries = sql::between(db, place, None, UNDER_ONE).await?;
        let Some(last) = entries.last() else { break };
        place = last.place();
        unsealed += entries.len();
        for placed in &entries {
            own_hash(&mut check, placed);
            if placed.entry.at < db.now() - LATE {
                let id = placed.entry.id;
                check.violation(|| format!("entry {id} is more than an hour old and not sealed"));
            }
        }
    }
    check.note = Some(format!("{number} seals, {unsealed} entries not sealed yet, head {head}"));
    Ok(check)
}

fn own_hash(check: &mut Check, placed: &Placed) {
    check.rows_checked += 1;
    if hash(&placed.entry) != placed.entry.hash {
        check.violation(|| format!("entry {} was changed", placed.entry.id));
    }
}

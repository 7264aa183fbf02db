//! Behind the writers, one node at a time follows the log and keeps what is known of customers current: what they are worth, how they compare,
//! to which segments they belong, and how their names may be mistyped. Whatever an event says of a customer, they are looked at anew as a
//! whole, so that nothing has to be added up twice.

pub(super) mod sql;

use super::resolve::words_of;
use super::spelling;
use super::value::rfm::Steps;
use super::{matches, segments, value};
use crate::error::Result;
use crate::events;
use crate::privacy;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::{customer_identity, customer_word, name_form};
use sql::Watch;
use std::collections::HashSet;
use time::Duration;
use uuid::Uuid;

/// Events, or customers, that are looked at in one transaction.
pub(super) const TOGETHER: usize = 500;
/// How often customers are compared with each other at most.
const COMPARED: Duration = Duration::minutes(10);

/// Follows the log to its end, and says how many steps that took. Another node that does so now is left alone.
pub async fn run(store: &Store) -> Result<usize> {
    let mut steps = 0;
    while step(store).await? {
        steps += 1;
    }
    Ok(steps)
}

/// One short transaction; whether there was anything to do.
async fn step(store: &Store) -> Result<bool> {
    let db = store.read();
    let Some(watch) = sql::watch(&db, false).await? else { return Ok(false) };
    let events = !events::settled_after(&db, watch.place, 1).await?.is_empty();
    let sweeps = watch.swept_to.is_some() || segments::sql::sweeping(&db).await?.is_some();
    let steps = if watch.swept_to.is_none() && is_due(&db, &watch, events || sweeps) {
        Some(Steps::work_out(&db).await?)
    } else {
        None
    };
    if !events && !sweeps && steps.is_none() {
        return Ok(false);
    }
    store
        .write(|tx| {
            let steps = steps.clone();
            async move {
                let Some(mut watch) = sql::watch(&tx, true).await? else { return Ok(false) };
                if let Some(steps) = steps {
                    if !is_due(&tx, &watch, false) {
                        return Ok(false);
                    }
                    compare(&tx, &mut watch, &steps).await?;
                } else if !Box::pin(follow(&tx, &mut watch)).await? {
                    return Ok(false);
                }
                sql::set(&tx, &watch).await?;
                Ok(true)
            }
        })
        .await
}

/// Whether customers are to be compared; where there is always something else to do, after twice the time.
fn is_due(db: &Db, watch: &Watch, busy: bool) -> bool {
    let wait = if busy { COMPARED * 2 } else { COMPARED };
    watch.changed && watch.compared_at.is_none_or(|at| db.now() - at >= wait)
}

/// Looks at whom the next events are about; where there are none, at the next of those who are all looked at anew.
async fn follow(tx: &WriteTx, watch: &mut Watch) -> Result<bool> {
    let pruned_to = events::pruned_to(tx).await?;
    if pruned_to > watch.place {
        // What was pruned is not followed any more: everybody is looked at.
        watch.place = pruned_to;
        watch.swept_to = Some(Uuid::nil());
    }
    let events = events::settled_after(tx, watch.place, TOGETHER).await?;
    let behind = events.len() == TOGETHER;
    let mut done = !events.is_empty();
    if let Some(end) = events.last() {
        watch.place = end.place;
        let about = events.iter().filter(|event| !event.row.kind.starts_with("segment."));
        let mut customers: Vec<Uuid> = about.filter_map(|event| event.row.customer_id).collect();
        customers.sort_unstable();
        customers.dedup();
        watch.changed |= !customers.is_empty();
        look_at(tx, &customers).await?;
    }
    if behind {
        return Ok(true);
    }
    // However much happens, those who are all looked at anew have their turn.
    if let Some(last) = watch.swept_to {
        let customers = sql::some_customers(tx, last, TOGETHER).await?;
        watch.swept_to = customers.last().copied();
        watch.changed |= !customers.is_empty();
        index(tx, &customers).await?;
        look_at(tx, &customers).await?;
        done = true;
    } else if let Some(segment) = segments::sql::sweeping(tx).await? {
        segments::members::sweep(tx, segment).await?;
        done = true;
    }
    Ok(done)
}

/// Compares customers, and looks anew at who belongs to segments of those who compare well.
async fn compare(tx: &WriteTx, watch: &mut Watch, steps: &Steps) -> Result<()> {
    watch.compared_at = Some(tx.now());
    watch.changed = false;
    if Steps::read(tx).await? == *steps {
        return Ok(());
    }
    steps.write(tx).await?;
    segments::members::compared(tx).await
}

async fn look_at(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    if customers.is_empty() {
        return Ok(());
    }
    value::measure(tx, customers).await?;
    spell(tx, customers).await?;
    matches::look_at(tx, customers).await?;
    segments::members::look_at(tx, customers).await?;
    privacy::go_on(tx, customers).await
}

/// Writes down how the names of customers may be mistyped.
async fn spell(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let mut batch = Batch::default();
    let words = sql::new_words(tx, customers).await?;
    for word in words.into_iter().filter(|word| spelling::is_name(word)) {
        for form in spelling::forms(&word) {
            batch.save(&name_form::Model { form, word: word.clone() });
        }
    }
    batch.insert(tx).await
}

/// Writes down by which words customers are found who were known before such words were.
async fn index(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    if customers.is_empty() {
        return Ok(());
    }
    let mut rows = super::sql::by_ids(tx, customers).await?;
    rows.retain(|row| row.merged_into.is_none() && row.erased_at.is_none());
    let identities: Vec<customer_identity::Model> =
        super::sql::identities_of(tx, customers).await?;
    let known: HashSet<(Uuid, String)> = sql::words(tx, customers).await?.into_iter().collect();
    let mut batch = Batch::default();
    for row in &rows {
        for word in words_of(row, &identities) {
            let word = (row.id, word);
            if !known.contains(&word) {
                batch.save(&customer_word::Model { customer_id: word.0, word: word.1 });
            }
        }
    }
    batch.insert(tx).await
}

/// Those of these customers who are to be looked at still; none where all are looked at anew.
pub(super) async fn behind(db: &Db, customers: &[Uuid]) -> Result<Option<HashSet<Uuid>>> {
    match sql::watch(db, false).await? {
        Some(watch) if watch.swept_to.is_none() => {
            let since = events::customers_since(db, customers, watch.place).await?;
            Ok(Some(since.into_iter().collect()))
        }
        Some(_) | None => Ok(None),
    }
}

//! `customerMerge` and `customerUnmerge`: records of one person are made one, and taken apart again as they were.
//!
//! What belongs to a record moves, and each row that moved is noted. What the surviving record lacked it takes over: which fields those were is noted, and
//! not what they say, which still stands in the other record.

mod preview;
mod sql;

pub use preview::{Preview, customer_merge_preview};

use super::resolve::words_of;
use super::value::sees_all;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::in_hand::version;
use crate::orders::list::search;
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::{customer, customer_merge, customer_word};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Records made one with another in one call at most.
const MOST: usize = 20;

/// Which records are of one person.
#[derive(Debug, Clone, Serialize)]
pub struct MergeCustomers {
    /// The record that stays.
    pub into_id: Uuid,
    /// The version of it that the caller saw.
    pub expected_version: Option<i32>,
    /// The others.
    pub from_ids: Vec<Uuid>,
}

/// Which record is to stand alone again.
#[derive(Debug, Clone, Serialize)]
pub struct UnmergeCustomer {
    /// The record.
    pub customer_id: Uuid,
}

/// What a surviving record took over from another.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Took {
    fields: Vec<String>,
    tags: Vec<String>,
}

/// The records of a call.
struct Records {
    into: customer::Model,
    from: Vec<customer::Model>,
}

/// Makes records one and answers with the id of the one that stays.
pub async fn customer_merge(
    store: &Store,
    call: Call<'_>,
    command: &MergeCustomers,
) -> Result<Uuid> {
    call.actor.require(Permission::CustomersWrite)?;
    insist_on_all(call.actor, "intoId")?;
    once(store, call, "customerMerge", command, |tx| async move {
        let meant = meant(&tx, command).await?;
        let Records { mut into, from } = records(&tx, command, &meant).await?;
        let mut faults = Faults::default();
        version(&mut faults, command.expected_version, into.version);
        faults.check()?;
        let before = into.clone();
        let mut batch = Batch::default();
        for other in &from {
            let took = take_over(&mut into, other);
            let row = customer_merge::Model {
                id: tx.id(),
                from_id: other.id,
                into_id: into.id,
                took: serde_json::to_value(&took).unwrap_or_default(),
                merged_at: tx.now(),
            };
            let mut first = Batch::default();
            first.add(&row);
            first.insert(&tx).await?;
            sql::move_all(&tx, row.id, (other.id, into.id)).await?;
            let mut under = sql::below(&tx, other.id).await?;
            under.push(other.id);
            sql::stand_for(&tx, &under, Some(into.id)).await?;
            let data = json!({ "number": other.number, "intoNumber": into.number, "fromId": other.id, "intoId": into.id });
            tell(&tx, call.actor, &mut batch, (events::CUSTOMER_MERGED, data), (other.id, into.id));
        }
        into.version += 1;
        into.updated_at = tx.now();
        batch.save(&into);
        let change = audit::difference(Some(&before), &into);
        audit::record(&tx, call.actor, &mut batch, Some(("cus", into.id)), &change);
        batch.insert(&tx).await?;
        let ids: Vec<Uuid> = from.iter().map(|row| row.id).chain([into.id]).collect();
        index(&tx, &ids).await?;
        super::matches::forget(&tx, &ids).await?;
        Ok(into.id)
    })
    .await
}

/// Takes a record apart again and answers with the ids of both: the one that stayed, and the one that stands alone.
pub async fn customer_unmerge(
    store: &Store,
    call: Call<'_>,
    command: &UnmergeCustomer,
) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::CustomersWrite)?;
    insist_on_all(call.actor, "customerId")?;
    once(store, call, "customerUnmerge", command, |tx| async move {
        let own = command.customer_id;
        let missing = || Error::refused(checks::not_found("customerId", "customer"));
        let Some((_, whole)) = sql::meant(&tx, &[own]).await?.pop() else { return Err(missing()) };
        let rows = sql::lock(&tx, &[own, whole]).await?;
        let found = |id: Uuid| rows.iter().find(|row| row.id == id).cloned();
        let (mut other, into) = (found(own).ok_or_else(missing)?, found(whole).ok_or_else(missing)?);
        let merge = sql::merge_of(&tx, own).await?;
        let Some(merge) = merge.filter(|_| other.merged_into == Some(whole)) else {
            let message = "stands alone: it is none of `mergedFrom` of a customer";
            let refusal = Refusal::new(RefusalCode::StateConflict, "customerId", message);
            return Err(Error::refused(refusal));
        };
        give_back(&tx, &other, &merge).await?;
        let mut records = sql::below(&tx, whole).await?;
        records.push(whole);
        sql::move_back(&tx, merge.id, (own, &records)).await?;
        sql::move_new(&tx, merge.id, (own, whole), merge.merged_at).await?;
        sql::follow_orders(&tx, own, &records).await?;
        sql::forget(&tx, merge.id, merge.into_id).await?;
        let under = sql::below(&tx, own).await?;
        sql::stand_for(&tx, &under, Some(own)).await?;
        let before = other.clone();
        other.merged_into = None;
        other.version += 1;
        other.updated_at = tx.now();
        let mut batch = Batch::default();
        batch.save(&other);
        let change = audit::difference(Some(&before), &other);
        audit::record(&tx, call.actor, &mut batch, Some(("cus", own)), &change);
        let data = json!({ "number": other.number, "intoNumber": into.number, "fromId": own, "intoId": whole });
        tell(&tx, call.actor, &mut batch, (events::CUSTOMER_UNMERGED, data), (own, whole));
        batch.insert(&tx).await?;
        index(&tx, &[own, whole]).await?;
        Ok(vec![whole, own])
    })
    .await
}

/// Whoever does not see all that would move moves nothing.
fn insist_on_all(actor: &Actor, field: &str) -> Result<()> {
    if sees_all(actor) {
        return Ok(());
    }
    let message = "what belongs to a customer may be beyond your reach";
    Err(Error::refused(Refusal::new(RefusalCode::PolicyViolation, field, message)))
}

/// Whom the ids of a call stand for, and every fault of them.
async fn meant(db: &Db, command: &MergeCustomers) -> Result<HashMap<Uuid, Uuid>> {
    let mut faults = Faults::default();
    if command.from_ids.is_empty() {
        faults.add(RefusalCode::Required, "fromIds", "names at least one customer");
    }
    if command.from_ids.len() > MOST {
        let message = format!("takes at most {MOST} customers");
        faults.add(RefusalCode::LimitExceeded, "fromIds", message);
    }
    faults.check()?;
    let mut ids = command.from_ids.clone();
    ids.push(command.into_id);
    let meant: HashMap<Uuid, Uuid> = sql::meant(db, &ids).await?.into_iter().collect();
    let mut faults = Faults::default();
    if !meant.contains_key(&command.into_id) {
        faults.push(checks::not_found("intoId", "customer"));
    }
    let mut seen = Vec::new();
    for (index, id) in command.from_ids.iter().enumerate() {
        let field = format!("fromIds.{index}");
        match meant.get(id) {
            None => faults.push(checks::not_found(&field, "customer")),
            Some(whom) if Some(whom) == meant.get(&command.into_id) => {
                faults.add(RefusalCode::Invalid, &field, "is that customer already");
            }
            Some(whom) if seen.contains(whom) => {
                faults.add(RefusalCode::Duplicate, &field, "is named twice");
            }
            Some(whom) => seen.push(*whom),
        }
    }
    faults.check()?;
    Ok(meant)
}

/// The records that are meant, locked.
async fn records(
    tx: &WriteTx,
    command: &MergeCustomers,
    meant: &HashMap<Uuid, Uuid>,
) -> Result<Records> {
    let whom = |id: &Uuid| meant.get(id).copied().ok_or(Error::Contended);
    let mut ids = Vec::new();
    for id in command.from_ids.iter().chain([&command.into_id]) {
        ids.push(whom(id)?);
    }
    let rows = sql::lock(tx, &ids).await?;
    // Somebody else made one of them one with another since.
    if rows.iter().any(|row| row.merged_into.is_some()) {
        return Err(Error::Contended);
    }
    let found = |id: &Uuid| rows.iter().find(|row| row.id == *id).cloned();
    let mut all = Vec::new();
    for id in &ids {
        all.push(found(id).ok_or(Error::Contended)?);
    }
    let mut faults = Faults::default();
    for (index, row) in all.iter().enumerate() {
        if row.erased_at.is_some() {
            let into = index + 1 == all.len();
            let field = if into { "intoId".to_owned() } else { format!("fromIds.{index}") };
            faults.add(RefusalCode::StateConflict, &field, "was erased");
        }
    }
    faults.check()?;
    let into = all.pop().ok_or(Error::Contended)?;
    Ok(Records { into, from: all })
}

/// The fields that a surviving record takes over where it lacks them.
fn fields(row: &mut customer::Model) -> [(&'static str, &mut Option<String>); 5] {
    [
        ("name", &mut row.name),
        ("email", &mut row.email),
        ("phone", &mut row.phone),
        ("company", &mut row.company),
        ("locale", &mut row.locale),
    ]
}

fn tags(row: &customer::Model) -> Vec<String> {
    serde_json::from_value(row.tags.clone()).unwrap_or_default()
}

fn take_over(into: &mut customer::Model, other: &customer::Model) -> Took {
    let mut took = Took::default();
    let mut theirs = other.clone();
    for ((name, own), (_, their)) in fields(into).into_iter().zip(fields(&mut theirs)) {
        if own.is_none() && their.is_some() {
            own.clone_from(their);
            took.fields.push(name.to_owned());
        }
    }
    let mut labels = tags(into);
    for tag in tags(other) {
        if !labels.contains(&tag) {
            labels.push(tag.clone());
            took.tags.push(tag);
        }
    }
    into.tags = json!(labels);
    took
}

/// Takes away again what the surviving records took over of one that is to stand alone: from the one it was made one with, and, as long as that took it
/// on, from the one that this was made one with later.
async fn give_back(
    tx: &WriteTx,
    other: &customer::Model,
    merge: &customer_merge::Model,
) -> Result<()> {
    let mut took: Took = serde_json::from_value(merge.took.clone()).unwrap_or_default();
    let mut next = Some(merge.into_id);
    while let Some(id) = next {
        let Some(mut row) = sql::lock(tx, &[id]).await?.pop() else { return Ok(()) };
        let before = row.clone();
        let mut theirs = other.clone();
        for ((name, own), (_, their)) in fields(&mut row).into_iter().zip(fields(&mut theirs)) {
            if took.fields.iter().any(|field| field == name) && own == their {
                *own = None;
            }
        }
        let mut labels = tags(&row);
        labels.retain(|tag| !took.tags.contains(tag));
        row.tags = json!(labels);
        if row != before {
            row.version += 1;
            row.updated_at = tx.now();
            let mut batch = Batch::default();
            batch.save(&row);
            batch.insert(tx).await?;
        }
        let later = sql::merge_of(tx, id).await?;
        next = later.as_ref().map(|later| later.into_id);
        let Some(mut later) = later else { continue };
        let mut handed: Took = serde_json::from_value(later.took.clone()).unwrap_or_default();
        took.fields.retain(|field| handed.fields.contains(field));
        took.tags.retain(|tag| handed.tags.contains(tag));
        handed.fields.retain(|field| !took.fields.contains(field));
        handed.tags.retain(|tag| !took.tags.contains(tag));
        later.took = serde_json::to_value(&handed).unwrap_or_default();
        sql::set_took(tx, &later).await?;
    }
    Ok(())
}

/// Tells of it in the history of both.
fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (kind, data): (&'static EventKind, serde_json::Value),
    (from, into): (Uuid, Uuid),
) {
    let event = |whom: Uuid| NewEvent {
        customer: Some(whom),
        ..NewEvent::new(kind, ("cus", whom), data.clone())
    };
    for whom in [from, into] {
        let event = event(whom);
        audit::record(tx, actor, batch, Some(event.subject), &audit::made(&event.data));
        events::record(tx, actor, batch, event);
    }
}

/// Writes anew by which words customers are found, and their orders by theirs. Whoever was made one with another is found by none.
async fn index(tx: &WriteTx, customers: &[Uuid]) -> Result<()> {
    let rows = super::sql::by_ids(tx, customers).await?;
    let identities = super::sql::identities_of(tx, customers).await?;
    let mut batch = Batch::default();
    for row in &rows {
        super::sql::forget_words(tx, row.id).await?;
        if row.merged_into.is_some() {
            continue;
        }
        for word in words_of(row, &identities) {
            batch.add(&customer_word::Model { customer_id: row.id, word });
        }
    }
    batch.insert(tx).await?;
    search::refresh_customers(tx, customers).await
}

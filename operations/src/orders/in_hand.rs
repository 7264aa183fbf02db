//! How an operation takes an order in hand: within reach, at the version that the caller saw, open.

use super::aggregate::{Aggregate, OrderInHand};
use super::sql;
use super::state::{Act, takes};
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::store::{Batch, WriteTx};
use entities::{note, order};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Units of a line: how many there are to be, or how many to cancel.
#[derive(Debug, Clone, Serialize)]
pub struct LineQuantity {
    /// The line.
    pub line_id: Uuid,
    /// Units.
    pub quantity: i32,
}

/// An order within reach, with all that shares work with it, locked.
pub(crate) async fn take(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<Aggregate> {
    take_with(tx, actor, (id, &[]), expected_version).await
}

/// The same with other orders, which are locked with it, whoever asks.
pub(crate) async fn take_with(
    tx: &WriteTx,
    actor: &Actor,
    (id, others): (Uuid, &[Uuid]),
    expected_version: Option<i32>,
) -> Result<Aggregate> {
    let restricted = actor.reach.channels.is_some() || actor.reach.locations.is_some();
    let missing = || Error::refused(checks::not_found("orderId", "order"));
    if restricted && sql::in_reach(tx, actor, &[id]).await?.is_empty() {
        return Err(missing());
    }
    let ids: Vec<Uuid> = others.iter().copied().chain([id]).collect();
    let aggregate = Aggregate::load(tx, &ids).await?;
    let one = aggregate.order(id).ok_or_else(missing)?;
    let mut faults = Faults::default();
    version(&mut faults, expected_version, one.row.version);
    faults.check()?;
    Ok(aggregate)
}

/// Refuses what changed since the caller saw it.
pub(crate) fn version(faults: &mut Faults, expected: Option<i32>, found: i32) {
    if expected.is_some_and(|expected| expected != found) {
        let message = format!("it has changed since: it is at version {found}");
        faults.push(
            Refusal::new(RefusalCode::VersionConflict, "expectedVersion", message)
                .with_details(json!({ "version": found })),
        );
    }
}

/// Refuses what an order does not take as it stands.
pub(crate) fn insist(one: &OrderInHand, act: Act) -> Result<()> {
    if takes(one.state(), act) {
        return Ok(());
    }
    let state = one.row.state.to_value();
    let message = format!("is {state} and cannot be changed so");
    Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "orderId", message)))
}

/// Adds an internal message about an order to what the transaction writes.
pub(crate) fn note(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    order: &order::Model,
    text: Option<&str>,
) {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return };
    let note = note::Model {
        id: tx.id(),
        subject_type: "ord".into(),
        subject_id: order.id,
        author_kind: actor.kind,
        author_id: actor.id,
        text: text.to_owned(),
        mentions: json!([]),
        created_at: tx.now(),
    };
    batch.add(&note);
    let data = json!({ "noteId": note.id });
    let event = super::aggregate::about(order, events::NOTE_ADDED, ("ord", order.id), data);
    events::record(tx, actor, batch, event);
}

//! How an operation takes a fulfillment in hand: within reach, with the orders that it serves.

use super::{read, sql};
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::fulfillment::state::{Step, next};
use crate::orders::aggregate::{Aggregate, Physical, WorkInHand, live};
use crate::orders::in_hand::version;
use crate::store::WriteTx;
use entities::enums::{FulfillmentState, MovementKind};
use entities::fulfillment;
use sea_orm::ActiveEnum;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The fulfillment of a command, at the version that the caller saw.
pub(super) async fn take(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<Aggregate> {
    let found = take_all(tx, actor, &[id], |_| "fulfillmentId".into()).await?;
    let mut faults = Faults::default();
    let work = found.work.iter().find(|work| work.row.id == id);
    version(&mut faults, expected_version, work.map_or(0, |work| work.row.version));
    faults.check()?;
    Ok(found)
}

/// Several fulfillments, each named by a place in the input.
pub(super) async fn take_all(
    tx: &WriteTx,
    actor: &Actor,
    ids: &[Uuid],
    field: impl Fn(usize) -> String,
) -> Result<Aggregate> {
    let rows = read::reached(tx, actor, ids).await?;
    let mut faults = Faults::default();
    for (index, id) in ids.iter().enumerate() {
        if !rows.iter().any(|row| row.id == *id) {
            faults.push(checks::not_found(&field(index), "fulfillment"));
        }
    }
    faults.check()?;
    let orders: Vec<Uuid> =
        sql::orders_of(tx, ids).await?.into_iter().map(|(_, order)| order).collect();
    let found = Aggregate::load(tx, &orders).await?;
    let all = ids.iter().all(|id| found.work.iter().any(|work| work.row.id == *id));
    // One that was taken apart meanwhile is looked for again.
    if all { Ok(found) } else { Err(Error::Contended) }
}

/// Work that is in hand.
pub(super) fn work(found: &Aggregate, id: Uuid) -> Result<&WorkInHand> {
    found.work.iter().find(|work| work.row.id == id).ok_or(Error::Contended)
}

/// Takes a step, or refuses it in words: a hold stands in the way, or the state does.
pub(super) fn step(found: &mut Aggregate, id: Uuid, step: Step, field: &str) -> Result<()> {
    insist_not_held(found, id, field)?;
    let state = work(found, id)?.row.state;
    if next(state, step).is_none() {
        return Err(Error::refused(conflict(field, state)));
    }
    found.step(id, step);
    Ok(())
}

/// Refuses work on an order that is held.
pub(super) fn insist_not_held(found: &Aggregate, id: Uuid, field: &str) -> Result<()> {
    let orders = &work(found, id)?.orders;
    let held = orders.iter().filter_map(|order| found.order(*order)).find(|one| one.is_held());
    let Some(held) = held else { return Ok(()) };
    let reasons: Vec<String> = held.open_holds().map(|hold| hold.reason.to_value()).collect();
    let message = format!("{} is held: {}", held.row.number, reasons.join(", "));
    Err(Error::refused(Refusal::new(RefusalCode::OnHold, field, message)))
}

pub(super) fn conflict(field: &str, state: FulfillmentState) -> Refusal {
    let message = format!("is {} and cannot be taken this step", state.to_value());
    Refusal::new(RefusalCode::StateConflict, field, message)
}

/// A moment that somebody reports: not in the future, a few minutes of clocks aside.
pub(super) fn moment(
    tx: &WriteTx,
    field: &str,
    at: Option<OffsetDateTime>,
) -> Result<OffsetDateTime> {
    let now = tx.now();
    let Some(at) = at else { return Ok(now) };
    if at > now + Duration::minutes(5) {
        let refusal = Refusal::new(RefusalCode::Invalid, field, "lies in the future");
        return Err(Error::refused(refusal));
    }
    Ok(crate::clock::truncate(at))
}

/// Everything in the work leaves the shelves.
pub(super) fn leave(found: &mut Aggregate, id: Uuid) -> Result<()> {
    let work = found.work_mut(id)?;
    let location = work.row.location_id;
    let mut left = Vec::new();
    for line in work.lines.iter().filter(|line| live(line) > 0) {
        let Some(variant) = line.variant_id else { continue };
        left.push(Physical {
            variant,
            location,
            order: line.order_id,
            sku: line.sku.clone(),
            kind: MovementKind::Ship,
            on_hand: -live(line),
            damaged: 0,
            reserved: -live(line),
            reason: None,
        });
    }
    found.physical.extend(left);
    found.shipment = Some(id);
    Ok(())
}

/// The columns of a fulfillment that changed, for the audit log.
pub(super) fn difference(found: &Aggregate, id: Uuid) -> serde_json::Value {
    let of = |work: &WorkInHand| {
        let now: &fulfillment::Model = &work.row;
        crate::audit::difference(work.row.was(), now)
    };
    found.work.iter().find(|work| work.row.id == id).map_or(serde_json::Value::Null, of)
}

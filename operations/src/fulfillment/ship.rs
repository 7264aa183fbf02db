//! `fulfillmentShip`: it leaves the building. Stock goes down, and what left is captured.

use super::deliver::hand_over;
use super::in_hand;
use super::pack::{self, PackParcel};
use super::sql;
use super::state::{Step, follow};
use super::track::{all_there, stand};
use crate::audit;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{Aggregate, Tracked, live, units};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{DeliveryMethod, FulfillmentState, TrackingStatus};
use entities::{parcel, tracking_event};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What left, and when.
#[derive(Debug, Clone, Serialize)]
pub struct ShipFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Its parcels; those it was packed into, or one, without it.
    pub parcels: Option<Vec<PackParcel>>,
    /// When; now without it.
    pub shipped_at: Option<OffsetDateTime>,
}

/// Ships and answers with the id of the fulfillment.
pub async fn ship(store: &Store, call: Call<'_>, command: &ShipFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    if let Some(parcels) = &command.parcels {
        let mut faults = Faults::default();
        pack::check(&mut faults, parcels);
        faults.check()?;
    }
    once(store, call, "fulfillmentShip", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let work = in_hand::work(&found, id)?;
        let before = work.row.state;
        if work.row.delivery_method == DeliveryMethod::Pickup {
            let message = "is fetched by the customer: make it ready for pickup";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "fulfillmentId", message)));
        }
        in_hand::step(&mut found, id, Step::Ship, "fulfillmentId")?;
        let at = in_hand::moment(&tx, "shippedAt", command.shipped_at)?;
        if before == FulfillmentState::Picking {
            pack::insist_fetched(&found, id)?;
        }
        found.load_parcels(&tx, id).await?;
        let before = found.work_mut(id)?.parcels.clone();
        box_up(&tx, &mut found, id, command.parcels.as_deref()).await?;
        let said = said_before(&tx, &found, id, &before).await?;
        let work = found.work_mut(id)?;
        for line in &mut work.lines {
            line.quantity_picked = units(live(line));
        }
        for parcel in &mut work.parcels {
            parcel.shipped_at = Some(at);
            parcel.status = Some(follow(parcel.status, TrackingStatus::InTransit));
            let of = |event: &&tracking_event::Model| event.parcel_id == parcel.id;
            let own: Vec<tracking_event::Model> = said.iter().filter(of).cloned().collect();
            if !own.is_empty() {
                stand(parcel, &own);
            }
        }
        // A carrier was quicker than whoever reports the shipment.
        let arrived = all_there(&work.parcels).map(|moment| moment.max(at));
        work.row.picked_at = work.row.picked_at.or(Some(at));
        work.row.packed_at = work.row.packed_at.or(Some(at));
        work.row.shipped_at = Some(at);
        // It is too late to stop.
        work.row.cancel_request = None;
        let data = json!({ "parcels": work.parcels.len() });
        in_hand::leave(&mut found, id)?;
        found.note_work(id, events::FULFILLMENT_SHIPPED, &data);
        if let Some(arrived) = arrived {
            hand_over(&mut found, id, arrived)?;
        }
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// What carriers said already: of a parcel that another took the place of under the same number, of that one.
async fn said_before(
    tx: &WriteTx,
    found: &Aggregate,
    id: Uuid,
    before: &[Tracked<parcel::Model>],
) -> Result<Vec<tracking_event::Model>> {
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = before.iter().map(|parcel| parcel.id).collect();
    let mut said = sql::tracking_of(tx, &ids).await?;
    if said.is_empty() {
        return Ok(said);
    }
    let now = &in_hand::work(found, id)?.parcels;
    for old in before.iter().filter(|old| now.iter().all(|parcel| parcel.id != old.id)) {
        let same = |parcel: &&Tracked<parcel::Model>| {
            parcel.tracking_key.is_some() && parcel.tracking_key == old.tracking_key
        };
        let Some(new) = now.iter().find(same) else { continue };
        sql::move_tracking(tx, old.id, new.id).await?;
        for event in said.iter_mut().filter(|event| event.parcel_id == old.id) {
            event.parcel_id = new.id;
        }
    }
    Ok(said)
}

/// The parcels that were named, those it was packed into, or one with everything.
async fn box_up(
    tx: &WriteTx,
    found: &mut Aggregate,
    id: Uuid,
    parcels: Option<&[PackParcel]>,
) -> Result<()> {
    let packed = !in_hand::work(found, id)?.parcels.is_empty();
    match parcels {
        None if packed => Ok(()),
        None => {
            let one = pack::all_in_one(found, id)?;
            pack::put_into(tx, found, id, &one).await
        }
        Some(parcels) => {
            found.work_mut(id)?.unpack();
            pack::put_into(tx, found, id, parcels).await
        }
    }
}

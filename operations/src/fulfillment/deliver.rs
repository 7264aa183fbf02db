//! `fulfillmentDeliver`: it is with the customer.

use super::in_hand;
use super::state::{Step, follow};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::Aggregate;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::{FulfillmentState, TrackingStatus};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// When it arrived, and who took it in.
#[derive(Debug, Clone, Serialize)]
pub struct DeliverFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// When; now without it.
    pub delivered_at: Option<OffsetDateTime>,
    /// Who took it in; up to 200 characters.
    pub received_by: Option<String>,
}

/// Hands over and answers with the id of the fulfillment.
pub async fn deliver(store: &Store, call: Call<'_>, command: &DeliverFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    let by = checks::optional(&mut faults, "receivedBy", command.received_by.as_deref(), 200);
    faults.check()?;
    let by = &by;
    once(store, call, "fulfillmentDeliver", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let at = in_hand::moment(&tx, "deliveredAt", command.delivered_at)?;
        let work = in_hand::work(&found, id)?;
        if work.row.shipped_at.is_some_and(|left| at < left) {
            let message = "lies before it left";
            let refusal = Refusal::new(RefusalCode::Invalid, "deliveredAt", message);
            return Err(Error::refused(refusal));
        }
        // A hold keeps what lies ready for pickup; what is on its way arrives all the same.
        if work.row.state == FulfillmentState::ReadyForPickup {
            in_hand::insist_not_held(&found, id, "fulfillmentId")?;
        }
        found.load_parcels(&tx, id).await?;
        hand_over(&mut found, id, at)?;
        for parcel in &mut found.work_mut(id)?.parcels {
            parcel.status = Some(follow(parcel.status, TrackingStatus::Delivered));
            parcel.delivered_at = parcel.delivered_at.or(Some(at));
            parcel.received_by = by.clone().or_else(|| parcel.received_by.clone());
        }
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// Work that arrived, or that the customer fetched: then it leaves the shelf now.
pub(super) fn hand_over(found: &mut Aggregate, id: Uuid, at: OffsetDateTime) -> Result<()> {
    let before = in_hand::work(found, id)?.row.state;
    if found.step(id, Step::Deliver).is_none() {
        return Err(Error::refused(in_hand::conflict("fulfillmentId", before)));
    }
    if before == FulfillmentState::ReadyForPickup {
        in_hand::leave(found, id)?;
    }
    let work = found.work_mut(id)?;
    work.row.shipped_at = work.row.shipped_at.or(Some(at));
    work.row.delivered_at = Some(at);
    found.note_work(id, events::FULFILLMENT_DELIVERED, &json!({}));
    Ok(())
}

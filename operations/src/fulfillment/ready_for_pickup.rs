//! `fulfillmentReadyForPickup`: it waits for the customer.

use super::accept::OneFulfillment;
use super::in_hand;
use super::pack;
use super::state::Step;
use crate::audit;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::DeliveryMethod;
use serde_json::json;
use uuid::Uuid;

/// Makes it ready and answers with its id.
pub async fn ready_for_pickup(
    store: &Store,
    call: Call<'_>,
    command: &OneFulfillment,
) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    once(store, call, "fulfillmentReadyForPickup", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        if in_hand::work(&found, id)?.row.delivery_method != DeliveryMethod::Pickup {
            let message = "is not fetched by the customer: ship it";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "fulfillmentId", message)));
        }
        in_hand::step(&mut found, id, Step::MakeReady, "fulfillmentId")?;
        pack::insist_fetched(&found, id)?;
        found.work_mut(id)?.row.ready_at = Some(tx.now());
        found.note_work(id, events::FULFILLMENT_READY, &json!({}));
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

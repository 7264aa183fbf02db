//! `fulfillmentAccept`: a third party takes the work that it was offered.

use super::in_hand;
use super::state::Step;
use crate::audit;
use crate::error::Result;
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Which fulfillment.
#[derive(Debug, Clone, Serialize)]
pub struct OneFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

/// Takes the work and answers with its id.
pub async fn accept(store: &Store, call: Call<'_>, command: &OneFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    once(store, call, "fulfillmentAccept", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        in_hand::step(&mut found, id, Step::Accept, "fulfillmentId")?;
        found.work_mut(id)?.row.accepted_at = Some(tx.now());
        found.note_work(id, events::FULFILLMENT_ACCEPTED, &json!({}));
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

//! `fulfillmentReject`: a third party refuses the work that it was offered; it is routed again.

use super::fail::FailFulfillment;
use super::in_hand;
use super::state::Step;
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::json;
use uuid::Uuid;

/// Refuses the work and answers with its id.
pub async fn reject(store: &Store, call: Call<'_>, command: &FailFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    let reason = checks::text(&mut faults, "reason", &command.reason, 500);
    faults.check()?;
    let reason = &reason;
    once(store, call, "fulfillmentReject", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        in_hand::step(&mut found, id, Step::Reject, "fulfillmentId")?;
        let work = found.work_mut(id)?;
        work.row.failed_because = Some(reason.clone());
        work.row.cancelled_at = Some(tx.now());
        found.note_work(id, events::FULFILLMENT_REJECTED, &json!({}));
        found.route_again(&tx, &Reach::default(), id).await?;
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

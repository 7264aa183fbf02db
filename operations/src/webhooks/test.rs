//! `webhookTest`: an event of its own, sent to one endpoint.

use super::{own, queue, sql};
use crate::audit;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Queues a test for an endpoint that is switched on, and answers with the delivery.
pub async fn test(store: &Store, call: Call<'_>, endpoint: Uuid) -> Result<Uuid> {
    call.actor.require(Permission::WebhooksManage)?;
    once(store, call, "webhookTest", &endpoint, |tx| async move {
        sql::lock(&tx, &[endpoint]).await?;
        let row = own(&tx, call.actor, endpoint).await?;
        refuse_inactive(row.active)?;
        let mut batch = Batch::default();
        let event = NewEvent::new(events::WEBHOOK_TESTED, ("whe", row.id), json!({}));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &Json::Null);
        let event = events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        let event = events::just_recorded(&tx, event).await?;
        let mut batch = Batch::default();
        let delivery = queue::delivery(&tx, row.id, &event);
        batch.add(&delivery);
        batch.insert(&tx).await?;
        sql::release_heads(&tx, &[delivery.id]).await?;
        Ok(delivery.id)
    })
    .await
}

/// Nothing is sent to an endpoint that is switched off.
pub(super) fn refuse_inactive(active: bool) -> Result<()> {
    if active {
        return Ok(());
    }
    let message = "this endpoint is switched off: switch it on first";
    Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "webhookEndpointId", message)))
}

//! `webhookEndpointDelete`: nothing is sent any more.

use super::{own, sql};
use crate::audit;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::json;
use uuid::Uuid;

/// Takes an endpoint away, with its secrets; what was waiting is not sent.
pub async fn endpoint_delete(store: &Store, call: Call<'_>, endpoint: Uuid) -> Result<Uuid> {
    call.actor.require(Permission::WebhooksManage)?;
    once(store, call, "webhookEndpointDelete", &endpoint, |tx| async move {
        sql::lock(&tx, &[endpoint]).await?;
        let before = own(&tx, call.actor, endpoint).await?;
        sql::delete(&tx, before.id).await?;
        let mut batch = Batch::default();
        let event = NewEvent::new(events::WEBHOOK_DELETED, ("whe", before.id), json!({}));
        let change = audit::made(&json!({ "url": before.url }));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(before.id)
    })
    .await
}

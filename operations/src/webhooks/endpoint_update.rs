//! `webhookEndpointUpdate`: where an endpoint is, what it wants, and whether anything is sent.

use super::{Means, check_types, own, sql, types_of};
use crate::audit;
use crate::checks;
use crate::error::{Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to change; what is not named stays.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateEndpoint {
    /// The endpoint.
    pub endpoint_id: Uuid,
    /// Where it is.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it wants.
    pub types: Option<Vec<String>>,
    /// Whether anything is sent.
    pub active: Option<bool>,
}

/// Changes an endpoint. What happens while it is switched off is not sent when it is switched on again, unless it is
/// replayed; what was waiting by then goes on.
pub async fn endpoint_update(
    store: &Store,
    means: &Means,
    call: Call<'_>,
    command: &UpdateEndpoint,
) -> Result<Uuid> {
    call.actor.require(Permission::WebhooksManage)?;
    let mut faults = Faults::default();
    let mut url = None;
    if let Some(wanted) = &command.url {
        let checked = means.allowed.check(wanted).await;
        let checked = checked.map_err(|why| Refusal::new(RefusalCode::Invalid, "", why));
        url = faults.take("url", checked);
    }
    let description =
        checks::optional(&mut faults, "description", command.description.as_deref(), 500);
    if let Some(types) = &command.types {
        check_types(&mut faults, types);
    }
    faults.check()?;
    let (url, description) = (&url, &description);
    once(store, call, "webhookEndpointUpdate", command, |tx| async move {
        sql::lock(&tx, &[command.endpoint_id]).await?;
        let before = own(&tx, call.actor, command.endpoint_id).await?;
        let mut after = before.clone();
        after.url = url.clone().unwrap_or(after.url);
        if command.description.is_some() {
            after.description.clone_from(description);
        }
        after.types = command.types.as_ref().map_or(after.types, |types| json!(types));
        if let Some(active) = command.active {
            after.active = active;
            after.disabled_because = None;
        }
        if after.active && !before.active {
            let (epoch, place, id) = events::newest_place(&tx).await?.columns();
            (after.start_epoch, after.start_place, after.start_id) = (epoch, place, id);
        }
        after.updated_at = tx.now();
        let mut batch = Batch::default();
        batch.save(&after);
        let data = json!({ "types": types_of(&after.types), "active": after.active });
        let event = NewEvent::new(events::WEBHOOK_UPDATED, ("whe", after.id), data);
        let change = audit::difference(Some(&before), &after);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(after.id)
    })
    .await
}

//! `webhookEndpointCreate`: a partner hears of events from now on.

use super::sql;
use super::{Means, check_types};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::secrets::{Fresh, signing_secret};
use crate::store::{Batch, Store, WriteTx};
use entities::{webhook_endpoint, webhook_secret};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Endpoints that one actor may have.
const MOST: i64 = 50;

/// An endpoint to make.
#[derive(Debug, Clone, Serialize)]
pub struct CreateEndpoint {
    /// Where it is.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it wants.
    pub types: Vec<String>,
}

/// An endpoint with a secret that was just made.
#[derive(Clone)]
pub struct NewEndpointSecret {
    /// The endpoint.
    pub id: Uuid,
    /// The secret, which nothing can show again; none where the call was a replay.
    pub secret: Option<String>,
}

/// Makes an endpoint; it hears of what its maker may see.
pub async fn endpoint_create(
    store: &Store,
    means: &Means,
    call: Call<'_>,
    command: &CreateEndpoint,
) -> Result<NewEndpointSecret> {
    call.actor.require(Permission::WebhooksManage)?;
    let mut faults = Faults::default();
    let url = means.allowed.check(&command.url).await;
    let url = url.map_err(|why| Refusal::new(RefusalCode::Invalid, "", why));
    let url = faults.take("url", url);
    let description =
        checks::optional(&mut faults, "description", command.description.as_deref(), 500);
    check_types(&mut faults, &command.types);
    faults.check()?;
    let fresh = Fresh::new(signing_secret());
    let (fresh_ref, url, description) = (&fresh, &url.unwrap_or_default(), &description);
    let id = once(store, call, "webhookEndpointCreate", command, |tx| async move {
        let actor = call.actor;
        if sql::count_of(&tx, actor).await? >= MOST {
            let message = format!("one has at most {MOST} endpoints");
            return Err(Error::refused(Refusal::new(RefusalCode::LimitExceeded, "", message)));
        }
        let (epoch, place, id) = events::newest_place(&tx).await?.columns();
        let row = webhook_endpoint::Model {
            id: tx.id(),
            url: url.clone(),
            description: description.clone(),
            types: json!(command.types),
            active: true,
            disabled_because: None,
            created_by_kind: actor.kind,
            created_by_id: actor.id,
            start_epoch: epoch,
            start_place: place,
            start_id: id,
            created_at: tx.now(),
            updated_at: tx.now(),
            deleted_at: None,
        };
        let mut batch = Batch::default();
        batch.add(&row);
        add_secret(&tx, means, &mut batch, row.id, fresh_ref)?;
        let data = json!({ "types": command.types });
        let event = NewEvent::new(events::WEBHOOK_CREATED, ("whe", row.id), data);
        let change = audit::difference(None, &row);
        audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, actor, &mut batch, event);
        batch.insert(&tx).await?;
        fresh_ref.used();
        Ok(row.id)
    })
    .await?;
    Ok(NewEndpointSecret { id, secret: fresh.shown() })
}

/// Seals a secret for an endpoint.
pub(super) fn add_secret(
    tx: &WriteTx,
    means: &Means,
    batch: &mut Batch,
    endpoint_id: Uuid,
    secret: &Fresh,
) -> Result<()> {
    batch.add(&webhook_secret::Model {
        id: tx.id(),
        endpoint_id,
        sealed: means.master_key.seal(secret.text().as_bytes())?,
        created_at: tx.now(),
        expires_at: None,
    });
    Ok(())
}

//! `webhookSecretRotate`: a new secret, beside which the old one signs for a while.

use super::endpoint_create::{NewEndpointSecret, add_secret};
use super::{Means, own, sql};
use crate::audit;
use crate::checks;
use crate::error::{Faults, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::secrets::{Fresh, signing_secret};
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

/// An endpoint to give a new secret.
#[derive(Debug, Clone, Serialize)]
pub struct RotateSecret {
    /// The endpoint.
    pub endpoint_id: Uuid,
    /// How long both sign, 0 to 86,400 seconds.
    pub overlap_seconds: i32,
}

/// Gives an endpoint a new secret, which is shown once.
pub async fn secret_rotate(
    store: &Store,
    means: &Means,
    call: Call<'_>,
    command: &RotateSecret,
) -> Result<NewEndpointSecret> {
    call.actor.require(Permission::WebhooksManage)?;
    let mut faults = Faults::default();
    checks::within(&mut faults, "overlapSeconds", command.overlap_seconds, 0, 86_400);
    faults.check()?;
    let fresh = Fresh::new(signing_secret());
    let fresh_ref = &fresh;
    let id = once(store, call, "webhookSecretRotate", command, |tx| async move {
        sql::lock(&tx, &[command.endpoint_id]).await?;
        let row = own(&tx, call.actor, command.endpoint_id).await?;
        let until = tx.now() + Duration::seconds(command.overlap_seconds.into());
        sql::end_secrets(&tx, row.id, until).await?;
        let mut batch = Batch::default();
        add_secret(&tx, means, &mut batch, row.id, fresh_ref)?;
        let data = json!({ "overlapSeconds": command.overlap_seconds });
        let event = NewEvent::new(events::WEBHOOK_SECRET_ROTATED, ("whe", row.id), data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        fresh_ref.used();
        Ok(row.id)
    })
    .await?;
    Ok(NewEndpointSecret { id, secret: fresh.shown() })
}

//! `apiTokenRevoke`: a partner's token stops working, on its very next request.

use super::api_token_rotate::own;
use super::sql;
use crate::audit;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::json;
use uuid::Uuid;

/// Revokes a token; one that was revoked before stays as it is.
pub async fn api_token_revoke(store: &Store, call: Call<'_>, token_id: Uuid) -> Result<Uuid> {
    call.actor.require(Permission::AccessManage)?;
    once(store, call, "apiTokenRevoke", &token_id, |tx| async move {
        let token = own(&tx, call.actor, token_id).await?;
        if sql::revoke_api_token(&tx, token.id).await? == 1 {
            let data = json!({ "name": token.name });
            let event = NewEvent::new(events::API_TOKEN_REVOKED, ("tok", token.id), data);
            let mut batch = Batch::default();
            audit::record(
                &tx,
                call.actor,
                &mut batch,
                Some(event.subject),
                &audit::made(&event.data),
            );
            events::record(&tx, call.actor, &mut batch, event);
            batch.insert(&tx).await?;
        }
        Ok(token.id)
    })
    .await
}

//! `apiTokenRotate`: a new secret for a partner's token; the old one works on for a while.

use super::api_token_create::NewSecret;
use super::grants::{GrantLimits, Granter};
use super::read::{TOKEN_PREFIX, permissions_of, reach_of};
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::secrets::{self, Fresh};
use crate::store::{Batch, Store, WriteTx};
use entities::api_token;
use serde::Serialize;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

/// A token to give a new secret.
#[derive(Debug, Clone, Serialize)]
pub struct RotateToken {
    /// The token.
    pub token_id: Uuid,
    /// How long the old secret works on, 0 to 86,400 seconds.
    pub overlap_seconds: i32,
}

/// Gives a token a new secret, which is shown once.
pub async fn api_token_rotate(
    store: &Store,
    call: Call<'_>,
    command: &RotateToken,
) -> Result<NewSecret> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    checks::within(&mut faults, "overlapSeconds", command.overlap_seconds, 0, 86_400);
    faults.check()?;
    let fresh = Fresh::new(secrets::token(TOKEN_PREFIX));
    let fresh_ref = &fresh;
    let id = once(store, call, "apiTokenRotate", command, |tx| async move {
        let token = own(&tx, call.actor, command.token_id).await?;
        if token.revoked_at.is_some() {
            let message = "the token was revoked";
            return Err(Error::refused(Refusal::new(
                RefusalCode::StateConflict,
                "apiTokenId",
                message.to_owned(),
            )));
        }
        let until = tx.now() + Duration::seconds(command.overlap_seconds.into());
        let secret = (fresh_ref.hash(), fresh_ref.hint());
        if sql::rotate_api_token(&tx, &token, &secret, until).await? != 1 {
            return Err(Error::Contended);
        }
        let data = json!({ "name": token.name, "overlapSeconds": command.overlap_seconds });
        let event = NewEvent::new(events::API_TOKEN_ROTATED, ("tok", token.id), data);
        let mut batch = Batch::default();
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        fresh_ref.used();
        Ok(token.id)
    })
    .await?;
    Ok(NewSecret { id, secret: fresh.shown() })
}

/// A token that can do no more than the actor: nobody gains by changing a stronger one.
pub(super) async fn own(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<api_token::Model> {
    let missing = || Error::refused(checks::not_found("apiTokenId", "token"));
    let token = sql::api_tokens(tx, &[id]).await?.pop().ok_or_else(missing)?;
    let rights = permissions_of(&token.permissions);
    let stronger = Granter(actor).lacks(rights, GrantLimits::of_token(&token)).is_some();
    let reach = reach_of(token.reach_channels.as_ref(), token.reach_locations.as_ref());
    if stronger || !actor.reach.covers(&reach) {
        let message = "the token may do or reach more than you".to_owned();
        return Err(Error::refused(Refusal::new(
            RefusalCode::PolicyViolation,
            "apiTokenId",
            message,
        )));
    }
    Ok(token)
}

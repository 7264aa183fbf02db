//! `apiTokenCreate`: make a partner's token; its secret is shown once.

use super::grants::check_reach;
use super::read::TOKEN_PREFIX;
use super::sql;
use crate::actor::Reach;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::{Permission, Permissions};
use crate::secrets::{self, Fresh};
use crate::store::{Batch, Store};
use entities::api_token;
use entities::enums::ActorKind;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A token to make.
#[derive(Debug, Clone, Serialize)]
pub struct CreateToken {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Which rows it reaches.
    pub reach: Reach,
    /// When it stops working; never without it.
    pub expires_at: Option<OffsetDateTime>,
}

/// A token with a secret that was just made.
#[derive(Clone)]
pub struct NewSecret {
    /// The token.
    pub id: Uuid,
    /// The secret, which nothing can show again; none where the call was a replay.
    pub secret: Option<String>,
}

/// Makes a token that can do no more than its maker.
pub async fn api_token_create(
    store: &Store,
    call: Call<'_>,
    command: &CreateToken,
) -> Result<NewSecret> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    let name = checks::text(&mut faults, "name", &command.name, 100);
    if command.permissions == Permissions::default() {
        faults.add(RefusalCode::Required, "permissions", "a token has at least one permission");
    }
    for permission in command.permissions.iter().filter(|wanted| !call.actor.may(*wanted)) {
        let message = format!("you lack {} yourself", permission.name());
        faults.add(RefusalCode::PolicyViolation, "permissions", message);
    }
    let now = store.clock().now();
    if command.expires_at.is_some_and(|at| at <= now) {
        faults.add(RefusalCode::Invalid, "expiresAt", "lies in the past");
    }
    faults.check()?;
    let fresh = Fresh::new(secrets::token(TOKEN_PREFIX));
    let (name, fresh_ref) = (&name, &fresh);
    let id = once(store, call, "apiTokenCreate", command, |tx| async move {
        let mut faults = Faults::default();
        let narrowed = check_reach(&tx, call.actor, &mut faults, &command.reach).await?;
        faults.check()?;
        // A token that a token makes belongs to the same user.
        let maker = match (call.actor.kind, call.actor.id) {
            (ActorKind::ApiToken, Some(own)) => {
                sql::api_tokens(&tx, &[own]).await?.pop().and_then(|token| token.created_by)
            }
            (_, id) => id,
        };
        let limits = <(_, _, _)>::from(call.actor.limits.columns());
        let names: Vec<&str> = command.permissions.iter().map(Permission::name).collect();
        let row = api_token::Model {
            id: tx.id(),
            name: name.clone(),
            hint: fresh_ref.hint(),
            secret_hash: fresh_ref.hash(),
            permissions: json!(names),
            reach_channels: narrowed.channels.map(|ids| json!(ids)),
            reach_locations: narrowed.locations.map(|ids| json!(ids)),
            expires_at: command.expires_at,
            last_used_at: None,
            revoked_at: None,
            created_by: maker,
            created_at: tx.now(),
            old_secret_hash: None,
            old_secret_until: None,
            refund_limit: limits.0,
            goodwill_per_case_limit: limits.1,
            goodwill_per_customer_limit: limits.2,
        };
        let mut batch = Batch::default();
        batch.add(&row);
        let data = json!({ "name": row.name, "permissions": names });
        let event = NewEvent::new(events::API_TOKEN_CREATED, ("tok", row.id), data);
        let change = audit::difference(None, &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        fresh_ref.used();
        Ok(row.id)
    })
    .await?;
    Ok(NewSecret { id, secret: fresh.shown() })
}

/// The ids behind the codes of channels and locations.
pub async fn reach_by_codes(
    store: &Store,
    channels: &[String],
    locations: &[String],
) -> Result<Reach> {
    let db = store.read();
    let mut faults = Faults::default();
    let mut reach = Reach::default();
    if !channels.is_empty() {
        let codes: Vec<&str> = channels.iter().map(String::as_str).collect();
        let known = catalog::channels_by_code(&db, &codes).await?;
        for code in channels.iter().filter(|code| !known.iter().any(|row| row.code == **code)) {
            faults.push(checks::not_found("channel", &format!("channel `{code}`")));
        }
        reach.channels = Some(known.into_iter().map(|row| row.id).collect());
    }
    if !locations.is_empty() {
        let codes: Vec<&str> = locations.iter().map(String::as_str).collect();
        let known = catalog::locations_by_code(&db, &codes).await?;
        for code in locations.iter().filter(|code| !known.iter().any(|row| row.code == **code)) {
            faults.push(checks::not_found("location", &format!("location `{code}`")));
        }
        reach.locations = Some(known.into_iter().map(|row| row.id).collect());
    }
    faults.check()?;
    Ok(reach)
}

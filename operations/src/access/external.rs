//! Users whom an identity provider vouches for.

use super::grants::GrantLimits;
use super::read::reach_of;
use super::sql;
use super::user_update::rights;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::run;
use crate::store::{Batch, Store};
use entities::enums::ActorKind;
use entities::{user, user_identity};
use serde_json::json;
use uuid::Uuid;

/// What a provider's token says of its holder, once its signature was checked.
#[derive(Debug, Clone)]
pub struct ExternalIdentity {
    /// The provider.
    pub issuer: String,
    /// The holder, as the provider calls them.
    pub subject: String,
    /// Their address, if the provider says that it verified it.
    pub verified_email: Option<String>,
    /// What colleagues call them.
    pub name: Option<String>,
    /// The names of the roles that the provider's claims stand for here.
    pub roles: Vec<String>,
}

/// The actor behind an identity: with the rights of the roles that the provider says it holds now, and the
/// reach that the user has here. Whoever comes for the first time becomes the user with their verified
/// address, or a new one.
pub async fn actor_of_identity(store: &Store, identity: &ExternalIdentity) -> Result<Actor> {
    let db = store.read();
    let known = sql::identity(&db, &identity.issuer, &identity.subject).await?;
    let user_id = match known {
        Some(known) if known.roles == json!(identity.roles) => known.user_id,
        // New, or with other roles than last time.
        _ => introduce(store, identity).await?,
    };
    let user = sql::users(&db, &[user_id]).await?.pop();
    let user = user.filter(|user| user.active);
    let user = user.ok_or(Error::Unauthenticated("this user is not active"))?;
    let roles = sql::roles_by_name(&db, &identity.roles).await?;
    Ok(Actor {
        kind: ActorKind::User,
        id: Some(user.id),
        permissions: rights(&roles),
        reach: reach_of(user.reach_channels.as_ref(), user.reach_locations.as_ref()),
        limits: GrantLimits::of_roles(&roles),
        ..Actor::system()
    })
}

/// Keeps who an identity is and which roles it holds, and answers with the user.
async fn introduce(store: &Store, identity: &ExternalIdentity) -> Result<Uuid> {
    let nameless = "the identity provider vouches for no email address";
    let email = identity.verified_email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let key = &email.map(checks::fold);
    let system = &Actor::system();
    run(store, system, "userIntroduce", |tx| async move {
        let now = tx.now();
        let mut batch = Batch::default();
        let known = sql::identity(&tx, &identity.issuer, &identity.subject).await?;
        if let Some(known) = known {
            let change = audit::changed(&known.roles, &json!(identity.roles));
            let subject = Some(("usr", known.user_id));
            audit::record(&tx, system, &mut batch, subject, &change);
            let user_id = known.user_id;
            batch.save(&user_identity::Model { roles: json!(identity.roles), ..known });
            batch.insert(&tx).await?;
            return Ok(user_id);
        }
        let (Some(email), Some(key)) = (email, key) else {
            return Err(Error::Unauthenticated(nameless));
        };
        let found = sql::user_by_email(&tx, key).await?;
        let fresh = || {
            let name = identity.name.clone().unwrap_or_else(|| email.to_owned());
            user::Model {
                id: tx.id(),
                email: email.to_owned(),
                email_key: key.clone(),
                name: name.chars().take(200).collect(),
                password_hash: None,
                reach_channels: None,
                reach_locations: None,
                active: true,
                last_sign_in_at: None,
                created_at: now,
                updated_at: now,
            }
        };
        let row = found.clone().unwrap_or_else(fresh);
        if found.is_none() {
            batch.add(&row);
            let data = json!({ "roles": [] });
            let event = NewEvent::new(events::USER_CREATED, ("usr", row.id), data);
            events::record(&tx, system, &mut batch, event);
        }
        batch.add(&user_identity::Model {
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            user_id: row.id,
            created_at: now,
            roles: json!(identity.roles),
        });
        let change = json!({ "issuer": identity.issuer, "madeUser": found.is_none() });
        audit::record(&tx, system, &mut batch, Some(("usr", row.id)), &audit::made(&change));
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

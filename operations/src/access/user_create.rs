//! `userCreate`: make a user.

use super::grants::{Granter, check_password, check_reach, check_roles};
use super::sql;
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::{BUILT_IN_ROLES, Permission};
use crate::secrets;
use crate::store::{Batch, Store, WriteTx};
use entities::{role, user, user_role};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A user to make.
#[derive(Clone, Serialize)]
pub struct CreateUser {
    /// The address to sign in with.
    pub email: String,
    /// What colleagues call them.
    pub name: String,
    /// The password, 12 to 200 characters; without one nobody signs in with a password.
    #[serde(skip)]
    pub password: Option<String>,
    /// The roles.
    pub roles: Vec<Uuid>,
    /// Which rows they reach.
    pub reach: Reach,
}

/// Makes a user and answers with its id. Nobody grants what they lack.
pub async fn user_create(store: &Store, call: Call<'_>, command: &CreateUser) -> Result<Uuid> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    let email = checks::email(&mut faults, "email", &command.email);
    let name = checks::text(&mut faults, "name", &command.name, 200);
    if let Some(password) = &command.password {
        check_password(&mut faults, "password", password);
    }
    if command.roles.is_empty() {
        faults.add(RefusalCode::Required, "roleIds", "a user holds at least one role");
    }
    faults.check()?;
    let password = NewPassword::of(call, command.password.as_ref()).await?;
    let (email, name, hash) = (&email, &name, &password.hash);
    once(store, call, "userCreate", &(command, &password.print), |tx| async move {
        let mut faults = Faults::default();
        let granter = Granter(call.actor);
        let roles = check_roles(&tx, granter, &mut faults, &command.roles).await?;
        let reach = check_reach(&tx, call.actor, &mut faults, &command.reach).await?;
        let key = checks::fold(email);
        if sql::user_by_email(&tx, &key).await?.is_some() {
            faults.push(Refusal::new(
                RefusalCode::Duplicate,
                "email",
                format!("a user with the address {email} exists"),
            ));
        }
        faults.check()?;
        let now = tx.now();
        let row = user::Model {
            id: tx.id(),
            email: email.clone(),
            email_key: key,
            name: name.clone(),
            password_hash: hash.clone(),
            reach_channels: reach.channels.map(|ids| json!(ids)),
            reach_locations: reach.locations.map(|ids| json!(ids)),
            active: true,
            last_sign_in_at: None,
            created_at: now,
            updated_at: now,
        };
        let mut batch = Batch::default();
        batch.add(&row);
        for role in &roles {
            batch.add(&user_role::Model { user_id: row.id, role_id: role.id });
        }
        let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        let event = NewEvent::new(events::USER_CREATED, ("usr", row.id), json!({ "roles": names }));
        let change = audit::difference(None, &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

/// A password on its way into a row.
pub(super) struct NewPassword {
    /// What is kept.
    pub(super) hash: Option<String>,
    /// What tells it from another one under the same idempotency key, as hard to guess from.
    pub(super) print: Option<String>,
}

impl NewPassword {
    pub(super) async fn of(call: Call<'_>, password: Option<&String>) -> Result<Self> {
        let Some(password) = password else { return Ok(Self { hash: None, print: None }) };
        let hash = secrets::hash_password(password.clone()).await?;
        let print = match call.key {
            Some(key) => Some(secrets::slow_print(password.clone(), key.to_owned()).await?),
            None => None,
        };
        Ok(Self { hash: Some(hash), print })
    }
}

/// Gives the built-in roles their rows where they have none: a server does so when it starts.
pub async fn built_in_roles(store: &Store) -> Result<()> {
    store.write(|tx| async move { ensure_built_in_roles(&tx).await }).await
}

/// The roles of names, for the command line: the built-in ones have rows after this.
pub async fn roles_named(store: &Store, names: &[String]) -> Result<Vec<Uuid>> {
    built_in_roles(store).await?;
    let rows = sql::roles_by_name(&store.read(), names).await?;
    let mut faults = Faults::default();
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        match rows.iter().find(|row| row.name == *name) {
            Some(row) => ids.push(row.id),
            None => faults.push(checks::not_found("role", &format!("role `{name}`"))),
        }
    }
    faults.check()?;
    Ok(ids)
}

/// The built-in roles have rows, so that users can hold them.
async fn ensure_built_in_roles(tx: &WriteTx) -> Result<()> {
    let names: Vec<&str> = BUILT_IN_ROLES.iter().map(|role| role.name).collect();
    let known = sql::roles_by_name(tx, &names).await?;
    let mut batch = Batch::default();
    for role in BUILT_IN_ROLES.iter().filter(|role| !known.iter().any(|row| row.name == role.name))
    {
        batch.add(&role::Model {
            id: tx.id(),
            name: role.name.to_owned(),
            description: Some(role.description.to_owned()),
            permissions: json!([]),
            built_in: true,
            created_at: tx.now(),
            refund_limit: None,
            goodwill_per_case_limit: None,
            goodwill_per_customer_limit: None,
        });
    }
    batch.insert(tx).await
}

/// Sets a user's password anew and ends nothing else: for the demo, which prints a sign-in.
pub async fn set_password(store: &Store, email: &str, password: &str) -> Result<()> {
    let hash = secrets::hash_password(password.to_owned()).await?;
    let (key, hash) = (&checks::fold(email), &hash);
    store
        .write(|tx| async move {
            if sql::set_password(&tx, key, hash).await? == 1 {
                Ok(())
            } else {
                Err(Error::BadInput("no such user".into()))
            }
        })
        .await
}

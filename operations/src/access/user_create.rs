//! Make a user who signs in.

use super::sql;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::Call;
use crate::permissions::{BUILT_IN_ROLES, Permission, Permissions};
use crate::secrets;
use crate::store::{Batch, Store, WriteTx};
use entities::{role, user, user_role};
use serde_json::json;
use uuid::Uuid;

/// A user to make.
#[derive(Debug, Clone)]
pub struct CreateUser {
    /// The address to sign in with.
    pub email: String,
    /// What colleagues call them.
    pub name: String,
    /// The password, 12 to 200 characters.
    pub password: String,
    /// The names of the roles.
    pub roles: Vec<String>,
}

/// The shortest password.
pub const MIN_PASSWORD: usize = 12;

/// Makes a user and answers with its id. Nobody grants a role that can do more than themselves.
pub async fn user_create(store: &Store, call: Call<'_>, command: &CreateUser) -> Result<Uuid> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    let email = checks::email(&mut faults, "email", &command.email);
    let name = checks::text(&mut faults, "name", &command.name, 200);
    let length = command.password.chars().count();
    if !(MIN_PASSWORD..=200).contains(&length) {
        let message = format!("has {MIN_PASSWORD} to 200 characters");
        faults.add(RefusalCode::Invalid, "password", message);
    }
    if command.roles.is_empty() {
        faults.add(RefusalCode::Required, "roleIds", "a user holds at least one role");
    }
    faults.check()?;
    let hash = secrets::hash_password(command.password.clone()).await?;
    let (email, name, hash) = (&email, &name, &hash);
    store
        .write(|tx| async move {
            ensure_built_in_roles(&tx).await?;
            let mut faults = Faults::default();
            let roles = sql::roles_by_name(&tx, &command.roles).await?;
            for (index, wanted) in command.roles.iter().enumerate() {
                let field = format!("roleIds.{index}");
                match roles.iter().find(|role| role.name == *wanted) {
                    None => faults.push(checks::not_found(&field, &format!("role `{wanted}`"))),
                    Some(role) if exceeds(super::read::role_permissions(role), call) => {
                        let message = format!("`{wanted}` may do more than you");
                        faults.add(RefusalCode::PolicyViolation, &field, message);
                    }
                    Some(_) => {}
                }
            }
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
                password_hash: Some(hash.clone()),
                reach_channels: None,
                reach_locations: None,
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
            let data = json!({ "roles": command.roles });
            let event = NewEvent::new(events::USER_CREATED, ("usr", row.id), data);
            events::record(&tx, call.actor, &mut batch, event);
            batch.insert(&tx).await?;
            Ok(row.id)
        })
        .await
}

fn exceeds(granted: Permissions, call: Call<'_>) -> bool {
    granted.iter().any(|permission| !call.actor.may(permission))
}

/// Gives the built-in roles their rows where they have none: a server does so when it starts.
pub async fn built_in_roles(store: &Store) -> Result<()> {
    store.write(|tx| async move { ensure_built_in_roles(&tx).await }).await
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

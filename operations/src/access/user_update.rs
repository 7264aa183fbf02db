//! `userUpdate`: change what a user is called, may do and reaches, or end what they may.

use super::grants::{Granter, check_password, check_reach, check_roles};
use super::read::role_permissions;
use super::sql;
use super::user_create::NewPassword;
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::{Permission, Permissions};
use crate::store::{Batch, Store};
use entities::enums::ActorKind;
use entities::{role, user_role};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to change of a user; what is none stays as it is.
#[derive(Clone, Serialize)]
pub struct UpdateUser {
    /// The user.
    pub user_id: Uuid,
    /// What colleagues call them.
    pub name: Option<String>,
    /// A new password; ends all sessions of the user.
    #[serde(skip)]
    pub password: Option<String>,
    /// All the roles they hold from now on.
    pub roles: Option<Vec<Uuid>>,
    /// Which rows they reach from now on.
    pub reach: Option<Reach>,
    /// Whether they may sign in; `false` ends all their sessions.
    pub active: Option<bool>,
}

/// Changes a user that can do and reach no more than the actor, and answers with its id.
pub async fn user_update(store: &Store, call: Call<'_>, command: &UpdateUser) -> Result<Uuid> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    let name = command.name.as_ref().map(|name| checks::text(&mut faults, "name", name, 200));
    if let Some(password) = &command.password {
        check_password(&mut faults, "password", password);
    }
    if command.roles.as_ref().is_some_and(Vec::is_empty) {
        faults.add(RefusalCode::Required, "roleIds", "a user holds at least one role");
    }
    faults.check()?;
    let password = NewPassword::of(call, command.password.as_ref()).await?;
    let (name, hash) = (&name, &password.hash);
    once(store, call, "userUpdate", &(command, &password.print), |tx| async move {
        let missing = || Error::refused(checks::not_found("userId", "user"));
        let before = sql::lock_user(&tx, command.user_id).await?.ok_or_else(missing)?;
        let held: Vec<role::Model> =
            sql::roles_of(&tx, &[before.id]).await?.into_iter().map(|held| held.role).collect();
        let granter = Granter(call.actor);
        let mut faults = Faults::default();
        let claimed = sql::claimed_roles(&tx, before.id).await?;
        let mut all = sql::roles_by_name(&tx, &claimed).await?;
        all.extend(held.iter().cloned());
        if !granter.covers(&before, &all) {
            let message = "the user may do or reach more than you";
            faults.push(Refusal::new(RefusalCode::PolicyViolation, "userId", message));
        }
        let mut after = before.clone();
        if let Some(wanted) = &command.reach {
            let reach = check_reach(&tx, call.actor, &mut faults, wanted).await?;
            after.reach_channels = reach.channels.map(|ids| json!(ids));
            after.reach_locations = reach.locations.map(|ids| json!(ids));
        }
        let roles = match &command.roles {
            Some(wanted) => check_roles(&tx, granter, &mut faults, wanted).await?,
            None => held.clone(),
        };
        after.name = name.clone().unwrap_or(after.name);
        after.active = command.active.unwrap_or(after.active);
        after.password_hash = hash.clone().or(after.password_hash);
        after.updated_at = tx.now();
        // So there is always someone left who manages access.
        let oneself = call.actor.kind == ActorKind::User && call.actor.id == Some(before.id);
        if oneself && !after.active {
            faults.add(RefusalCode::PolicyViolation, "active", "nobody shuts themselves out");
        }
        if oneself && command.roles.is_some() && !rights(&roles).has(Permission::AccessManage) {
            let message = "nobody takes ACCESS_MANAGE from themselves";
            faults.add(RefusalCode::PolicyViolation, "roleIds", message);
        }
        faults.check()?;
        let ends = hash.is_some() || (before.active && !after.active);
        let mut batch = Batch::default();
        batch.save(&after);
        if command.roles.is_some() {
            sql::clear_roles(&tx, before.id).await?;
            for role in &roles {
                batch.add(&user_role::Model { user_id: before.id, role_id: role.id });
            }
        }
        if ends {
            sql::end_sessions(&tx, before.id, None).await?;
        }
        let names = |roles: &[role::Model]| -> Vec<String> {
            roles.iter().map(|role| role.name.clone()).collect()
        };
        let data = json!({
            "roles": names(&roles),
            "active": after.active,
            "passwordSet": hash.is_some(),
        });
        let event = NewEvent::new(events::USER_UPDATED, ("usr", before.id), data);
        let change = json!({
            "user": audit::difference(Some(&before), &after),
            "roles": audit::changed(&json!(names(&held)), &json!(names(&roles))),
            "passwordSet": hash.is_some(),
        });
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(before.id)
    })
    .await
}

/// What holders of all these roles may do.
pub(super) fn rights(roles: &[role::Model]) -> Permissions {
    roles.iter().map(role_permissions).fold(Permissions::default(), Permissions::with)
}

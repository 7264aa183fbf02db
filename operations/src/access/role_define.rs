//! `roleDefine`: make or change a role of the shop's own.

use super::grants::{GrantLimits, Granter};
use super::read::{reach_of, role_permissions};
use super::sql;
use super::user_update::rights;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::{Permission, Permissions};
use crate::store::{Batch, Store, WriteTx};
use entities::enums::ActorKind;
use entities::{role, user};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What a role is to be.
#[derive(Debug, Clone, Serialize)]
pub struct DefineRole {
    /// The role to change; none to make one.
    pub role_id: Option<Uuid>,
    /// Its name, unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What its holders may do.
    pub permissions: Permissions,
    /// What they may grant alone.
    pub limits: GrantLimits,
}

/// Makes a role, or changes one that is not built in, and answers with its id.
pub async fn role_define(store: &Store, call: Call<'_>, command: &DefineRole) -> Result<Uuid> {
    call.actor.require(Permission::AccessManage)?;
    let mut faults = Faults::default();
    let name = checks::text(&mut faults, "name", &command.name, 100);
    let description =
        checks::optional(&mut faults, "description", command.description.as_deref(), 500);
    if command.permissions == Permissions::default() {
        faults.add(RefusalCode::Required, "permissions", "a role has at least one permission");
    }
    for (field, limit) in [
        ("refundLimit", command.limits.refund),
        ("goodwillPerCaseLimit", command.limits.goodwill_per_case),
        ("goodwillPerCustomerLimit", command.limits.goodwill_per_customer),
    ] {
        let most = Decimal::from(1_000_000_000);
        if limit.is_some_and(|limit| limit.is_sign_negative() || limit > most || limit.scale() > 4)
        {
            let message = "is 0 to 1,000,000,000 with at most four decimals";
            faults.add(RefusalCode::Invalid, field, message);
        }
    }
    faults.check()?;
    let (name, description) = (&name, &description);
    once(store, call, "roleDefine", command, |tx| async move {
        let mut faults = Faults::default();
        let before = match command.role_id {
            Some(id) => {
                let missing = || Error::refused(checks::not_found("roleId", "role"));
                Some(sql::lock_role(&tx, id).await?.ok_or_else(missing)?)
            }
            None => None,
        };
        let granter = Granter(call.actor);
        if let Some(before) = &before {
            if before.built_in {
                let message = "came with the system: define a role of your own instead";
                faults.push(Refusal::new(RefusalCode::StateConflict, "roleId", message));
            }
            granter.check_role(&mut faults, "roleId", before);
            let beyond = |user: &user::Model| {
                let reach = reach_of(user.reach_channels.as_ref(), user.reach_locations.as_ref());
                !call.actor.reach.covers(&reach)
            };
            if sql::holders(&tx, before.id).await?.iter().any(beyond) {
                let message = "is held by users who reach more than you";
                faults.push(Refusal::new(RefusalCode::PolicyViolation, "roleId", message));
            }
        }
        if let Some((field, why)) = granter.lacks(command.permissions, command.limits) {
            faults.add(RefusalCode::PolicyViolation, field, why);
        }
        let same = sql::roles_by_name(&tx, &[name]).await?;
        if same.iter().any(|row| Some(row.id) != command.role_id) {
            let message = format!("a role named {name} exists");
            faults.push(Refusal::new(RefusalCode::Duplicate, "name", message));
        }
        let [refund, per_case, per_customer] = command.limits.columns();
        let names: Vec<&str> = command.permissions.iter().map(Permission::name).collect();
        let after = role::Model {
            id: before.as_ref().map_or_else(|| tx.id(), |row| row.id),
            name: name.clone(),
            description: description.clone(),
            permissions: json!(names),
            built_in: false,
            created_at: before.as_ref().map_or_else(|| tx.now(), |row| row.created_at),
            refund_limit: refund,
            goodwill_per_case_limit: per_case,
            goodwill_per_customer_limit: per_customer,
        };
        if before.is_some() && loses_access(&tx, call, &after).await? {
            let message = "nobody takes ACCESS_MANAGE from themselves";
            faults.add(RefusalCode::PolicyViolation, "permissions", message);
        }
        faults.check()?;
        let mut batch = Batch::default();
        batch.save(&after);
        let data = json!({ "name": after.name, "permissions": names });
        let event = NewEvent::new(events::ROLE_DEFINED, ("rol", after.id), data);
        let change = audit::difference(before.as_ref(), &after);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(after.id)
    })
    .await
}

/// Whether the user who asks would no longer manage access once a role of theirs is changed.
async fn loses_access(tx: &WriteTx, call: Call<'_>, after: &role::Model) -> Result<bool> {
    let (ActorKind::User, Some(id)) = (call.actor.kind, call.actor.id) else { return Ok(false) };
    let held: Vec<role::Model> =
        sql::roles_of(tx, &[id]).await?.into_iter().map(|held| held.role).collect();
    let others: Vec<role::Model> =
        held.iter().filter(|role| role.id != after.id).cloned().collect();
    let holds = others.len() < held.len();
    let left = rights(&others).has(Permission::AccessManage)
        || role_permissions(after).has(Permission::AccessManage);
    Ok(holds && !left)
}

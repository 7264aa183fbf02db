//! `procedureDefine`: what somebody has to do by when is set. Clocks that run keep what was said when they started.

use super::condition::Condition;
use super::sql;
use super::step::{Step, unknown};
use crate::access::read::role_permissions;
use crate::access::sql as access;
use crate::audit;
use crate::checks;
use crate::customers::value::sees_all;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::in_hand::version;
use crate::permissions::Permission;
use crate::store::{Batch, Db, Store, WriteTx};
use entities::{procedure, procedure_version};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Procedures of a shop at most: what happens is held against each.
const MOST: i64 = 200;
/// Steps of a procedure at most.
const MOST_STEPS: usize = 20;

/// What somebody has to do by when.
#[derive(Debug, Clone, Serialize)]
pub struct DefineProcedure {
    /// Which one to change; a new one without it.
    pub procedure_id: Option<Uuid>,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The type of event that starts it.
    pub trigger: String,
    /// What has to hold of what that is about.
    pub condition: Condition,
    /// What has to be done.
    pub steps: Vec<Step>,
    /// Whether it starts anything.
    pub active: bool,
}

/// A procedure that is well said.
pub(super) struct Checked {
    name: String,
    description: Option<String>,
    pub(super) trigger: String,
    pub(super) condition: Condition,
    pub(super) steps: Vec<Step>,
}

impl DefineProcedure {
    /// Checks what needs no database, all of it.
    pub(super) fn check(&self, faults: &mut Faults) -> Checked {
        let name = checks::text(faults, "name", &self.name, 200);
        let description =
            checks::optional(faults, "description", self.description.as_deref(), 2_000);
        let trigger = self.trigger.trim().to_owned();
        let why = unknown(&trigger);
        if let Some(why) = &why {
            faults.add(RefusalCode::Invalid, "trigger", why);
        } else {
            self.condition.check(faults, ("condition", &trigger));
        }
        if self.steps.is_empty() {
            faults.add(
                RefusalCode::Required,
                "steps",
                "says at least one thing that is to be done",
            );
        }
        if self.steps.len() > MOST_STEPS {
            let message = format!("takes at most {MOST_STEPS} steps");
            faults.add(RefusalCode::LimitExceeded, "steps", message);
        }
        let mut steps: Vec<Step> = Vec::new();
        for (index, step) in self.steps.iter().take(MOST_STEPS).enumerate() {
            let field = format!("steps.{index}");
            let step = step.check(faults, (&field, &trigger));
            if steps.iter().any(|other| checks::fold(&other.name) == checks::fold(&step.name)) {
                let message = "is the name of another step";
                faults.add(RefusalCode::Duplicate, &format!("{field}.name"), message);
            }
            steps.push(step);
        }
        Checked { name, description, trigger, condition: self.condition.clone(), steps }
    }
}

/// Roles are there, and who holds them may see what starts the clock.
pub(super) async fn check_roles(db: &Db, said: &Checked, faults: &mut Faults) -> Result<()> {
    let ids: Vec<Uuid> = said
        .steps
        .iter()
        .flat_map(|step| [Some(step.owner_role_id), step.escalate_to_role_id])
        .flatten()
        .collect();
    let roles = access::roles(db, &ids).await?;
    let needed = EventKind::named(&said.trigger).map(|kind| kind.permission);
    for (index, step) in said.steps.iter().enumerate() {
        for (name, id) in [
            ("ownerRoleId", Some(step.owner_role_id)),
            ("escalateToRoleId", step.escalate_to_role_id),
        ] {
            let Some(id) = id else { continue };
            let field = format!("steps.{index}.{name}");
            let Some(role) = roles.iter().find(|role| role.id == id) else {
                faults.push(checks::not_found(&field, "role"));
                continue;
            };
            let held = role_permissions(role);
            let lacks = [Some(Permission::ProceduresRead), needed].into_iter().flatten();
            if let Some(lacking) = lacks.into_iter().find(|needed| !held.has(*needed)) {
                let message = format!(
                    "{} lacks {}: nobody of it would see its work",
                    role.name,
                    lacking.name()
                );
                faults.add(RefusalCode::PolicyViolation, &field, message);
            }
        }
    }
    Ok(())
}

/// Defines it and answers with its id.
pub async fn procedure_define(
    store: &Store,
    call: Call<'_>,
    command: &DefineProcedure,
) -> Result<Uuid> {
    call.actor.require(Permission::ProceduresWrite)?;
    let mut faults = Faults::default();
    let said = &command.check(&mut faults);
    if !sees_all(call.actor) {
        let message = "procedures are of the whole shop, which is beyond your reach";
        faults.add(RefusalCode::PolicyViolation, "procedureId", message);
    }
    faults.check()?;
    once(store, call, "procedureDefine", command, |tx| async move {
        // One definition at a time: each is a revision of its own.
        sql::revise(&tx).await?;
        let mut faults = Faults::default();
        let before = match command.procedure_id {
            Some(id) => {
                let missing = || Error::refused(checks::not_found("procedureId", "procedure"));
                Some(sql::lock(&tx, id).await?.ok_or_else(missing)?)
            }
            None => None,
        };
        if let Some(before) = &before {
            version(&mut faults, command.expected_version, before.version);
        } else if sql::count(&tx).await? >= MOST {
            let message = format!("there are {MOST} procedures already, which is the most");
            faults.add(RefusalCode::LimitExceeded, "procedureId", message);
        }
        let key = checks::fold(&said.name);
        let others = sql::all(&tx).await?;
        if others.iter().any(|row| row.name_key == key && Some(row.id) != command.procedure_id) {
            faults.add(RefusalCode::Duplicate, "name", "is the name of another procedure");
        }
        check_roles(&tx, said, &mut faults).await?;
        faults.check()?;
        let row = procedure::Model {
            id: before.as_ref().map_or_else(|| tx.id(), |row| row.id),
            version: before.as_ref().map_or(1, |row| row.version + 1),
            name: said.name.clone(),
            name_key: key,
            built_in: before.as_ref().and_then(|row| row.built_in.clone()),
            active: command.active,
            created_at: before.as_ref().map_or_else(|| tx.now(), |row| row.created_at),
            updated_at: tx.now(),
        };
        let mut batch = Batch::default();
        let version = written(&tx, &row, said)?;
        let change = audit::difference(before.as_ref(), &row);
        batch.save(&row);
        batch.insert(&tx).await?;
        let mut batch = Batch::default();
        batch.add(&version);
        let data = json!({ "name": row.name, "version": row.version, "active": row.active });
        let event = NewEvent::new(events::PROCEDURE_DEFINED, ("prc", row.id), data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

/// What a procedure says, as it is kept for ever.
pub(super) fn written(
    tx: &WriteTx,
    row: &procedure::Model,
    said: &Checked,
) -> Result<procedure_version::Model> {
    let broken = |error: serde_json::Error| Error::Internal(error.to_string());
    Ok(procedure_version::Model {
        procedure_id: row.id,
        version: row.version,
        description: said.description.clone(),
        trigger_kind: said.trigger.clone(),
        condition: serde_json::to_value(&said.condition).map_err(broken)?,
        steps: serde_json::to_value(&said.steps).map_err(broken)?,
        at: tx.now(),
    })
}

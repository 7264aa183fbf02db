//! `taskAssign`: who does a task; and who may work on one at all.

use super::hours::AllHours;
use super::in_hand::InHand;
use super::known::Known;
use super::{sql, tell};
use crate::access::sql as access;
use crate::actor::Actor;
use crate::audit;
use crate::cases::open::assignee;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::in_hand::version;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{ActorKind, TaskState};
use entities::task;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Which task.
#[derive(Debug, Clone, Serialize)]
pub struct WhichTask {
    /// The task.
    pub task_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

/// Who is to do it.
#[derive(Debug, Clone, Serialize)]
pub struct AssignTask {
    /// Which task.
    #[serde(flatten)]
    pub which: WhichTask,
    /// Who; nobody without it.
    pub user_id: Option<Uuid>,
}

/// A task that somebody works on.
pub(super) struct Taken {
    row: task::Model,
    known: Arc<Known>,
    hours: AllHours,
}

/// Takes a task within reach whose clock is not over: the work of one of the caller's roles, or given to them; any, with `PROCEDURES_WRITE`.
pub(super) async fn take(tx: &WriteTx, actor: &Actor, which: &WhichTask) -> Result<Taken> {
    let missing = || Error::refused(checks::not_found("taskId", "task"));
    let seen = sql::tasks(tx, actor, &[which.task_id]).await?;
    if seen.is_empty() {
        return Err(missing());
    }
    let row = sql::lock_task(tx, which.task_id).await?.ok_or_else(missing)?;
    let mut faults = Faults::default();
    version(&mut faults, which.expected_version, row.version);
    if !matches!(row.state, TaskState::Open | TaskState::Paused) {
        let message = format!("is {}: nothing is to be done any longer", row.state.to_value());
        faults.push(Refusal::new(RefusalCode::StateConflict, "taskId", message));
    }
    if !actor.may(Permission::ProceduresWrite) && !is_theirs(tx, actor, &row).await? {
        let message = "is the work of another team: ask for PROCEDURES_WRITE, or to be given it";
        faults.add(RefusalCode::PolicyViolation, "taskId", message);
    }
    faults.check()?;
    let known = tx.procedures().read(tx).await?;
    let hours = AllHours::load(tx, row.calendar_id.into_iter()).await?;
    Ok(Taken { row, known, hours })
}

/// Whether a task is given to an actor, or is the work of a role of theirs.
async fn is_theirs(tx: &WriteTx, actor: &Actor, row: &task::Model) -> Result<bool> {
    let (ActorKind::User, Some(user)) = (actor.kind, actor.id) else { return Ok(false) };
    if row.assignee_id == Some(user) {
        return Ok(true);
    }
    let roles = access::roles_of(tx, &[user]).await?;
    Ok(roles.iter().any(|held| held.role.id == row.owner_role_id))
}

impl Taken {
    /// Ends it and answers with its id.
    pub(super) async fn end(
        self,
        tx: &WriteTx,
        actor: &Actor,
        state: TaskState,
        note: Option<String>,
    ) -> Result<Uuid> {
        let before = self.row.clone();
        let mut task = InHand::new(self.row.clone(), self.known.step(&self.row)?, &self.hours);
        let told = task.end(state, tx.now(), (actor, note));
        let after = task.row.clone();
        let mut batch = Batch::default();
        let change = audit::difference(Some(&before), &after);
        audit::record(tx, actor, &mut batch, Some(("tsk", after.id)), &change);
        task.write(tx, actor, &mut batch, told);
        sql::forget_timers(tx, &[after.id]).await?;
        batch.insert(tx).await?;
        Ok(after.id)
    }
}

/// Gives a task to a user, or to nobody, and answers with its id.
pub async fn task_assign(store: &Store, call: Call<'_>, command: &AssignTask) -> Result<Uuid> {
    call.actor.require(Permission::ProceduresRead)?;
    once(store, call, "taskAssign", command, |tx| async move {
        let Taken { mut row, .. } = take(&tx, call.actor, &command.which).await?;
        let mut faults = Faults::default();
        assignee(&tx, command.user_id, "userId", &mut faults).await?;
        faults.check()?;
        if row.assignee_id == command.user_id {
            return Ok(row.id);
        }
        let before = row.clone();
        row.assignee_id = command.user_id;
        row.version += 1;
        row.updated_at = tx.now();
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({
            "step": row.step_name,
            "userId": row.assignee_id,
            "previousUserId": before.assignee_id,
        });
        let change = audit::difference(Some(&before), &row);
        audit::record(&tx, call.actor, &mut batch, Some(("tsk", row.id)), &change);
        tell::tell(&tx, call.actor, &mut batch, &row, (events::TASK_ASSIGNED, data));
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

//! `taskSkip`: somebody says why a task need not be done.

use super::assign::{WhichTask, take};
use crate::checks;
use crate::error::{Faults, Result};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::Store;
use entities::enums::TaskState;
use serde::Serialize;
use uuid::Uuid;

/// Why something need not be done.
#[derive(Debug, Clone, Serialize)]
pub struct SkipTask {
    /// Which task.
    #[serde(flatten)]
    pub which: WhichTask,
    /// Why.
    pub reason: String,
}

/// Skips a task and answers with its id.
pub async fn task_skip(store: &Store, call: Call<'_>, command: &SkipTask) -> Result<Uuid> {
    call.actor.require(Permission::ProceduresRead)?;
    let mut faults = Faults::default();
    let reason = &checks::text(&mut faults, "reason", &command.reason, 2_000);
    faults.check()?;
    once(store, call, "taskSkip", command, |tx| async move {
        let taken = take(&tx, call.actor, &command.which).await?;
        taken.end(&tx, call.actor, TaskState::Skipped, Some(reason.clone())).await
    })
    .await
}

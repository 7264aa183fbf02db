//! `taskComplete`: a person did what was to be done.

use super::assign::{WhichTask, take};
use crate::checks;
use crate::error::{Faults, Result};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::Store;
use entities::enums::TaskState;
use serde::Serialize;
use uuid::Uuid;

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteTask {
    /// Which task.
    #[serde(flatten)]
    pub which: WhichTask,
    /// What is said of it.
    pub note: Option<String>,
}

/// Completes a task and answers with its id.
pub async fn task_complete(store: &Store, call: Call<'_>, command: &CompleteTask) -> Result<Uuid> {
    call.actor.require(Permission::ProceduresRead)?;
    let mut faults = Faults::default();
    let note = &checks::optional(&mut faults, "note", command.note.as_deref(), 2_000);
    faults.check()?;
    once(store, call, "taskComplete", command, |tx| async move {
        let taken = take(&tx, call.actor, &command.which).await?;
        taken.end(&tx, call.actor, TaskState::Done, note.clone()).await
    })
    .await
}

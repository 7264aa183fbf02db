//! What is done with procedures and tasks.

use super::inputs::ProcedureDefineInput;
use super::types::{Procedure, Task};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::permissions::Permission;
use operations::procedures::assign::{AssignTask, WhichTask, task_assign};
use operations::procedures::complete::{CompleteTask, task_complete};
use operations::procedures::define::{DefineProcedure, procedure_define};
use operations::procedures::skip::{SkipTask, task_skip};
use uuid::Uuid;

/// Who is to do a task.
#[derive(Debug, InputObject)]
pub(crate) struct TaskAssignInput {
    /// Which task.
    task_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// An active user; nobody without it.
    user_id: Option<ID>,
}

/// What was done.
#[derive(Debug, InputObject)]
pub(crate) struct TaskCompleteInput {
    /// Which task.
    task_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// What is said of it, up to 2,000 characters.
    note: Option<String>,
}

/// Why a task need not be done.
#[derive(Debug, InputObject)]
pub(crate) struct TaskSkipInput {
    /// Which task.
    task_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Why, up to 2,000 characters.
    reason: String,
}

/// What came of the definition of a procedure.
#[derive(SimpleObject)]
pub(crate) struct ProcedurePayload {
    /// The procedure; null when refused, and without `PROCEDURES_READ`.
    procedure: Option<Procedure>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a change of a task.
#[derive(SimpleObject)]
pub(crate) struct TaskPayload {
    /// The task; null when refused.
    task: Option<Task>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

impl TaskPayload {
    async fn of(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<Self> {
        let (id, user_errors) = answer(ctx, done)?;
        let task = match id {
            Some(id) => ctx.loaders().task(id).await.or_null(ctx)?.map(Task),
            None => None,
        };
        Some(Self { task, user_errors })
    }
}

fn which(id: &ID, expected_version: Option<i32>) -> WhichTask {
    WhichTask { task_id: uuid(Kind::Task, id), expected_version }
}

#[derive(Default)]
pub(crate) struct ProcedureMutation;

#[Object]
impl ProcedureMutation {
    /// Say who has to do what by when. Tasks that began keep what was said then; from the end of this call on, on every node, what happens starts what is said
    /// now. `procedureDryRun` says beforehand what that would have come to. Needs `PROCEDURES_WRITE`, and reach over all channels and locations.
    async fn procedure_define(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What somebody has to do by when.")] input: ProcedureDefineInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ProcedurePayload> {
        let command = DefineProcedure::from(input);
        let done = async {
            procedure_define(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, Box::pin(done).await)?;
        let procedure = match id {
            Some(id) if ctx.may(Permission::ProceduresRead) => {
                ctx.loaders().procedure(id).await.or_null(ctx)?.map(Procedure)
            }
            Some(_) | None => None,
        };
        Some(ProcedurePayload { procedure, user_errors })
    }

    /// Give a task to a user, or to nobody: one that is the work of a role of the caller's, or theirs; any with `PROCEDURES_WRITE`. Needs `PROCEDURES_READ`.
    async fn task_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to have it.")] input: TaskAssignInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TaskPayload> {
        let command = AssignTask {
            which: which(&input.task_id, input.expected_version),
            user_id: input.user_id.map(|id| uuid(Kind::User, &id)),
        };
        let done =
            async { task_assign(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        TaskPayload::of(ctx, Box::pin(done).await).await
    }

    /// A task was done: one that is the work of a role of the caller's, or theirs; any with `PROCEDURES_WRITE`. Needs `PROCEDURES_READ`.
    async fn task_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was done.")] input: TaskCompleteInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TaskPayload> {
        let command =
            CompleteTask { which: which(&input.task_id, input.expected_version), note: input.note };
        let done = async {
            task_complete(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        TaskPayload::of(ctx, Box::pin(done).await).await
    }

    /// A task need not be done: one that is the work of a role of the caller's, or theirs; any with `PROCEDURES_WRITE`. Needs `PROCEDURES_READ`.
    async fn task_skip(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Why.")] input: TaskSkipInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TaskPayload> {
        let command =
            SkipTask { which: which(&input.task_id, input.expected_version), reason: input.reason };
        let done =
            async { task_skip(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        TaskPayload::of(ctx, Box::pin(done).await).await
    }
}

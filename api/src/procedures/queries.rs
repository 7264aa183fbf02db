//! Questions about procedures and tasks.

use super::inputs::ProcedureDefineInput;
use super::rehearse::{ProcedureDryRun, rehearsed};
use super::types::{Procedure, Task, TaskConnection, TaskState};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid, uuids};
use crate::paging::{counted, page_args};
use crate::scalars::DateTime;
use async_graphql::{Context, ID, InputObject, Object};
use operations::procedures::read;
use std::sync::Arc;

/// Which tasks: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct TaskFilter {
    /// In these states.
    states: Option<Vec<TaskState>>,
    /// The work of these roles: that of a team.
    owner_role_ids: Option<Vec<ID>>,
    /// Of this user.
    assignee_id: Option<ID>,
    /// Whether they should be done by now.
    overdue: Option<bool>,
    /// Whose clocks run, and are over before this moment.
    due_before: Option<DateTime>,
    /// About this: an order, a fulfillment, a payment, a return, a case and so on.
    subject_id: Option<ID>,
    /// Of this procedure.
    procedure_id: Option<ID>,
}

impl From<TaskFilter> for read::TaskFilter {
    fn from(filter: TaskFilter) -> Self {
        let subject = |id: &ID| crate::ids::decode(id).map_or(uuid::Uuid::nil(), |(_, id)| id);
        Self {
            states: filter.states.map(|all| all.into_iter().map(Into::into).collect()),
            owner_role_ids: filter.owner_role_ids.map(|ids| uuids(Kind::Role, &ids)),
            assignee_id: filter.assignee_id.map(|id| uuid(Kind::User, &id)),
            overdue: filter.overdue,
            due_before: filter.due_before.map(|at| at.0),
            subject_id: filter.subject_id.as_ref().map(subject),
            procedure_id: filter.procedure_id.map(|id| uuid(Kind::Procedure, &id)),
        }
    }
}

#[derive(Default)]
pub(crate) struct ProcedureQuery;

#[Object]
impl ProcedureQuery {
    /// Every procedure, by name. Needs `PROCEDURES_READ`.
    async fn procedures(&self, ctx: &Context<'_>) -> Option<Vec<Procedure>> {
        let rows = async { read::procedures(&ctx.read(), ctx.actor()?).await };
        let rows = rows.await.or_null(ctx)?;
        Some(rows.into_iter().map(|row| Procedure(Arc::new(row))).collect())
    }

    /// Tasks within reach: what is overdue or due soonest stands first, and last what is paused or over. Needs `PROCEDURES_READ`.
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<TaskFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<TaskConnection> {
        let filter: read::TaskFilter = filter.unwrap_or_default().into();
        let page = page_args(first, after, last, before);
        let rows = async { read::tasks(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Task(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::tasks_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(TaskConnection::new(rows, count))
    }

    /// What a procedure would have come to in the last days, by what happened then, before it is defined or switched on. Conditions and moments are looked at as
    /// they are now. Nothing is changed. What `procedureDefine` would refuse is `BAD_INPUT` here. Needs `PROCEDURES_WRITE`, and reach over all channels.
    async fn procedure_dry_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The procedure as it might be defined.")] input: ProcedureDefineInput,
        #[graphql(desc = "How many days are looked at, 1 to 366; 90 by default.")] days: Option<
            i32,
        >,
    ) -> Option<ProcedureDryRun> {
        rehearsed(ctx, input, days.unwrap_or(90)).await
    }
}

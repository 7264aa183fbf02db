//! `taskUpdated`, live.

use super::queries::TaskFilter;
use super::types::Task;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::events::{About, EventFilter};
use operations::permissions::Permission;
use operations::procedures::read::TaskFilter as Filter;
use std::sync::Arc;

/// Something that happened to a task.
#[derive(Clone, SimpleObject)]
pub(crate) struct TaskUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The task as it is now: at the event or later.
    task: Task,
}

#[derive(Default)]
pub(crate) struct TaskSubscription;

#[Subscription]
impl TaskSubscription {
    /// Tasks as they start, are warned of, are late, change hands and end. With `after` it first replays all that was missed since that cursor. The filter looks
    /// at the task as it is when the event is sent. Needs `PROCEDURES_READ`. Ends and goes on as `events` does.
    async fn task_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which tasks; without it all within reach.")] filter: Option<TaskFilter>,
    ) -> Result<impl Stream<Item = Result<TaskUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::ProceduresRead)?;
        let filter = Arc::new(Filter::from(filter.unwrap_or_default()));
        let wanted = EventFilter { about: About::Tasks, ..EventFilter::default() };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, wanted, Ahead::Nothing).await?;
        Ok(events.try_filter_map(move |event| {
            let filter = filter.clone();
            async move {
                loaders.clear_tasks().await;
                // One that is out of reach, or went out of it since, is not shown.
                let Some(task) = loaders.task(event.row.subject_id).await? else {
                    return Ok(None);
                };
                let now = loaders.scope.store.clock().now();
                if !filter.fits(&task.row, now) {
                    return Ok(None);
                }
                let cursor = event.cursor();
                Ok(Some(TaskUpdate { cursor, event: Event(event), task: Task(task) }))
            }
        }))
    }
}

//! `caseUpdated`, live.

use super::queries::CaseFilter;
use super::types::Case;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::cases::read::CaseFilter as Filter;
use operations::customers;
use operations::events::{About, EventFilter};
use operations::permissions::Permission;
use std::sync::Arc;

/// Something that happened to a case.
#[derive(Clone, SimpleObject)]
pub(crate) struct CaseUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The case as it is now: at the event or later.
    case: Case,
}

#[derive(Default)]
pub(crate) struct CaseSubscription;

#[Subscription]
impl CaseSubscription {
    /// Cases as they change. With `after` it first replays all that was missed since that cursor. The filter looks at the case as it is when the
    /// event is sent. Needs `CASES_READ`. Ends and goes on as `events` does.
    async fn case_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which cases; without it all within reach.")] filter: Option<CaseFilter>,
    ) -> Result<impl Stream<Item = Result<CaseUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::CasesRead)?;
        let mut filter = Filter::from(filter.unwrap_or_default());
        filter.customer_id = customers::read::whom(&ctx.read(), filter.customer_id).await?;
        let filter = Arc::new(filter);
        let wanted = EventFilter {
            about: About::Cases,
            orders: filter.order_id.map(|id| vec![id]),
            customers: filter.customer_id.map(|id| vec![id]),
            ..EventFilter::default()
        };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, wanted, Ahead::Nothing).await?;
        Ok(events.try_filter_map(move |event| {
            let filter = filter.clone();
            async move {
                loaders.clear_cases().await;
                // One that went out of reach since is no longer shown.
                let Some(row) = loaders.case_row(event.row.subject_id).await? else {
                    return Ok(None);
                };
                let now = loaders.scope.store.clock().now();
                if !filter.fits(&row, now) {
                    return Ok(None);
                }
                let cursor = event.cursor();
                Ok(Some(CaseUpdate { cursor, event: Event(event), case: Case(row) }))
            }
        }))
    }
}

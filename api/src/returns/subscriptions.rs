//! `returnUpdated`, live.

use super::queries::ReturnFilter;
use super::types::Return;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::customers;
use operations::events::{About, EventFilter};
use operations::permissions::Permission;
use operations::returns::read::ReturnFilter as Filter;
use std::sync::Arc;

/// Something that happened to a return.
#[derive(Clone, SimpleObject)]
pub(crate) struct ReturnUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The return as it is now: at the event or later.
    #[graphql(name = "return")]
    of: Return,
}

#[derive(Default)]
pub(crate) struct ReturnSubscription;

#[Subscription]
impl ReturnSubscription {
    /// Returns as they change. With `after` it first replays all that was missed since that cursor. The filter looks at the return as it is
    /// when the event is sent. Needs `RETURNS_READ`. Ends and goes on as `events` does.
    async fn return_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which returns; without it all within reach.")] filter: Option<
            ReturnFilter,
        >,
    ) -> Result<impl Stream<Item = Result<ReturnUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::ReturnsRead)?;
        let mut filter = Filter::from(filter.unwrap_or_default());
        filter.customer_id = customers::read::whom(&ctx.read(), filter.customer_id).await?;
        let filter = Arc::new(filter);
        let wanted = EventFilter {
            about: About::Returns,
            orders: filter.order_id.map(|id| vec![id]),
            ..EventFilter::default()
        };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, wanted, Ahead::Nothing).await?;
        Ok(events.try_filter_map(move |event| {
            let filter = filter.clone();
            async move {
                loaders.clear_returns().await;
                // One that went out of reach since is no longer shown.
                let Some(row) = loaders.return_row(event.row.subject_id).await? else {
                    return Ok(None);
                };
                let lines = match filter.reasons {
                    Some(_) => loaders.return_lines_of(row.id).await?,
                    None => Arc::default(),
                };
                let now = loaders.scope.store.clock().now();
                let reasons = lines.iter().map(|line| line.reason);
                if !filter.fits(&row, reasons, now) {
                    return Ok(None);
                }
                Ok(Some(ReturnUpdate {
                    cursor: event.cursor(),
                    event: Event(event),
                    of: Return(row),
                }))
            }
        }))
    }
}

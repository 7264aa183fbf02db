//! `stockChanged`, live.

use super::queries::StockFilter;
use super::types::StockLevel;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow, insist};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::events::{About, EventFilter};
use operations::permissions::Permission;

/// Something that happened to a stock level.
#[derive(Clone, SimpleObject)]
pub(crate) struct StockUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The level as it is now: at the event or later.
    stock_level: StockLevel,
}

#[derive(Default)]
pub(crate) struct StockSubscription;

#[Subscription]
impl StockSubscription {
    /// Stock levels as they change: goods in, corrections, promises and policies. With `after` it first replays all that
    /// was missed since that cursor. `belowReorderPoint` and `outOfStock` look at the level as it is when the event is sent.
    /// Needs `STOCK_READ`. Ends and goes on as `events` does.
    async fn stock_changed<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which levels; without it all within reach.")] filter: Option<StockFilter>,
    ) -> Result<impl Stream<Item = Result<StockUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::StockRead)?;
        let level = filter.unwrap_or_default().into();
        let filter = EventFilter { about: About::StockLevels, level, ..EventFilter::default() };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, filter, Ahead::StockLevels).await?;
        Ok(events.try_filter_map(move |event| async move {
            let id = event.row.subject_id;
            let level = insist(loaders, || loaders.level(id)).await;
            Ok(level.map(|level| StockUpdate {
                cursor: event.cursor(),
                event: Event(event),
                stock_level: StockLevel(level),
            }))
        }))
    }
}

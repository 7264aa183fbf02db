//! `events`, live.

use super::follow::{Ahead, follow};
use super::queries::EventFilter;
use super::types::Event;
use crate::errors::Failure;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};

/// An event and its place in the log.
#[derive(Clone, SimpleObject)]
pub(crate) struct EventDelivery {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
}

#[derive(Default)]
pub(crate) struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Every event the actor may see. With `after` it replays first, then goes on live: in order, no gap,
    /// no duplicate. Ends with an UNAUTHENTICATED error when the credential does, or when the actor's rights or reach
    /// change, with `SLOW_CONSUMER` when the client takes less than what happens (over WebSocket the socket closes with
    /// 1013): go on behind the last cursor. `CURSOR_INVALID` is no cursor of this log, `CURSOR_EXPIRED` one before what is kept.
    async fn events<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; without it only what is new, and what was being written when the stream began."
        )]
        after: Option<String>,
        #[graphql(desc = "Which events; without it all that the actor may see.")] filter: Option<
            EventFilter,
        >,
    ) -> Result<impl Stream<Item = Result<EventDelivery, Failure>> + use<'c>, Failure> {
        let shows_order = ctx.look_ahead().field("event").field("order").exists();
        let ahead = if shows_order { Ahead::Orders } else { Ahead::Nothing };
        let filter = filter.unwrap_or_default().into();
        let events = follow(ctx, after, filter, ahead).await?;
        Ok(events.map_ok(|event| EventDelivery { cursor: event.cursor(), event: Event(event) }))
    }
}

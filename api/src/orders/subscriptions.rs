//! `orderUpdated`, live.

use super::types::Order;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow, insist};
use crate::events::types::Event;
use crate::ids::{Kind, uuids};
use crate::loaders::Loaders;
use async_graphql::{Context, ID, InputObject, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::events::{About, EventFilter};
use operations::permissions::Permission;

/// Which order events: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct OrderEventFilter {
    /// Of these orders.
    order_ids: Option<Vec<ID>>,
    /// In these channels.
    channel_ids: Option<Vec<ID>>,
    /// Of orders that one of these locations sends something of.
    location_ids: Option<Vec<ID>>,
    /// Of these customers.
    customer_ids: Option<Vec<ID>>,
    /// Of orders that one of these users has, or had until this event.
    assignee_ids: Option<Vec<ID>>,
    /// Of these types. One may end in a wildcard: `payment.*`; a type that there is none of is `BAD_INPUT`.
    types: Option<Vec<String>>,
}

/// Something that happened to an order.
#[derive(Clone, SimpleObject)]
pub(crate) struct OrderUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The order as it is now: at the event or later.
    order: Order,
}

#[derive(Default)]
pub(crate) struct OrderSubscription;

#[Subscription]
impl OrderSubscription {
    /// Order events as they commit, those of its payments and fulfillments too. With `after` it first replays all that
    /// was missed since that cursor, in order, with no gap and no duplicate. Needs `ORDERS_READ`, and each event
    /// the permission of its type. Ends and goes on as `events` does.
    async fn order_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which orders and events; without it all within reach.")] filter: Option<
            OrderEventFilter,
        >,
    ) -> Result<impl Stream<Item = Result<OrderUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::OrdersRead)?;
        let filter = filter.unwrap_or_default();
        let filter = EventFilter {
            about: About::Orders,
            orders: filter.order_ids.map(|ids| uuids(Kind::Order, &ids)),
            channels: filter.channel_ids.map(|ids| uuids(Kind::Channel, &ids)),
            locations: filter.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            customers: filter.customer_ids.map(|ids| uuids(Kind::Customer, &ids)),
            assignees: filter.assignee_ids.map(|ids| uuids(Kind::User, &ids)),
            types: filter.types,
            ..EventFilter::default()
        };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, filter, Ahead::Orders).await?;
        Ok(events.try_filter_map(move |event| async move {
            let Some(id) = event.row.order_id else { return Ok(None) };
            // One that went out of reach since is no longer shown.
            let order = insist(loaders, || loaders.order(id)).await;
            Ok(order.map(|order| OrderUpdate {
                cursor: event.cursor(),
                event: Event(event),
                order: Order::of((*order).clone()),
            }))
        }))
    }
}

//! Questions to the log.

use super::types::{Event, EventConnection, EventType};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, decode, uuid, uuids};
use crate::paging::{counted, page_args};
use crate::scalars::DateTimeRange;
use async_graphql::{Context, ID, InputObject, Object};
use operations::customers;
use operations::events::{self, EVENT_KINDS, Wanted};
use std::sync::Arc;
use uuid::Uuid;

/// Which events: every condition given must hold. What a program knows later is not an error, a type that there is none
/// of is: `BAD_INPUT` names it.
#[derive(Debug, Default, InputObject)]
pub(crate) struct EventFilter {
    /// Of these types, such as `order.placed`. One may end in a wildcard: `payment.*`.
    types: Option<Vec<String>>,
    /// In these channels.
    channel_ids: Option<Vec<ID>>,
    /// At these locations.
    location_ids: Option<Vec<ID>>,
    /// About any of these, such as an order, a stock level or a user.
    subject_ids: Option<Vec<ID>>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// Of this order, its payments and fulfillments.
    order_id: Option<ID>,
    /// That happened in this time.
    at: Option<DateTimeRange>,
}

impl From<EventFilter> for events::EventFilter {
    fn from(filter: EventFilter) -> Self {
        let (from, to) = DateTimeRange::ends(filter.at.as_ref());
        let any = |id: &ID| decode(id).map_or(Uuid::max(), |(_, uuid)| uuid);
        Self {
            types: filter.types,
            channels: filter.channel_ids.map(|ids| uuids(Kind::Channel, &ids)),
            locations: filter.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            subjects: filter.subject_ids.map(|ids| ids.iter().map(any).collect()),
            customers: filter.customer_id.map(|id| vec![uuid(Kind::Customer, &id)]),
            orders: filter.order_id.map(|id| vec![uuid(Kind::Order, &id)]),
            from,
            to,
            ..Self::default()
        }
    }
}

#[derive(Default)]
pub(crate) struct EventQuery;

#[Object]
impl EventQuery {
    /// The event log within reach, oldest first: poll on with `after`; `last` gives the newest. Each event needs the permission
    /// of its type. A page ends before what is still being written, so whoever goes on behind it misses nothing.
    /// `CURSOR_INVALID` is no cursor of this log, `CURSOR_EXPIRED` one before what is kept.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<EventFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<EventConnection> {
        let page = page_args(first, after, last, before);
        let mut filter: events::EventFilter = filter.unwrap_or_default().into();
        let wanted = async {
            filter.customers = all_records(ctx, filter.customers).await?;
            Wanted::new(ctx.actor()?, filter)
        };
        let wanted = wanted.await.or_null(ctx)?;
        let rows = events::page(&ctx.read(), &wanted, &page).await.or_null(ctx)?;
        let count = counted(ctx, move |scope| {
            let wanted = wanted.clone();
            async move { events::count(&scope.store.read(), &wanted).await }
        });
        Some(EventConnection::new(rows.map(|row| Event(Arc::new(row))), count))
    }

    /// Every type of event: what it means, who may see it and what its data holds. Needs a credential alone.
    async fn event_types(&self, ctx: &Context<'_>) -> Option<Vec<EventType>> {
        ctx.actor().or_null(ctx)?;
        Some(EVENT_KINDS.iter().copied().map(EventType).collect())
    }
}

/// Every record of the people for whom ids stand.
pub(crate) async fn all_records(
    ctx: &Context<'_>,
    customers: Option<Vec<Uuid>>,
) -> operations::Result<Option<Vec<Uuid>>> {
    match customers {
        Some(ids) => customers::read::records_of(&ctx.read(), &ids).await.map(Some),
        None => Ok(None),
    }
}

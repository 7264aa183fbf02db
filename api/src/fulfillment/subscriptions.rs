//! `fulfillmentUpdated`, live.

use super::queries::FulfillmentFilter;
use super::types::Fulfillment;
use crate::context::Ask;
use crate::errors::Failure;
use crate::events::follow::{Ahead, follow, insist};
use crate::events::types::Event;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::{Stream, TryStreamExt};
use operations::events::{About, EventFilter, fulfillment_of};
use operations::fulfillment::read::FulfillmentFilter as Filter;
use operations::permissions::Permission;
use std::sync::Arc;

/// Something that happened to a fulfillment.
#[derive(Clone, SimpleObject)]
pub(crate) struct FulfillmentUpdate {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
    /// The fulfillment as it is now: at the event or later.
    fulfillment: Fulfillment,
}

#[derive(Default)]
pub(crate) struct FulfillmentSubscription;

#[Subscription]
impl FulfillmentSubscription {
    /// The work queue of a location, live; the third-party location's feed. With `after` it first replays all that was
    /// missed since that cursor. The filter looks at the fulfillment as it is when the event is sent; of one that
    /// serves several orders there is an event for each. Needs `FULFILLMENT_READ`. Ends and goes on as `events` does.
    async fn fulfillment_updated<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; any cursor of an event is one. Without it only what is new."
        )]
        after: Option<String>,
        #[graphql(desc = "Which fulfillments; without it all within reach.")] filter: Option<
            FulfillmentFilter,
        >,
    ) -> Result<impl Stream<Item = Result<FulfillmentUpdate, Failure>> + use<'c>, Failure> {
        ctx.actor()?.require(Permission::FulfillmentRead)?;
        let filter = Arc::new(Filter::from(filter.unwrap_or_default()));
        let wanted = EventFilter {
            about: About::Fulfillments,
            locations: filter.location_ids.clone(),
            orders: filter.order_id.map(|id| vec![id]),
            ..EventFilter::default()
        };
        let loaders = ctx.data_unchecked::<Loaders>();
        let events = follow(ctx, after, wanted, Ahead::Fulfillments).await?;
        Ok(events.try_filter_map(move |event| {
            let filter = filter.clone();
            async move {
                let id = fulfillment_of(&event.row);
                // One that went out of reach since is no longer shown.
                let Some(row) = insist(loaders, || loaders.fulfillment(id)).await else {
                    return Ok(None);
                };
                if !filter.fits(&row) {
                    return Ok(None);
                }
                if filter.tracking_number.is_some() {
                    let parcels = insist(loaders, || loaders.parcels_of(id)).await;
                    if !parcels.iter().any(|parcel| filter.fits_parcel(parcel)) {
                        return Ok(None);
                    }
                }
                Ok(Some(FulfillmentUpdate {
                    cursor: event.cursor(),
                    event: Event(event),
                    fulfillment: Fulfillment(row),
                }))
            }
        }))
    }
}

//! Questions about the work of locations.

use super::types::{Fulfillment, FulfillmentConnection, FulfillmentState};
use crate::catalog::types::Variant;
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, uuid, uuids};
use crate::paging::{counted, page_args};
use crate::scalars::{DateTimeRange, int};
use async_graphql::{Context, ID, InputObject, Object};
use operations::fulfillment::read::{self, FulfillmentFilter as Filter, PickItem};
use std::sync::Arc;

/// Which fulfillments: every condition given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct FulfillmentFilter {
    /// By its number.
    number: Option<String>,
    /// In one of these states.
    states: Option<Vec<FulfillmentState>>,
    /// At one of these locations.
    location_ids: Option<Vec<ID>>,
    /// Worked on by this user.
    assignee_id: Option<ID>,
    /// To leave in this time.
    ship_by: Option<DateTimeRange>,
    /// For this order.
    order_id: Option<ID>,
    /// With a parcel of this number, whatever blanks and dashes it is written with.
    tracking_number: Option<String>,
}

impl From<FulfillmentFilter> for Filter {
    fn from(filter: FulfillmentFilter) -> Self {
        let (ship_by_from, ship_by_to) = DateTimeRange::ends(filter.ship_by.as_ref());
        let states = filter.states.map(|states| states.into_iter().map(Into::into).collect());
        Self {
            number: filter.number,
            states,
            location_ids: filter.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            assignee_id: filter.assignee_id.map(|id| uuid(Kind::User, &id)),
            ship_by_from,
            ship_by_to,
            order_id: filter.order_id.map(|id| uuid(Kind::Order, &id)),
            tracking_number: filter.tracking_number,
        }
    }
}

/// What to put on a pick list.
#[derive(Debug, InputObject)]
pub(crate) struct PickListInput {
    /// Where.
    location_id: ID,
    /// For these fulfillments, up to 200; without it for those that are open, those first that leave first.
    fulfillment_ids: Option<Vec<ID>>,
    /// For so many of them, 1 to 200; 50 by default.
    limit: Option<i32>,
}

pub(crate) struct PickListItem(PickItem);

/// What to fetch from the shelves, of one variant.
#[Object]
impl PickListItem {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// Units in all.
    async fn quantity(&self) -> i32 {
        int(self.0.quantity)
    }

    /// The fulfillments that they are for.
    async fn fulfillments(&self, ctx: &Context<'_>) -> Result<Vec<Fulfillment>, Failure> {
        let loads = self.0.fulfillments.iter().map(|id| ctx.loaders().fulfillment(*id));
        let rows = futures::future::try_join_all(loads).await?;
        Ok(rows.into_iter().flatten().map(Fulfillment).collect())
    }
}

#[derive(Default)]
pub(crate) struct FulfillmentQuery;

#[Object]
impl FulfillmentQuery {
    /// Fulfillments within reach, those first that leave first. Needs `FULFILLMENT_READ`.
    async fn fulfillments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<FulfillmentFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<FulfillmentConnection> {
        let filter = Arc::new(Filter::from(filter.unwrap_or_default()));
        let page = page_args(first, after, last, before);
        let rows = async { read::fulfillments(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?;
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::fulfillments_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(FulfillmentConnection::new(rows.map(|row| Fulfillment(Arc::new(row))), count))
    }

    /// What to fetch from the shelves for a batch of open fulfillments, summed by SKU. Needs `FULFILLMENT_READ`.
    async fn pick_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For what.")] input: PickListInput,
    ) -> Option<Vec<PickListItem>> {
        let location = uuid(Kind::Location, &input.location_id);
        let ids = input.fulfillment_ids.map(|ids| uuids(Kind::Fulfillment, &ids));
        let items = async {
            let (read, actor) = (ctx.read(), ctx.actor()?);
            read::pick_list(&read, actor, location, ids.as_deref(), input.limit).await
        };
        Some(items.await.or_null(ctx)?.into_iter().map(PickListItem).collect())
    }
}

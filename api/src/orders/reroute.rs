//! `orderReroute`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::reroute::{self, RerouteOrder};

/// What to send from elsewhere.
#[derive(Debug, InputObject)]
pub(crate) struct OrderRerouteInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// From where; the strategy chooses without it.
    location_id: Option<ID>,
    /// This fulfillment alone; without it all that nobody has begun, and what waits for stock.
    fulfillment_id: Option<ID>,
}

pub(super) async fn reroute(
    ctx: &Context<'_>,
    input: OrderRerouteInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = RerouteOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        location_id: input.location_id.map(|id| uuid(Kind::Location, &id)),
        fulfillment_id: input.fulfillment_id.map(|id| uuid(Kind::Fulfillment, &id)),
    };
    let done = async { reroute::reroute(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

//! `orderRelease`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::release::{self, ReleaseOrder};

/// Without `holdId` every hold is released that people may release.
#[derive(Debug, InputObject)]
pub(crate) struct OrderReleaseInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// The hold.
    hold_id: Option<ID>,
    /// An internal message, up to 10,000 characters.
    note: Option<String>,
}

pub(super) async fn release(
    ctx: &Context<'_>,
    input: OrderReleaseInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = ReleaseOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        hold_id: input.hold_id.map(|id| uuid(Kind::Hold, &id)),
        note: input.note,
    };
    let done = async { release::release(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

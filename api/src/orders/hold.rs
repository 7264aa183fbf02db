//! `orderHold`.

use super::mutations::{OrderPayload, payload};
use super::types::HoldReason;
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::hold::{self, HoldOrder};

/// An order to stop.
#[derive(Debug, InputObject)]
pub(crate) struct OrderHoldInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Why.
    reason: HoldReason,
    /// More about it, up to 1,000 characters.
    note: Option<String>,
}

pub(super) async fn hold(
    ctx: &Context<'_>,
    input: OrderHoldInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = HoldOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        reason: input.reason.into(),
        note: input.note,
    };
    let done = async { hold::hold(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

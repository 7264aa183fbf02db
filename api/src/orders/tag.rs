//! `orderTag`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::tag::{self, TagOrder};

/// Labels to add and remove.
#[derive(Debug, InputObject)]
pub(crate) struct OrderTagInput {
    /// The order.
    order_id: ID,
    /// Labels to add, 1 to 50 characters each; an order has at most 50.
    add: Option<Vec<String>>,
    /// Labels to remove.
    remove: Option<Vec<String>>,
}

pub(super) async fn tag(
    ctx: &Context<'_>,
    input: OrderTagInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = TagOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        add: input.add.unwrap_or_default(),
        remove: input.remove.unwrap_or_default(),
    };
    let done = async { tag::tag(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

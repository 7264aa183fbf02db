//! `orderAssign`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::assign::{self, AssignOrder};

/// Who is to look after an order.
#[derive(Debug, InputObject)]
pub(crate) struct OrderAssignInput {
    /// The order.
    order_id: ID,
    /// An active user; without it the order is taken from whoever has it.
    user_id: Option<ID>,
}

pub(super) async fn assign(
    ctx: &Context<'_>,
    input: OrderAssignInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = AssignOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        user_id: input.user_id.map(|id| uuid(Kind::User, &id)),
    };
    let done = async { assign::assign(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

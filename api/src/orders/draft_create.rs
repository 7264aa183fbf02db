//! `draftCreate`.

use super::mutations::{OrderPayload, payload};
use super::place::OrderPlaceInput;
use crate::context::Ask;
use async_graphql::Context;
use operations::orders::draft_create;
use operations::orders::place::PlaceOrder;

pub(super) async fn draft_create(
    ctx: &Context<'_>,
    input: OrderPlaceInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = PlaceOrder::from(input);
    let done =
        async { draft_create::draft_create(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

//! `draftUpdate`.

use super::mutations::{OrderPayload, payload};
use super::place::OrderPlaceInput;
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::draft_update::{self, UpdateDraft};

/// A draft, and what it is to say now.
#[derive(Debug, InputObject)]
pub(crate) struct DraftUpdateInput {
    /// The draft.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// All of it anew: lines, amounts, labels. Notes stay.
    order: OrderPlaceInput,
}

pub(super) async fn draft_update(
    ctx: &Context<'_>,
    input: DraftUpdateInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = UpdateDraft {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        order: input.order.into(),
    };
    let done =
        async { draft_update::draft_update(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

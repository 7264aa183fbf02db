//! `orderCancel`.

use super::mutations::{OrderPayload, payload};
use super::types::CancelReason;
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::LineQuantity;
use operations::orders::cancel::{self, CancelOrder};

/// `quantity`: the new one in an edit, how many to cancel in a cancellation.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct LineQuantityInput {
    /// The line.
    line_id: ID,
    /// Units.
    quantity: i32,
}

impl From<LineQuantityInput> for LineQuantity {
    fn from(input: LineQuantityInput) -> Self {
        Self { line_id: uuid(Kind::OrderLine, &input.line_id), quantity: input.quantity }
    }
}

/// Without `lines` all that has not shipped.
#[derive(Debug, InputObject)]
pub(crate) struct OrderCancelInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Why.
    reason: CancelReason,
    /// Which units.
    lines: Option<Vec<LineQuantityInput>>,
    /// An internal message, up to 10,000 characters.
    note: Option<String>,
    /// Whether units that were fetched from the shelf go back into it, as they do by default; otherwise they
    /// count as damaged there.
    restock: Option<bool>,
}

pub(super) async fn cancel(
    ctx: &Context<'_>,
    input: OrderCancelInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = CancelOrder {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        reason: input.reason.into(),
        lines: input.lines.map(|lines| lines.into_iter().map(Into::into).collect()),
        note: input.note,
        restock: input.restock.unwrap_or(true),
    };
    let done = async { cancel::cancel(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

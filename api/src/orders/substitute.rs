//! `lineSubstitute`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject};
use operations::orders::substitute::{self, SubstituteLine};

/// What to send in place of what was ordered, as agreed with the customer.
#[derive(Debug, InputObject)]
pub(crate) struct LineSubstituteInput {
    /// The line that was ordered.
    line_id: ID,
    /// The version of its order as it was read.
    expected_version: Option<i32>,
    /// What is sent.
    sku: String,
    /// How many units are replaced, one for one: those that have neither left nor are being picked.
    quantity: i32,
    /// `true` keeps the ordered price, `false` takes the substitute's own, as the customer agreed; without it the
    /// lower of both.
    keep_price: Option<bool>,
    /// An internal message, up to 10,000 characters.
    note: Option<String>,
}

pub(super) async fn substitute(
    ctx: &Context<'_>,
    input: LineSubstituteInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = SubstituteLine {
        line_id: uuid(Kind::OrderLine, &input.line_id),
        expected_version: input.expected_version,
        sku: input.sku,
        quantity: input.quantity,
        keep_price: input.keep_price,
        note: input.note,
    };
    let done =
        async { substitute::substitute(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

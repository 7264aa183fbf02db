//! `draftComplete`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use crate::payments::types::PaymentRecordInput;
use async_graphql::{Context, ID, InputObject};
use operations::orders::draft_complete::{self, CompleteDraft};

/// Which draft, and how it is paid.
#[derive(Debug, InputObject)]
pub(crate) struct DraftCompleteInput {
    /// The draft.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// Tenders, in the order in which they are used up; up to 100.
    payments: Option<Vec<PaymentRecordInput>>,
}

pub(super) async fn draft_complete(
    ctx: &Context<'_>,
    input: DraftCompleteInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = CompleteDraft {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        payments: input.payments.into_iter().flatten().map(Into::into).collect(),
    };
    let done = async {
        draft_complete::draft_complete(ctx.store(), ctx.call(key.as_ref())?, &command).await
    };
    payload(ctx, done.await).await
}

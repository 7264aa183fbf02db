//! `draftComplete`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::credit::types::GiftCardTenderInput;
use crate::ids::{Kind, uuid};
use crate::payments::types::PaymentRecordInput;
use crate::scalars::Decimal;
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
    /// Gift cards that pay for it, before any other tender; up to 10, sold by the company of the channel.
    gift_cards: Option<Vec<GiftCardTenderInput>>,
    /// How much of the customer's credit pays for it, after gift cards and before any other tender, above 0; what ends first
    /// is used first.
    store_credit: Option<Decimal>,
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
        gift_cards: input.gift_cards.into_iter().flatten().map(Into::into).collect(),
        store_credit: input.store_credit.map(|amount| amount.0),
    };
    let done = async {
        draft_complete::draft_complete(ctx.store(), ctx.call(key.as_ref())?, &command).await
    };
    payload(ctx, done.await).await
}

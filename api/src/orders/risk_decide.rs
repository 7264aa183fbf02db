//! `riskDecide`.

use super::mutations::{OrderPayload, payload};
use crate::context::Ask;
use crate::ids::{Kind, uuid};
use crate::risk::types::RiskDecision;
use async_graphql::{Context, ID, InputObject};
use operations::risk::decide::{self, DecideRisk};

/// What is decided about a doubtful order.
#[derive(Debug, InputObject)]
pub(crate) struct RiskDecideInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// APPROVED releases its doubts; DECLINED cancels it as FRAUD and voids its payment.
    decision: RiskDecision,
    /// An internal message, up to 10,000 characters.
    note: Option<String>,
}

pub(super) async fn decide(
    ctx: &Context<'_>,
    input: RiskDecideInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = DecideRisk {
        order_id: uuid(Kind::Order, &input.order_id),
        expected_version: input.expected_version,
        decision: input.decision.into(),
        note: input.note,
    };
    let done = async { decide::decide(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

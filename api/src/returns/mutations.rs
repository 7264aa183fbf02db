//! What is done with returns.

use super::types::{
    CarrierClaimState, Disposition, ItemCondition, RefundMethod, RefundTrigger, Return, ReturnKind,
    ReturnPayload, ReturnPolicy, ReturnPolicyPayload, ReturnReason,
};
use crate::context::Ask;
use crate::errors::{OrNull, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{CountryCode, DateTime, Decimal, MoneyInput};
use crate::stock::mutations::SkuQuantityInput;
use async_graphql::{Context, ID, InputObject, Object};
use operations::returns::WhichReturn;
use operations::returns::claim::{RecordClaim, carrier_claim_record};
use operations::returns::decide::{
    ApproveReturn, RejectReturn, return_approve, return_cancel, return_reject,
};
use operations::returns::goods::{
    InspectReturn, InspectUnits, LineUnits, ReceiveReturn, return_inspect, return_receive,
};
use operations::returns::policy::{Price, UpsertPolicy, return_policy_upsert};
use operations::returns::request::{LineInput, RequestReturn, return_request};
use operations::returns::resolve::{ResolveReturn, return_resolve};
use operations::returns::stage::{AssignReturn, StageReturn, return_assign, return_stage};
use uuid::Uuid;

/// What may come back, until when, at whose cost. What is left out of a change stays as it is; an empty list is none.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnPolicyUpsertInput {
    /// Which one to change; without it a new one.
    id: Option<ID>,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Its name, up to 200 characters.
    name: String,
    /// For orders of this channel; without it for all.
    channel_id: Option<ID>,
    /// For orders that went to these countries; without it for all.
    country_codes: Option<Vec<CountryCode>>,
    /// For orders with one of these tags; without it for all.
    tags: Option<Vec<String>>,
    /// 0 to 3,650 calendar days behind the delivery of the last parcel.
    window_days: i32,
    /// 0 to 365 days within which money goes back.
    refund_within_days: i32,
    /// The share of the goods' price that is kept, 0 to 1; 0 for a new one. A statutory policy keeps nothing.
    restocking_fee_rate: Option<Decimal>,
    /// Whether the customer pays for the way back; a new one says yes.
    customer_pays_shipping: Option<bool>,
    /// What the way back costs, taken off what is given back.
    return_shipping: Option<MoneyInput>,
    /// What standard delivery costs: of what was paid for delivery no more is given back.
    standard_shipping: Option<MoneyInput>,
    /// Up to so much goes back to trusted customers by `returnResolve` before the goods are here: to whom three orders at least were sent, and of
    /// whose returns nothing is out of the ordinary.
    instant_refund_below: Option<MoneyInput>,
    /// For these reasons; without it for all.
    reasons: Option<Vec<ReturnReason>>,
    /// Reasons that need evidence.
    evidence_reasons: Option<Vec<ReturnReason>>,
    /// -1,000 to 1,000; of two that match alike the higher one decides. 0 for a new one.
    priority: Option<i32>,
    /// Whether it is used; a new one is.
    active: Option<bool>,
    /// Whether it is the law; a new one is not.
    statutory: Option<bool>,
    /// What the days for the refund count from: of a new one the inspection, or by law the declaration.
    refund_trigger: Option<RefundTrigger>,
    /// Whether goods that stay have to earn their discounts still; those of a new one do not.
    recompute_promotions: Option<bool>,
}

/// Units of a line that come back for one reason.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnLineInput {
    /// The line of the order.
    order_line_id: ID,
    /// How many, at least 1.
    quantity: i32,
    /// Why.
    reason: ReturnReason,
    /// What the customer says, up to 2,000 characters.
    comment: Option<String>,
    /// Up to 20 addresses of pictures and the like.
    evidence_urls: Option<Vec<String>>,
    /// Of an exchange: the SKU that is wanted instead, as many units.
    exchange_for_sku: Option<String>,
}

/// What a customer declares.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnRequestInput {
    /// The order.
    order_id: ID,
    /// What is wanted.
    kind: ReturnKind,
    /// 1 to 100 lines.
    lines: Vec<ReturnLineInput>,
    /// What is said of it, up to 2,000 characters.
    comment: Option<String>,
    /// When the customer declared it; now without it.
    requested_at: Option<DateTime>,
    /// Of a claim: the parcel that went wrong.
    parcel_id: Option<ID>,
    /// Where the goods are to go.
    location_id: Option<ID>,
    /// Take it though no policy allows it: needs `REFUNDS_WRITE`, and is recorded.
    override_policy: Option<bool>,
}

impl From<ReturnRequestInput> for RequestReturn {
    fn from(input: ReturnRequestInput) -> Self {
        let line = |line: ReturnLineInput| LineInput {
            order_line_id: uuid(Kind::OrderLine, &line.order_line_id),
            quantity: line.quantity,
            reason: line.reason.into(),
            comment: line.comment,
            evidence_urls: line.evidence_urls.unwrap_or_default(),
            exchange_for_sku: line.exchange_for_sku,
        };
        Self {
            order_id: uuid(Kind::Order, &input.order_id),
            kind: input.kind.into(),
            lines: input.lines.into_iter().map(line).collect(),
            comment: input.comment,
            requested_at: input.requested_at.map(|at| at.0),
            parcel_id: input.parcel_id.map(|id| uuid(Kind::Parcel, &id)),
            location_id: input.location_id.map(|id| uuid(Kind::Location, &id)),
            override_policy: input.override_policy.unwrap_or(false),
        }
    }
}

/// Which return.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnIdInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
}

/// What is agreed to.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnApproveInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Who brings the goods back, up to 100 characters.
    carrier: Option<String>,
    /// Under which number, up to 100 characters, as the label says that the customer was given. They are in transit once `trackingReport` says
    /// that the carrier has them.
    tracking_number: Option<String>,
    /// Whether the customer keeps the goods; then nothing is waited for.
    goods_stay_with_customer: Option<bool>,
    /// Of an exchange: whether the new goods leave before the old ones are back. What they cost is due in 30 days, and is paid by what comes
    /// back. Needs `REFUNDS_WRITE`, within the caller's limit.
    advance_exchange: Option<bool>,
}

/// What is refused.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnRejectInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Why, in words for the customer, up to 1,000 characters.
    reason: String,
}

/// Units of a line of a return.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnLineQuantityInput {
    /// The line of the return.
    return_line_id: ID,
    /// How many arrived, at least 1; more than were declared is taken, as far as so many left for the order.
    quantity: i32,
}

/// What arrived.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnReceiveInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Where; the location of the return without it. All of a return comes to one place.
    location_id: Option<ID>,
    /// What was announced; 1 to 200 entries with the unannounced ones.
    lines: Vec<ReturnLineQuantityInput>,
    /// What was not: it becomes lines of its own.
    unannounced: Option<Vec<SkuQuantityInput>>,
}

/// What somebody found when they looked.
#[derive(Debug, InputObject)]
pub(crate) struct InspectionInput {
    /// The line of the return.
    return_line_id: ID,
    /// How many units, at least 1.
    quantity: i32,
    /// How they are.
    condition: ItemCondition,
    /// Where they go.
    disposition: Disposition,
    /// Whether they are paid for; without it all but what is missing or something else.
    refundable: Option<bool>,
    /// What is said of them, up to 2,000 characters.
    note: Option<String>,
}

/// What was looked at.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnInspectInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// 1 to 200 entries.
    lines: Vec<InspectionInput>,
}

/// How a return is settled.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnResolveInput {
    /// The return.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// How.
    method: RefundMethod,
    /// What is given, where it is less than what it is worth; the rest is kept for what the goods are worth less. Needs a note.
    amount: Option<Decimal>,
    /// What is said of it, up to 2,000 characters.
    note: Option<String>,
}

/// A parcel that nobody announced.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnStageInput {
    /// Where it is.
    location_id: ID,
    /// What is in it, each SKU once.
    lines: Vec<SkuQuantityInput>,
    /// Who brought it, up to 100 characters.
    carrier: Option<String>,
    /// Under which number, up to 100 characters.
    tracking_number: Option<String>,
    /// What is said of it, up to 2,000 characters.
    note: Option<String>,
}

/// The order that a parcel is of.
#[derive(Debug, InputObject)]
pub(crate) struct ReturnAssignInput {
    /// The parcel that was staged.
    return_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// Its order.
    order_id: ID,
}

/// What is known of a claim against a carrier.
#[derive(Debug, InputObject)]
pub(crate) struct CarrierClaimRecordInput {
    /// The customer's claim.
    return_id: ID,
    /// Where it stands. Once the carrier has answered it stays.
    state: CarrierClaimState,
    /// What the carrier calls it, up to 200 characters.
    reference: Option<String>,
    /// What is asked for, in the currency of the order; needed the first time.
    claimed: Option<Decimal>,
    /// What the carrier paid: with `PAID`, and only then.
    recovered: Option<Decimal>,
}

async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<ReturnPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let of = match id {
        Some(id) => ctx.loaders().return_row(id).await.or_null(ctx)?.map(Return),
        None => None,
    };
    Some(ReturnPayload { of, user_errors })
}

fn which(return_id: &ID, expected_version: Option<i32>) -> WhichReturn {
    WhichReturn { return_id: uuid(Kind::Return, return_id), expected_version }
}

#[derive(Default)]
pub(crate) struct ReturnMutation;

#[Object]
impl ReturnMutation {
    /// Make or change what may come back, until when, at whose cost. What was decided under it stays. Needs `CATALOG_WRITE`, and reach over
    /// the channel, or over all for a policy of all.
    async fn return_policy_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The policy.")] input: ReturnPolicyUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPolicyPayload> {
        let price =
            |money: MoneyInput| Price { amount: money.amount.0, currency: money.currency_code.0 };
        let listed = |reasons: Vec<ReturnReason>| reasons.into_iter().map(Into::into).collect();
        let command = UpsertPolicy {
            id: input.id.map(|id| uuid(Kind::ReturnPolicy, &id)),
            expected_version: input.expected_version,
            name: input.name,
            channel_id: input.channel_id.map(|id| uuid(Kind::Channel, &id)),
            country_codes: input
                .country_codes
                .map(|codes| codes.into_iter().map(|code| code.0).collect()),
            tags: input.tags,
            window_days: input.window_days,
            refund_within_days: input.refund_within_days,
            restocking_fee_rate: input.restocking_fee_rate.map(|rate| rate.0),
            customer_pays_shipping: input.customer_pays_shipping,
            return_shipping: input.return_shipping.map(price),
            standard_shipping: input.standard_shipping.map(price),
            instant_refund_below: input.instant_refund_below.map(price),
            reasons: input.reasons.map(listed),
            evidence_reasons: input.evidence_reasons.map(listed),
            priority: input.priority,
            active: input.active,
            statutory: input.statutory,
            refund_trigger: input.refund_trigger.map(Into::into),
            recompute_promotions: input.recompute_promotions,
        };
        let done = async {
            let call = ctx.call(idempotency_key.as_ref())?;
            return_policy_upsert(ctx.store(), call, &command).await
        };
        let (id, user_errors) = answer(ctx, Box::pin(done).await)?;
        let return_policy = match id {
            Some(id) => ctx.loaders().return_policy(id).await.or_null(ctx)?.map(ReturnPolicy),
            None => None,
        };
        Some(ReturnPolicyPayload { return_policy, user_errors })
    }

    /// Take what a customer declares: by an agent, a partner or a storefront. What no policy allows is refused, unless it is overridden. Needs
    /// `RETURNS_WRITE`.
    async fn return_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is declared.")] input: ReturnRequestInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = input.into();
        let done = async {
            return_request(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Agree to a return: the goods may come, or stay with the customer. One of which nothing is sent within 30 days ends as `EXPIRED`. Needs
    /// `RETURNS_WRITE`.
    async fn return_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is agreed to.")] input: ReturnApproveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = ApproveReturn {
            which: which(&input.return_id, input.expected_version),
            carrier: input.carrier,
            tracking_number: input.tracking_number,
            goods_stay: input.goods_stay_with_customer.unwrap_or(false),
            advance: input.advance_exchange.unwrap_or(false),
        };
        let done = async {
            return_approve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Refuse a return, with the reason. Needs `RETURNS_WRITE`.
    async fn return_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is refused.")] input: ReturnRejectInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = RejectReturn {
            which: which(&input.return_id, input.expected_version),
            reason: input.reason,
        };
        let done = async {
            return_reject(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Call off a return of which nothing arrived yet. Needs `RETURNS_WRITE`.
    async fn return_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which return.")] input: ReturnIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = which(&input.return_id, input.expected_version);
        let done = async {
            return_cancel(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Take goods in that came back, those nobody announced too. They wait apart from what is sold until somebody looked at them. A return that is
    /// settled already takes its goods in all the same. Needs `RETURNS_WRITE`, and reach over the location.
    async fn return_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived.")] input: ReturnReceiveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let line = |line: ReturnLineQuantityInput| LineUnits {
            return_line_id: uuid(Kind::ReturnLine, &line.return_line_id),
            quantity: line.quantity,
        };
        let command = ReceiveReturn {
            which: which(&input.return_id, input.expected_version),
            location_id: input.location_id.map(|id| uuid(Kind::Location, &id)),
            lines: input.lines.into_iter().map(line).collect(),
            unannounced: input.unannounced.into_iter().flatten().map(Into::into).collect(),
        };
        let done = async {
            return_receive(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Say how goods are that came back, and where they go, unit by unit. They go there when the return is settled, or at once where it is
    /// already. Needs `RETURNS_WRITE`.
    async fn return_inspect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was found.")] input: ReturnInspectInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let line = |line: InspectionInput| InspectUnits {
            return_line_id: uuid(Kind::ReturnLine, &line.return_line_id),
            quantity: line.quantity,
            condition: line.condition.into(),
            disposition: line.disposition.into(),
            refundable: line.refundable,
            note: line.note,
        };
        let command = InspectReturn {
            which: which(&input.return_id, input.expected_version),
            lines: input.lines.into_iter().map(line).collect(),
        };
        let done = async {
            return_inspect(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Settle a return: stock, credit note, journal and refund follow in one transaction. What is not paid yet is owed no longer instead. Needs
    /// `RETURNS_WRITE`, and `REFUNDS_WRITE` where anything is given, within the caller's limit.
    async fn return_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How.")] input: ReturnResolveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = ResolveReturn {
            which: which(&input.return_id, input.expected_version),
            method: input.method.into(),
            amount: input.amount.map(|amount| amount.0),
            note: input.note,
        };
        let done = async {
            return_resolve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Take a parcel in that nobody announced: its goods wait apart, and are not restocked, until `returnAssign` ties them to an order. Needs
    /// `RETURNS_WRITE`, and reach over the location.
    async fn return_stage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The parcel.")] input: ReturnStageInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = StageReturn {
            location_id: uuid(Kind::Location, &input.location_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
            carrier: input.carrier,
            tracking_number: input.tracking_number,
            note: input.note,
        };
        let done = async {
            return_stage(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Tie a parcel that nobody announced to its order: what the order has of it can be inspected and settled, the rest stays without. Needs
    /// `RETURNS_WRITE`, and reach over the order.
    async fn return_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which parcel, and its order.")] input: ReturnAssignInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = AssignReturn {
            which: which(&input.return_id, input.expected_version),
            order_id: uuid(Kind::Order, &input.order_id),
        };
        let done = async {
            return_assign(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }

    /// Note where a claim against a carrier stands: of a return of the kind `CLAIM`. Needs `RETURNS_WRITE`.
    async fn carrier_claim_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is known of it.")] input: CarrierClaimRecordInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<ReturnPayload> {
        let command = RecordClaim {
            which: which(&input.return_id, None),
            state: input.state.into(),
            reference: input.reference,
            claimed: input.claimed.map(|amount| amount.0),
            recovered: input.recovered.map(|amount| amount.0),
        };
        let done = async {
            carrier_claim_record(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, Box::pin(done).await).await
    }
}

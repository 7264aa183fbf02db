//! What is done with payments.

use super::requests::RefundRequest;
use super::types::{Payment, PaymentRecordInput, PaymentTransactionKind, PaymentTransactionState};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{DateTime, Decimal};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::payments::capture::{CapturePayment, capture};
use operations::payments::decide::{DecideRequest, decide};
use operations::payments::record_for_order::{RecordForOrder, record_for_order};
use operations::payments::refund::{RefundPayment, refund};
use operations::payments::report::{ReportTransaction, report};
use operations::payments::void::{VoidPayment, void};
use uuid::Uuid;

/// What a storefront or terminal obtained for an order.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentRecordForOrderInput {
    /// The order.
    order_id: ID,
    /// What was obtained.
    payment: PaymentRecordInput,
}

/// A payment to release.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentIdInput {
    /// The payment.
    payment_id: ID,
    /// Refused with `VERSION_CONFLICT` unless it stands at this version.
    expected_version: Option<i32>,
}

/// What to capture. Without `amount` all that is left. `final` releases the rest of the authorization.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentAmountInput {
    /// The payment.
    payment_id: ID,
    /// Refused with `VERSION_CONFLICT` unless it stands at this version.
    expected_version: Option<i32>,
    /// How much, above 0; all that is left without it.
    amount: Option<Decimal>,
    /// Whether the rest of the authorization is released.
    r#final: Option<bool>,
}

/// What to give back.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentRefundInput {
    /// The payment.
    payment_id: ID,
    /// Refused with `VERSION_CONFLICT` unless it stands at this version.
    expected_version: Option<i32>,
    /// How much: above 0, at most what is `refundable`.
    amount: Decimal,
    /// Why, up to 1,000 characters.
    reason: String,
    /// Above the actor's limit, ask somebody else instead of being refused.
    request_approval: Option<bool>,
}

/// What a provider says became of a step.
#[derive(Debug, InputObject)]
pub(crate) struct PaymentTransactionReportInput {
    /// The payment.
    payment_id: ID,
    /// Of which kind the step is; chargebacks are disputes.
    kind: PaymentTransactionKind,
    /// `SUCCEEDED` or `FAILED`.
    state: PaymentTransactionState,
    /// How much, above 0.
    amount: Decimal,
    /// What the provider calls the step, up to 200 characters.
    provider_reference: String,
    /// When; now without it.
    at: Option<DateTime>,
    /// What the provider said, up to 1,000 characters.
    message: Option<String>,
}

/// What is decided of a request.
#[derive(Debug, InputObject)]
pub(crate) struct RefundRequestDecideInput {
    /// The request.
    refund_request_id: ID,
    /// Whether it is granted.
    grant: bool,
    /// What is said of it, up to 10,000 characters.
    note: Option<String>,
}

/// What came of a payment.
#[derive(SimpleObject)]
pub(crate) struct PaymentPayload {
    /// The payment; null when refused.
    payment: Option<Payment>,
    /// What waits for somebody else, where that was asked for.
    refund_request: Option<RefundRequest>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a decision.
#[derive(SimpleObject)]
pub(crate) struct RefundRequestPayload {
    /// The request; null when refused.
    refund_request: Option<RefundRequest>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// The payment after it changed.
async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<PaymentPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let payment = match id {
        Some(id) => ctx.loaders().payment(id).await.or_null(ctx)?.map(Payment),
        None => None,
    };
    Some(PaymentPayload { payment, refund_request: None, user_errors })
}

#[derive(Default)]
pub(crate) struct PaymentMutation;

#[Object]
impl PaymentMutation {
    /// Record what a storefront or terminal obtained for an order: an authorization, money already captured, or a promise.
    /// Needs `PAYMENTS_WRITE`.
    async fn payment_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was obtained.")] input: PaymentRecordForOrderInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PaymentPayload> {
        let command = RecordForOrder {
            order_id: uuid(Kind::Order, &input.order_id),
            payment: input.payment.into(),
        };
        let done = async {
            record_for_order(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        payload(ctx, done.await).await
    }

    /// For providers without a connector: what the provider says became of an authorization, capture, void or refund. Late and
    /// repeated reports change nothing twice. Needs `PAYMENTS_WRITE`.
    async fn payment_transaction_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the provider says.")] input: PaymentTransactionReportInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PaymentPayload> {
        let command = ReportTransaction {
            payment_id: uuid(Kind::Payment, &input.payment_id),
            kind: input.kind.into(),
            state: input.state.into(),
            amount: input.amount.0,
            provider_reference: input.provider_reference,
            at: input.at.map(|at| at.0),
            message: input.message,
        };
        let done =
            async { report(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Capture what is authorized, wholly or in part. Accepted is not captured: the transaction stays `PENDING` until the
    /// provider confirms; money at hand (`manual`) is captured at once. Needs `PAYMENTS_WRITE`.
    async fn payment_capture(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to capture.")] input: PaymentAmountInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PaymentPayload> {
        let command = CapturePayment {
            payment_id: uuid(Kind::Payment, &input.payment_id),
            expected_version: input.expected_version,
            amount: input.amount.map(|amount| amount.0),
            last: input.r#final.unwrap_or(false),
        };
        let done =
            async { capture(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Release what is authorized or promised and not captured. No money moves. Needs `PAYMENTS_WRITE`.
    async fn payment_void(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to release.")] input: PaymentIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PaymentPayload> {
        let command = VoidPayment {
            payment_id: uuid(Kind::Payment, &input.payment_id),
            expected_version: input.expected_version,
        };
        let done = async { void(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Give money back: never more than was captured, never more than the actor's limit, in which what they gave in the last 90
    /// days counts. What is owed back and what was paid ahead goes first; what is beyond is given up, with a credit note, and
    /// counts as goodwill. Needs `REFUNDS_WRITE`.
    async fn payment_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give back.")] input: PaymentRefundInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PaymentPayload> {
        let command = RefundPayment {
            payment_id: uuid(Kind::Payment, &input.payment_id),
            expected_version: input.expected_version,
            amount: input.amount.0,
            reason: input.reason,
            request_approval: input.request_approval.unwrap_or(false),
        };
        let done =
            async { refund(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let done = done.await;
        let request = done.as_ref().ok().and_then(|done| done.request);
        let mut payload = payload(ctx, done.map(|done| done.payment)).await?;
        if let Some(request) = request {
            let found = ctx.loaders().refund_request(request).await.or_null(ctx)?;
            payload.refund_request = found.map(RefundRequest);
        }
        Some(payload)
    }

    /// Grant or deny a refund that somebody else asked for. Nobody grants what they asked for themselves, or more than their own
    /// limit. Needs `REFUNDS_WRITE`.
    async fn refund_request_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is decided.")] input: RefundRequestDecideInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RefundRequestPayload> {
        let command = DecideRequest {
            refund_request_id: uuid(Kind::RefundRequest, &input.refund_request_id),
            grant: input.grant,
            note: input.note,
        };
        let done =
            async { decide(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (id, user_errors) = answer(ctx, done.await)?;
        let refund_request = match id {
            Some(id) => ctx.loaders().refund_request(id).await.or_null(ctx)?.map(RefundRequest),
            None => None,
        };
        Some(RefundRequestPayload { refund_request, user_errors })
    }
}

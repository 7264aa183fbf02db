//! What is done with disputes.

use super::types::{Dispute, DisputeStage, DisputeState};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{DateTime, Decimal};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::disputes::record::{RecordDispute, record};
use operations::disputes::resolve::{ResolveDispute, resolve};
use operations::disputes::submit::{SubmitEvidence, submit};
use uuid::Uuid;

/// What a payer's bank did. The same reference at a later stage takes the dispute further; at the same or an earlier one it
/// changes nothing.
#[derive(Debug, InputObject)]
pub(crate) struct DisputeRecordInput {
    /// The payment.
    payment_id: ID,
    /// What the provider calls the dispute, up to 200 characters.
    provider_reference: Option<String>,
    /// How far it went; `CHARGEBACK` without it. An inquiry moves no money.
    stage: Option<DisputeStage>,
    /// What it is about: above 0, at most what was captured and is not disputed.
    amount: Decimal,
    /// What the provider charges for this stage.
    fee: Option<Decimal>,
    /// What the payer says, up to 1,000 characters.
    reason: String,
    /// When it began; now without it.
    opened_at: Option<DateTime>,
    /// Until when it can be answered.
    evidence_due_at: Option<DateTime>,
}

/// A dispute to answer.
#[derive(Debug, InputObject)]
pub(crate) struct DisputeSubmitEvidenceInput {
    /// The dispute.
    dispute_id: ID,
    /// What is said with it, up to 10,000 characters.
    note: Option<String>,
}

/// How a dispute ended. `state`: `WON`, `LOST` or `ACCEPTED`.
#[derive(Debug, InputObject)]
pub(crate) struct DisputeResolveInput {
    /// The dispute.
    dispute_id: ID,
    /// `WON`, `LOST` or `ACCEPTED`.
    state: DisputeState,
    /// What is said of it, up to 10,000 characters.
    note: Option<String>,
}

/// What came of a dispute.
#[derive(SimpleObject)]
pub(crate) struct DisputePayload {
    /// The dispute; null when refused.
    dispute: Option<Dispute>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<DisputePayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let dispute = match id {
        Some(id) => ctx.loaders().dispute(id).await.or_null(ctx)?.map(Dispute),
        None => None,
    };
    Some(DisputePayload { dispute, user_errors })
}

#[derive(Default)]
pub(crate) struct DisputeMutation;

#[Object]
impl DisputeMutation {
    /// Record what a payer's bank did: it asks, takes the money, or goes a stage further. Money moves as the scheme moves it.
    /// Needs `PAYMENTS_WRITE`.
    async fn dispute_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the bank did.")] input: DisputeRecordInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<DisputePayload> {
        let command = RecordDispute {
            payment_id: uuid(Kind::Payment, &input.payment_id),
            provider_reference: input.provider_reference,
            stage: input.stage.unwrap_or(DisputeStage::Chargeback).into(),
            amount: input.amount.0,
            fee: input.fee.map(|fee| fee.0),
            reason: input.reason,
            opened_at: input.opened_at.map(|at| at.0),
            evidence_due_at: input.evidence_due_at.map(|at| at.0),
        };
        let done =
            async { record(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Answer a dispute: the evidence that is known is frozen as what was sent. Needs `PAYMENTS_WRITE`.
    async fn dispute_submit_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is answered.")] input: DisputeSubmitEvidenceInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<DisputePayload> {
        let command =
            SubmitEvidence { dispute_id: uuid(Kind::Dispute, &input.dispute_id), note: input.note };
        let done =
            async { submit(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// End a dispute. What is won comes back without the fee; what is lost or accepted is a loss. Needs `PAYMENTS_WRITE`.
    async fn dispute_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it ended.")] input: DisputeResolveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<DisputePayload> {
        let command = ResolveDispute {
            dispute_id: uuid(Kind::Dispute, &input.dispute_id),
            state: input.state.into(),
            note: input.note,
        };
        let done =
            async { resolve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }
}

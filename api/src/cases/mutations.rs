//! What is done with cases.

use super::types::{Case, CaseKind, CasePriority, CaseState, ContactChannel, MessageDirection};
use crate::context::Ask;
use crate::customers::types::CustomerReferenceInput;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, decode, uuid};
use crate::scalars::MoneyInput;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entities::enums;
use operations::cases::WhichCase;
use operations::cases::assign::{AssignCase, case_assign};
use operations::cases::open::{OpenCase, case_open};
use operations::cases::reply::{ReplyCase, case_reply};
use operations::cases::resolve::{ResolveCase, case_reopen, case_resolve};
use operations::cases::update::{UpdateCase, case_update};
use operations::ids::Subject;
use operations::permissions::Permission;
use uuid::Uuid;

/// What a customer asks for.
#[derive(Debug, InputObject)]
pub(crate) struct CaseOpenInput {
    /// Who asks.
    customer: CustomerReferenceInput,
    /// The order that it is about; that of the return without it.
    order_id: Option<ID>,
    /// The return that it is about.
    return_id: Option<ID>,
    /// What else it is about: a line, a fulfillment, a parcel, a payment or an invoice of an order within reach.
    subject_id: Option<ID>,
    /// What is asked for.
    kind: CaseKind,
    /// In a few words, up to 200 characters.
    subject: String,
    /// What the customer said, up to 20,000 characters.
    message: Option<String>,
    /// How they came.
    contact_channel: ContactChannel,
    /// NORMAL without it.
    priority: Option<CasePriority>,
    /// Who takes it: an active user.
    assignee_id: Option<ID>,
}

/// What it is about, how urgent, and whom it waits for; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct CaseUpdateInput {
    /// Which case.
    case_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// What is asked for.
    kind: Option<CaseKind>,
    /// How urgent it is: the time for an answer is never put off by it.
    priority: Option<CasePriority>,
    /// In a few words, up to 200 characters.
    subject: Option<String>,
    /// `OPEN`, `WAITING_ON_CUSTOMER` or `WAITING_ON_TEAM`; `WAITING_ON_CUSTOMER` pauses its clocks.
    state: Option<CaseState>,
}

/// Something that is said.
#[derive(Debug, InputObject)]
pub(crate) struct CaseReplyInput {
    /// In which case.
    case_id: ID,
    /// What, up to 20,000 characters.
    text: String,
    /// OUTBOUND without it.
    direction: Option<MessageDirection>,
    /// Whether it is for the team only; not without it.
    internal: Option<bool>,
    /// Where the case stands then: `OPEN`, `WAITING_ON_CUSTOMER` or `WAITING_ON_TEAM`.
    state: Option<CaseState>,
}

/// Who is to have a case.
#[derive(Debug, InputObject)]
pub(crate) struct CaseAssignInput {
    /// Which case.
    case_id: ID,
    /// An active user; nobody without it.
    user_id: Option<ID>,
}

/// How a case was solved.
#[derive(Debug, InputObject)]
pub(crate) struct CaseResolveInput {
    /// Which case.
    case_id: ID,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// How, up to 2,000 characters.
    resolution: String,
    /// What the customer says of it, 1 to 5.
    satisfaction: Option<i32>,
    /// Credit for the trouble, above 0.
    goodwill: Option<MoneyInput>,
}

/// Which case.
#[derive(Debug, InputObject)]
pub(crate) struct CaseIdInput {
    /// The case.
    case_id: ID,
}

/// What came of a change of a case.
#[derive(SimpleObject)]
pub(crate) struct CasePayload {
    /// The case; null when refused, and without `CASES_READ`.
    case: Option<Case>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

impl CasePayload {
    async fn of(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<Self> {
        let (id, user_errors) = answer(ctx, done)?;
        let case = match id {
            Some(id) if ctx.may(Permission::CasesRead) => {
                ctx.loaders().case_row(id).await.or_null(ctx)?.map(Case)
            }
            Some(_) | None => None,
        };
        Some(Self { case, user_errors })
    }
}

fn which(id: &ID, expected_version: Option<i32>) -> WhichCase {
    WhichCase { case_id: uuid(Kind::Case, id), expected_version }
}

/// What an id names; nothing has the id of nothing.
fn subject(id: &ID) -> Subject {
    decode(id).map_or(("", Uuid::nil()), |(kind, id)| (kind.prefix(), id))
}

#[derive(Default)]
pub(crate) struct CaseMutation;

#[Object]
impl CaseMutation {
    /// A customer asks for something. Within 4 working hours somebody has to answer (urgent: one, high: two, low: eight), and within 48 hours it
    /// should be solved. Needs `CASES_WRITE`; whoever is restricted opens cases of customers within reach only.
    async fn case_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: CaseOpenInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = OpenCase {
            customer: input.customer.into(),
            order_id: input.order_id.map(|id| uuid(Kind::Order, &id)),
            return_id: input.return_id.map(|id| uuid(Kind::Return, &id)),
            subject_id: input.subject_id.map(|id| subject(&id)),
            kind: input.kind.into(),
            subject: input.subject,
            message: input.message,
            contact_channel: input.contact_channel.into(),
            priority: input.priority.map_or(enums::CasePriority::Normal, Into::into),
            assignee_id: input.assignee_id.map(|id| uuid(Kind::User, &id)),
        };
        let done =
            async { case_open(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        CasePayload::of(ctx, Box::pin(done).await).await
    }

    /// Say something in a case. What the customer says (INBOUND) wakes it up, for a week also one that was resolved; the first thing that a person says
    /// to the customer is the first response, and stops the clock for an answer. Nothing is sent to anybody: whoever sends hears of `case.replied`. Needs
    /// `CASES_WRITE`.
    async fn case_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said.")] input: CaseReplyInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = ReplyCase {
            case_id: uuid(Kind::Case, &input.case_id),
            text: input.text,
            direction: input.direction.map_or(enums::MessageDirection::Outbound, Into::into),
            internal: input.internal.unwrap_or(false),
            state: input.state.map(Into::into),
        };
        let done =
            async { case_reply(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        CasePayload::of(ctx, Box::pin(done).await).await
    }

    /// Say what a case is about, how urgent it is, and whom it waits for: while that is the customer, its clocks stand still. Needs `CASES_WRITE`.
    async fn case_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: CaseUpdateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = UpdateCase {
            which: which(&input.case_id, input.expected_version),
            kind: input.kind.map(Into::into),
            priority: input.priority.map(Into::into),
            subject: input.subject,
            state: input.state.map(Into::into),
        };
        let done =
            async { case_update(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        CasePayload::of(ctx, Box::pin(done).await).await
    }

    /// Give a case to a user, or to nobody. Needs `CASES_WRITE`.
    async fn case_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to have it.")] input: CaseAssignInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = AssignCase {
            case_id: uuid(Kind::Case, &input.case_id),
            user_id: input.user_id.map(|id| uuid(Kind::User, &id)),
        };
        let done =
            async { case_assign(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        CasePayload::of(ctx, Box::pin(done).await).await
    }

    /// A case is solved. With `goodwill` the customer is given store credit for the trouble in the same transaction: within the limits of whoever gives
    /// it, in which counts what they gave in the case, on the order, and to the customer in the last 90 days. For a week it can be opened again. Needs
    /// `CASES_WRITE`, with goodwill `REFUNDS_WRITE` as well.
    async fn case_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it was solved.")] input: CaseResolveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = ResolveCase {
            which: which(&input.case_id, input.expected_version),
            resolution: input.resolution,
            satisfaction: input.satisfaction,
            goodwill: input.goodwill.map(|money| (money.amount.0, money.currency_code.0)),
        };
        let done = async {
            case_resolve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        CasePayload::of(ctx, Box::pin(done).await).await
    }

    /// A case was not solved after all: within a week. Needs `CASES_WRITE`.
    async fn case_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case.")] input: CaseIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CasePayload> {
        let command = which(&input.case_id, None);
        let done =
            async { case_reopen(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        CasePayload::of(ctx, Box::pin(done).await).await
    }
}

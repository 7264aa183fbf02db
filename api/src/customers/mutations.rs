//! What is done with customers.

use super::merge::{CustomerMergeInput, CustomerUnmergeInput, CustomersPayload};
use super::privacy::{
    PrivacyRequestIdInput, PrivacyRequestOpenInput, PrivacyRequestPayload,
    PrivacyRequestReasonInput,
};
use super::segments::{Segment, SegmentDefineInput, SegmentPayload};
use super::types::{Customer, CustomerInput};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::customers::consent::{RecordConsent, consent_record};
use operations::customers::merge::{UnmergeCustomer, customer_merge, customer_unmerge};
use operations::customers::segments::define::{DefineSegment, segment_define};
use operations::customers::upsert::{UpsertCustomer, customer_upsert};
use operations::permissions::Permission;
use operations::privacy::request::{
    privacy_request_complete, privacy_request_extend, privacy_request_open, privacy_request_refuse,
};
use uuid::Uuid;

/// A customer to make, or to set right.
#[derive(Debug, InputObject)]
pub(crate) struct CustomerUpsertInput {
    /// Which one; without it, whoever has one of the identities, else a new one.
    customer_id: Option<ID>,
    /// The version the caller saw.
    expected_version: Option<i32>,
    /// What is known: what is left out stays as it is, an empty text takes away what was, `tags` are all of them. An email address, a telephone
    /// number and identities are added to those known before.
    customer: CustomerInput,
}

/// What a customer agrees to, or no longer does.
#[derive(Debug, InputObject)]
pub(crate) struct ConsentRecordInput {
    /// Who.
    customer_id: ID,
    /// To what, up to 100 letters, digits, dots, dashes and underscores: `marketing.email`.
    purpose: String,
    /// Whether it is given, or taken back.
    granted: bool,
    /// Where it was said, up to 200 characters: a form, a call, a letter.
    source: String,
}

/// What came of a change of a customer.
#[derive(SimpleObject)]
pub(crate) struct CustomerPayload {
    /// The customer; null when refused, and without `CUSTOMERS_READ`.
    customer: Option<Customer>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

impl CustomerPayload {
    async fn of(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<Self> {
        let (id, user_errors) = answer(ctx, done)?;
        let customer = match id {
            Some(id) if ctx.may(Permission::CustomersRead) => {
                ctx.loaders().customer_in_reach(id).await.or_null(ctx)?.map(Customer)
            }
            Some(_) | None => None,
        };
        Some(Self { customer, user_errors })
    }
}

#[derive(Default)]
pub(crate) struct CustomerMutation;

#[Object]
impl CustomerMutation {
    /// Make a customer, or set right what is known of one. An email address, a channel account or a loyalty number belongs to one customer: what
    /// another one has is refused, since `customerMerge` is for people who are the same. Needs `CUSTOMERS_WRITE`, for customers who have not
    /// ordered yet over all channels.
    async fn customer_upsert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what is known.")] input: CustomerUpsertInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CustomerPayload> {
        let tags = input.customer.tags().cloned();
        let command = UpsertCustomer {
            customer_id: input.customer_id.map(|id| uuid(Kind::Customer, &id)),
            expected_version: input.expected_version,
            customer: input.customer.into(),
            tags,
        };
        let done = async {
            customer_upsert(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        CustomerPayload::of(ctx, Box::pin(done).await).await
    }

    /// Note what a customer agrees to, or no longer does: with its time and source, and for good. The latest for a purpose holds. Needs
    /// `CUSTOMERS_WRITE`.
    async fn consent_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was said.")] input: ConsentRecordInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CustomerPayload> {
        let command = RecordConsent {
            customer_id: uuid(Kind::Customer, &input.customer_id),
            purpose: input.purpose,
            granted: input.granted,
            source: input.source,
        };
        let done = async {
            consent_record(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        CustomerPayload::of(ctx, Box::pin(done).await).await
    }

    /// Say who belongs to a segment: a new one, or one that was defined before. Its customers are counted at once, and looked at behind the writers. Up to 100
    /// segments. Needs `CUSTOMERS_WRITE` and reach over all channels.
    async fn segment_define(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who belongs to it.")] input: SegmentDefineInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<SegmentPayload> {
        let command = DefineSegment {
            segment_id: input.segment_id.map(|id| uuid(Kind::Segment, &id)),
            name: input.name,
            filter: input.filter.into(),
        };
        let done = async {
            segment_define(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        let (id, user_errors) = answer(ctx, Box::pin(done).await)?;
        let segment = match id {
            Some(id) if ctx.may(Permission::CustomersRead) => {
                ctx.loaders().segment(id).await.or_null(ctx)?.map(Segment)
            }
            Some(_) | None => None,
        };
        Some(SegmentPayload { segment, user_errors })
    }

    /// Make records of one person one: all that belongs to `fromIds` belongs to `intoId` from now on, what that lacks it takes over, and the old ids lead to
    /// it. `customerMergePreview` says what would move. Up to 20 records. Needs `CUSTOMERS_WRITE` and reach over all channels.
    async fn customer_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which records.")] input: CustomerMergeInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CustomerPayload> {
        let command = input.into();
        let done = async {
            customer_merge(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        CustomerPayload::of(ctx, Box::pin(done).await).await
    }

    /// Take a record apart again from the one with which it was made one: what belonged to it before belongs to it again, and so do orders that came in since under
    /// one of its email addresses, with their returns and cases. Needs `CUSTOMERS_WRITE` and reach over all channels.
    async fn customer_unmerge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which record.")] input: CustomerUnmergeInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<CustomersPayload> {
        let command = UnmergeCustomer { customer_id: uuid(Kind::Customer, &input.customer_id) };
        let done = async {
            customer_unmerge(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        CustomersPayload::of(ctx, Box::pin(done).await).await
    }

    /// Write down what a person asks of their data. An export is done at once: all that is kept about them stands in the answer. An erasure waits for
    /// `privacyRequestComplete`, or, where something is open with the customer, for that: then it goes on by itself. To be answered in a month. Needs
    /// `CUSTOMERS_PRIVACY` and reach over all channels.
    async fn privacy_request_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: PrivacyRequestOpenInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PrivacyRequestPayload> {
        let command = input.into();
        let done = async {
            privacy_request_open(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        PrivacyRequestPayload::of(ctx, Box::pin(done).await).await
    }

    /// Erase a person, for good: they are taken out of orders, addresses, cases, notes, history, search and whatever else names them. Money, goods, countries,
    /// taxes and numbers of documents stay, and no total moves; `retained` says what had to be kept. Where something is open with them it waits. Needs
    /// `CUSTOMERS_PRIVACY` and reach over all channels.
    async fn privacy_request_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: PrivacyRequestIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PrivacyRequestPayload> {
        let command = input.into();
        let done = async {
            privacy_request_complete(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command)
                .await
        };
        PrivacyRequestPayload::of(ctx, Box::pin(done).await).await
    }

    /// Refuse what a person asked, with a reason. Needs `CUSTOMERS_PRIVACY` and reach over all channels.
    async fn privacy_request_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: PrivacyRequestReasonInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PrivacyRequestPayload> {
        let command = input.into();
        let done = async {
            privacy_request_refuse(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        PrivacyRequestPayload::of(ctx, Box::pin(done).await).await
    }

    /// Take two months more for an answer, once, and before the first month is over; tell the person (GDPR article 12(3)). Needs `CUSTOMERS_PRIVACY` and reach over
    /// all channels.
    async fn privacy_request_extend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: PrivacyRequestReasonInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PrivacyRequestPayload> {
        let command = input.into();
        let done = async {
            privacy_request_extend(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await
        };
        PrivacyRequestPayload::of(ctx, Box::pin(done).await).await
    }
}

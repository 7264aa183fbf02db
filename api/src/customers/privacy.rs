//! What people ask of their data, as the schema shows it.

use super::types::Customer;
use crate::context::Ask;
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::ids::{Kind, id, uuid};
use crate::scalars::DateTime;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{enums, privacy_request};
use operations::privacy::request::{OpenRequest, WhichRequest};
use std::sync::Arc;
use uuid::Uuid;

/// What a person asks of their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::PrivacyRequestKind")]
pub(crate) enum PrivacyRequestKind {
    /// To have all of them (GDPR articles 15 and 20).
    Export,
    /// To have them erased (GDPR article 17).
    Erasure,
}

/// Where such a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::PrivacyRequestState")]
pub(crate) enum PrivacyRequestState {
    /// It waits for `privacyRequestComplete`.
    Open,
    /// It waits for what is open with the customer, and goes on by itself.
    Blocked,
    /// It was done.
    Completed,
    /// It was refused.
    Refused,
}

#[derive(Clone)]
pub(crate) struct PrivacyRequest(pub(crate) Arc<privacy_request::Model>);

fn texts(json: &serde_json::Value) -> Vec<String> {
    serde_json::from_value(json.clone()).unwrap_or_default()
}

/// What a person asks of their data. Needs `CUSTOMERS_PRIVACY` and reach over all channels.
#[Object]
impl PrivacyRequest {
    /// Its id, `prq_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::PrivacyRequest, self.0.id)
    }

    /// Whose data.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Customer, Failure> {
        let found = ctx.loaders().customer(self.0.customer_id).await?;
        let missing = || operations::Error::Internal("a request is of nobody".into());
        Ok(Customer(found.ok_or_else(missing)?))
    }

    /// What is asked.
    async fn kind(&self) -> PrivacyRequestKind {
        self.0.kind.into()
    }

    /// Where it stands.
    async fn state(&self) -> PrivacyRequestState {
        self.0.state.into()
    }

    /// When it was asked.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// Until when it is to be answered: a month from the day on which it was asked, three where it was extended (GDPR article 12(3)).
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// When it was done, or refused; null until then.
    async fn completed_at(&self) -> Option<DateTime> {
        self.0.completed_at.map(DateTime)
    }

    /// What a `BLOCKED` erasure waits for: open orders, returns, refunds and disputes by their numbers, and a legal hold (the label `legal-hold` of the
    /// customer). As it was last looked at: whenever something happens to the customer.
    async fn blocked_by(&self) -> Vec<String> {
        texts(&self.0.blocked_by)
    }

    /// Why it was refused; null where it was not.
    async fn refused_because(&self) -> Option<&str> {
        self.0.refused_because.as_deref()
    }

    /// Why it takes longer; null where it does not.
    async fn extended_because(&self) -> Option<&str> {
        self.0.extended_because.as_deref()
    }

    /// All that is kept about the person, for `EXPORT`: rows by the names of their columns, notes, cases, scores and history among them. Kept for 30 days; null
    /// behind that, and once the person is erased.
    async fn export(&self) -> Option<async_graphql::Json<serde_json::Value>> {
        self.0.export.clone().map(async_graphql::Json)
    }

    /// What an erasure had to keep, and under which obligation.
    async fn retained(&self) -> Vec<String> {
        texts(&self.0.retained)
    }
}

crate::paging::connection!(
    PrivacyRequestConnection,
    PrivacyRequestEdge,
    PrivacyRequest,
    "requests of people for their data"
);

/// What a person asks.
#[derive(Debug, InputObject)]
pub(crate) struct PrivacyRequestOpenInput {
    /// Whose data.
    customer_id: ID,
    /// What is asked.
    kind: PrivacyRequestKind,
}

impl From<PrivacyRequestOpenInput> for OpenRequest {
    fn from(input: PrivacyRequestOpenInput) -> Self {
        Self { customer_id: uuid(Kind::Customer, &input.customer_id), kind: input.kind.into() }
    }
}

/// Which request.
#[derive(Debug, InputObject)]
pub(crate) struct PrivacyRequestIdInput {
    /// The request.
    privacy_request_id: ID,
}

impl From<PrivacyRequestIdInput> for WhichRequest {
    fn from(input: PrivacyRequestIdInput) -> Self {
        Self { request_id: uuid(Kind::PrivacyRequest, &input.privacy_request_id), reason: None }
    }
}

/// Which request, and why.
#[derive(Debug, InputObject)]
pub(crate) struct PrivacyRequestReasonInput {
    /// The request.
    privacy_request_id: ID,
    /// Why, up to 1,000 characters.
    reason: String,
}

impl From<PrivacyRequestReasonInput> for WhichRequest {
    fn from(input: PrivacyRequestReasonInput) -> Self {
        Self {
            request_id: uuid(Kind::PrivacyRequest, &input.privacy_request_id),
            reason: Some(input.reason),
        }
    }
}

/// What came of a request.
#[derive(SimpleObject)]
pub(crate) struct PrivacyRequestPayload {
    /// The request; null when refused.
    privacy_request: Option<PrivacyRequest>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

impl PrivacyRequestPayload {
    pub(super) async fn of(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<Self> {
        let (id, user_errors) = answer(ctx, done)?;
        let privacy_request = match id {
            Some(id) => ctx.loaders().privacy_request(id).await.or_null(ctx)?.map(PrivacyRequest),
            None => None,
        };
        Some(Self { privacy_request, user_errors })
    }
}

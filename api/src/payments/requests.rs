//! Refunds that wait for somebody else.

use super::types::Payment;
use crate::access::types::ActorRef;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::scalars::{DateTime, Money};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, refund_request};
use std::sync::Arc;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RefundRequestState")]
pub(crate) enum RefundRequestState {
    /// Nobody decided yet.
    Pending,
    /// It was given.
    Granted,
    /// It was not.
    Denied,
}

#[derive(Clone)]
pub(crate) struct RefundRequest(pub(crate) Arc<refund_request::Model>);

/// A refund or store credit above its author's limit, which waits for somebody else who may grant it. Store credit has a
/// customer and no payment. Needs `PAYMENTS_READ`, and reach over the order, or over the customer of store credit.
#[Object]
impl RefundRequest {
    /// Its id, `rfr_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::RefundRequest, self.0.id)
    }

    /// The payment that is to be given back.
    async fn payment(&self, ctx: &Context<'_>) -> Option<Payment> {
        ctx.loaders().payment(self.0.payment_id?).await.or_null(ctx)?.map(Payment)
    }

    /// To whom. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Option<Customer> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(operations::permissions::Permission::CustomersRead).or_null(ctx)?;
        ctx.loaders().customer_in_reach(self.0.customer_id?).await.or_null(ctx)?.map(Customer)
    }

    /// How much.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it stands.
    async fn state(&self) -> RefundRequestState {
        self.0.state.into()
    }

    /// Who wants it.
    async fn requested_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.requested_by_kind, self.0.requested_by_id).await
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// Who decided.
    async fn decided_by(&self, ctx: &Context<'_>) -> Option<ActorRef> {
        let kind = self.0.decided_by_kind?;
        ActorRef::load(ctx, kind, self.0.decided_by_id).await.or_null(ctx)
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// What was said of it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

crate::paging::connection!(
    RefundRequestConnection,
    RefundRequestEdge,
    RefundRequest,
    "refund requests"
);

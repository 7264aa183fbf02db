//! Disputes as the schema shows them.

use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::payments::types::Payment;
use crate::scalars::{DateTime, Money};
use async_graphql::{Context, Enum, ID, Object};
use entities::{dispute, enums};
use operations::disputes::read;
use serde_json::Value as Json;
use std::sync::Arc;

/// How far a dispute went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::DisputeStage")]
pub(crate) enum DisputeStage {
    /// The bank asks: no money moved.
    Inquiry,
    /// The bank took the money.
    Chargeback,
    /// The bank took it again, or is about to.
    PreArbitration,
    /// The scheme decides.
    Arbitration,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::DisputeState")]
pub(crate) enum DisputeState {
    /// It waits for an answer.
    Open,
    /// It was answered.
    EvidenceSent,
    /// The money is back.
    Won,
    /// The money is gone.
    Lost,
    /// Nobody contests it: the money is gone.
    Accepted,
}

#[derive(Clone)]
pub(crate) struct Dispute(pub(crate) Arc<dispute::Model>);

/// A payer's bank asks, or takes money back. Needs `PAYMENTS_READ`, and reach over the order.
#[Object]
impl Dispute {
    /// Its id, `dsp_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Dispute, self.0.id)
    }

    /// The payment.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Payment, Failure> {
        Ok(Payment(present(ctx.loaders().payment(self.0.payment_id).await?)?))
    }

    /// What the provider calls it.
    async fn provider_reference(&self) -> Option<&str> {
        self.0.provider_reference.as_deref()
    }

    /// How far it went.
    async fn stage(&self) -> DisputeStage {
        self.0.stage.into()
    }

    /// What it is about.
    async fn amount(&self) -> Money {
        Money::of(self.0.amount_minor, &self.0.currency)
    }

    /// What the provider charges for it, all stages together; not given back when it is won.
    async fn fee(&self) -> Option<Money> {
        Some(Money::of(self.0.fee_minor?, &self.0.currency))
    }

    /// What the payer says.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Where it stands.
    async fn state(&self) -> DisputeState {
        self.0.state.into()
    }

    /// Whether money of the same capture had been given back already, so that it would be paid twice: contest it with the refund.
    async fn refunded_too(&self) -> bool {
        self.0.refunded_too
    }

    /// When it began.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// Until when it can be answered, as the provider says; `dispute.evidence_due` tells of it three days before.
    async fn evidence_due_at(&self) -> Option<DateTime> {
        self.0.evidence_due_at.map(DateTime)
    }

    /// When it was answered.
    async fn evidence_sent_at(&self) -> Option<DateTime> {
        self.0.evidence_sent_at.map(DateTime)
    }

    /// When it ended.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }

    /// Assembled by the system: the order with its addresses and where it was placed from, its parcels with what the carrier
    /// said and who signed, its documents and its payment. As it was sent, once it was. Needs `CUSTOMERS_PII`.
    async fn evidence(&self, ctx: &Context<'_>) -> Option<async_graphql::Json<Json>> {
        let found = async { read::evidence(&ctx.read(), ctx.actor()?, &self.0).await };
        found.await.or_null(ctx).map(async_graphql::Json)
    }
}

crate::paging::connection!(DisputeConnection, DisputeEdge, Dispute, "disputes");

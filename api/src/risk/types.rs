//! Assessments, rules and lists as the schema shows them.

use crate::access::types::{ActorRef, mask_email, mask_tail};
use crate::context::Ask;
use crate::errors::Failure;
use crate::ids::{Kind, id};
use crate::paging::connection;
use crate::scalars::DateTime;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entities::{enums, order_risk, risk_entry};
use operations::risk::read;
use operations::risk::rules::Standing;
use operations::risk::score::Signal;
use std::sync::Arc;

/// How doubtful an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RiskLevel")]
pub(crate) enum RiskLevel {
    /// Not at all, or little.
    Low,
    /// Somewhat.
    Medium,
    /// Enough for somebody to look at it: the order is held for `RISK_REVIEW`.
    High,
}

/// What somebody decided about a doubtful order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RiskDecision")]
pub(crate) enum RiskDecision {
    /// It goes on.
    Approved,
    /// It is cancelled, and its payment voided.
    Declined,
}

/// Whether somebody is known for good or for bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RiskList")]
pub(crate) enum RiskList {
    /// Known for good.
    Allow,
    /// Known for bad.
    Deny,
}

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RiskEntryKind")]
pub(crate) enum RiskEntryKind {
    /// An email address.
    Email,
    /// What stands behind its `@`.
    EmailDomain,
    /// A telephone number.
    Phone,
    /// A shipping address.
    Address,
    /// An address of the internet.
    Ip,
    /// A customer, by id.
    Customer,
}

pub(crate) struct RiskAssessment(pub(crate) Arc<order_risk::Model>);

/// An explained score: every signal says what it saw and what it added.
#[Object]
impl RiskAssessment {
    /// The points of all signals, never below zero.
    async fn score(&self) -> i32 {
        self.0.score
    }

    /// What they amount to.
    async fn level(&self) -> RiskLevel {
        self.0.level.into()
    }

    /// What was found, in the order of the rules.
    async fn signals(&self) -> Vec<RiskSignal> {
        let signals = read::signals(&self.0).into_iter();
        signals.map(Into::into).collect()
    }

    /// When it was looked at.
    async fn assessed_at(&self) -> DateTime {
        DateTime(self.0.assessed_at)
    }

    /// What somebody decided; null while nobody did.
    async fn decision(&self) -> Option<RiskDecision> {
        self.0.decision.map(Into::into)
    }
}

/// One finding.
#[derive(SimpleObject)]
pub(crate) struct RiskSignal {
    /// The rule, a `RiskRule.code`.
    code: String,
    /// What it added to the score.
    points: i32,
    /// What it saw, in words.
    explanation: String,
}

impl From<Signal> for RiskSignal {
    fn from(signal: Signal) -> Self {
        Self { code: signal.code, points: signal.points, explanation: signal.explanation }
    }
}

/// A rule about risk, with the points and thresholds that this shop set, or as it comes. Needs `ORDERS_RISK`.
#[derive(SimpleObject)]
pub(crate) struct RiskRule {
    /// Its name.
    code: String,
    /// What it looks at.
    description: String,
    /// Whether it counts.
    active: bool,
    /// What it adds to the score; of a level, the score from which on it holds.
    points: i32,
    /// From when on it holds: orders of a velocity, a robust z, a percentile; null where it has none.
    threshold: Option<f64>,
    /// How many hours it looks back; null where it does not.
    window_hours: Option<i32>,
    /// Orders it needs to say anything; null where it needs none.
    minimum_orders: Option<i32>,
}

impl From<Standing> for RiskRule {
    fn from(standing: Standing) -> Self {
        let rule = standing.rule;
        Self {
            code: rule.code.to_owned(),
            description: rule.description.to_owned(),
            active: standing.active,
            points: rule.points,
            threshold: rule.threshold,
            window_hours: rule.window_hours,
            minimum_orders: rule.minimum_orders,
        }
    }
}

#[derive(Clone)]
pub(crate) struct RiskListEntry(pub(crate) Arc<risk_entry::Model>);

/// Somebody or something that is known. Needs `ORDERS_RISK`.
#[Object]
impl RiskListEntry {
    /// Its id, `rle_…`.
    async fn id(&self) -> ID {
        id(Kind::RiskListEntry, self.0.id)
    }

    /// For good or for bad.
    async fn list(&self) -> RiskList {
        self.0.list.into()
    }

    /// By what.
    async fn kind(&self) -> RiskEntryKind {
        self.0.kind.into()
    }

    /// Who or what; what belongs to a person is masked without `CUSTOMERS_PII`.
    async fn value(&self, ctx: &Context<'_>) -> String {
        let value = self.0.value.clone();
        match self.0.kind {
            enums::RiskEntryKind::EmailDomain | enums::RiskEntryKind::Ip => value,
            _ if ctx.scope().sees_person(("rle", self.0.id)) => value,
            enums::RiskEntryKind::Email => mask_email(&value),
            enums::RiskEntryKind::Phone
            | enums::RiskEntryKind::Address
            | enums::RiskEntryKind::Customer => mask_tail(&value),
        }
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Until when; null for good.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// Who put it there.
    async fn added_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.created_by_kind, self.0.created_by_id).await
    }

    /// When.
    async fn added_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection!(RiskListEntryConnection, RiskListEntryEdge, RiskListEntry, "entries of the risk lists");

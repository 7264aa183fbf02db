//! Providers that are spoken to: asked after the commit that wants something of them, again until they answer, and under
//! one key each, so that nothing is done twice.
//!
//! What an operation wants of a provider is a pending step of a payment and a row in `provider_asks`, written with it. A
//! [`Desk`] takes what is due, asks outside of any transaction, and writes the answer as news of the step.

mod answer;
pub mod desk;
pub mod notice;
pub(crate) mod queue;
pub mod sandbox;
mod sql;

pub use desk::Desk;
pub use entities::enums::AskKind;

use futures::future::BoxFuture;
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// The provider that is built in.
pub const SANDBOX: &str = "sandbox";

/// What a provider is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The key under which it is asked, however often: the step of the payment, or the dispute.
    pub id: Uuid,
    /// For what.
    pub kind: AskKind,
    /// What the provider calls the payment.
    pub payment: Option<String>,
    /// What the provider calls the step, once it was said; of evidence, the dispute.
    pub step: Option<String>,
    /// Our account there.
    pub account: Option<String>,
    /// How much, in minor units.
    pub minor: i64,
    /// Its currency, ISO 4217.
    pub currency: String,
    /// Of a capture, whether nothing more will be captured.
    pub last: bool,
    /// Of evidence, what is said.
    pub evidence: Option<Json>,
    /// How often it was asked since it last answered, this time among it.
    pub attempts: i32,
    /// How often it answered that there is more to come.
    pub answers: i32,
    /// When it was wanted.
    pub wanted_at: OffsetDateTime,
    /// Now.
    pub now: OffsetDateTime,
}

/// What a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is done.
    Done {
        /// What the provider calls it.
        reference: Option<String>,
        /// What it still holds of the authorization behind it, in minor units, if it says so.
        holds: Option<i64>,
    },
    /// It is accepted, and not done yet.
    Accepted {
        /// What the provider calls it.
        reference: Option<String>,
    },
    /// It will not be done, or what was done did not last.
    Refused {
        /// What the provider calls it.
        reference: Option<String>,
        /// Why.
        message: String,
        /// What it still holds of the authorization behind it, in minor units, if it says so.
        holds: Option<i64>,
    },
    /// How the payment stands there.
    Stands(Standing),
    /// The payer's bank takes what was captured.
    Disputed {
        /// Why, as the bank says.
        reason: String,
    },
}

/// How a payment stands at its provider, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What is authorized and not captured.
    pub holds: i64,
    /// Until when, if it says so.
    pub until: Option<OffsetDateTime>,
    /// What was captured, if it says so: what was captured without us is news.
    pub taken: Option<i64>,
    /// What it calls the capture.
    pub reference: Option<String>,
}

/// An answer, and when to ask again because there is more to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was said.
    pub said: Said,
    /// When to ask again; none where that is all.
    pub again_at: Option<OffsetDateTime>,
}

impl Answer {
    /// All there is to say.
    pub const fn last(said: Said) -> Self {
        Self { said, again_at: None }
    }
}

/// There was no answer: why, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence(pub String);

/// Speaks to one provider.
pub trait Connector: Send + Sync + 'static {
    /// By which name payments call it.
    fn name(&self) -> &'static str;

    /// Asks it. What was asked under the same key before is not done again.
    fn ask<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Answer, Silence>>;
}

//! Strategies and decisions as the schema shows them.

use crate::catalog::types::{Channel, Location};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::scalars::{DateTime, Decimal, int};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, routing_strategy};
use operations::Actor;
use operations::routing::{Considered, Decision, read};
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// How locations are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RoutingRule")]
pub(crate) enum RoutingRule {
    /// One location that has everything; among several the one that the other rules put first.
    SingleLocation,
    /// As few locations as can do it, found by a bounded search; among equals those that the other rules put first.
    FewestSplits,
    /// The nearest first, by coordinates; those whose distance is not known come last.
    Nearest,
    /// In the order of the channel's locations.
    PreferredLocation,
    /// Those that could send most of it first.
    MostStock,
    /// Those with the fewest fulfillments that have not left first.
    LowestBacklog,
}

#[derive(Clone)]
pub(crate) struct RoutingStrategy(pub(crate) Arc<routing_strategy::Model>);

/// Rules tried in order; the first that yields a full plan wins. Needs `ORDERS_READ`.
#[Object]
impl RoutingStrategy {
    /// Its id, `rst_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::RoutingStrategy, self.0.id)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The channel whose orders it routes; null for those of every channel that has no strategy of its own.
    async fn channel(&self, ctx: &Context<'_>) -> Option<Channel> {
        ctx.loaders().channel(self.0.channel_id?).await.or_null(ctx)?.map(Channel)
    }

    /// The rules, in order.
    async fn rules(&self) -> Vec<RoutingRule> {
        read::rules(&self.0).into_iter().map(Into::into).collect()
    }

    /// How many locations beyond the first may serve an order; null for any number.
    async fn max_splits(&self) -> Option<i32> {
        self.0.max_splits
    }

    /// Orders worth less than this, in their own currency, come from one location; null for no such limit.
    async fn split_above_value(&self) -> Option<Decimal> {
        self.0.split_above_value.as_ref()?.parse().ok().map(Decimal)
    }

    /// Whether it is in use.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Of several in use for a channel the one with the highest routes.
    async fn priority(&self) -> i32 {
        self.0.priority
    }
}

/// Why a location was chosen.
pub(crate) struct RoutingDecision {
    location_id: Uuid,
    decision: Decision,
    at: OffsetDateTime,
}

impl RoutingDecision {
    /// From a column, with the candidates within reach.
    pub(crate) fn of(json: &serde_json::Value, location_id: Uuid, actor: &Actor) -> Option<Self> {
        let mut decision = Decision::from_json(json)?;
        decision.candidates.retain(|one| actor.reach.has_location(one.location_id));
        Some(Self { location_id, at: decision.at()?, decision })
    }
}

/// Why a location was chosen: every candidate, its score and the rule that decided; kept with each fulfillment.
#[Object]
impl RoutingDecision {
    /// The location that was chosen.
    async fn location(&self, ctx: &Context<'_>) -> Option<Location> {
        ctx.loaders().location(self.location_id).await.or_null(ctx)?.map(Location)
    }

    /// The rule that yielded the plan, a `RoutingRule`; `BEST_EFFORT` where none yielded a full one, so that some of
    /// it waits for stock.
    async fn decided_by(&self) -> &str {
        self.decision.decided_by.as_deref().unwrap_or("BEST_EFFORT")
    }

    /// Every location that was considered, the channel's most preferred first, within reach.
    async fn candidates(&self) -> Vec<RoutingCandidate> {
        self.decision.candidates.iter().cloned().map(RoutingCandidate).collect()
    }

    /// When.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.at)
    }
}

pub(crate) struct RoutingCandidate(Considered);

/// A location that was considered.
#[Object]
impl RoutingCandidate {
    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// By the rule that decided, more is better: minus the kilometres, minus the place in the channel's list,
    /// minus the backlog, or the units it could send.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// Units of the lines that it could have sent by itself.
    async fn fills_quantity(&self) -> i32 {
        int(self.0.fills)
    }

    /// Kilometres over ground from it to the customer; null unless both places are known.
    async fn distance_km(&self) -> Option<f64> {
        self.0.distance_km
    }

    /// Why it was not chosen; null where it was.
    async fn rejected_because(&self) -> Option<&str> {
        self.0.rejected.as_deref()
    }
}

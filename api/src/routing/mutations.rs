//! Changes of how locations are chosen.

use super::types::{RoutingRule, RoutingStrategy};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::Decimal;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::routing::define::{DefineStrategy, define};

/// A strategy to make, or with its `id` to change.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RoutingStrategyInput {
    /// The strategy to change.
    id: Option<ID>,
    /// Its name, 1 to 100 characters.
    name: String,
    /// The channel whose orders it routes; without it those of every channel that has no strategy of its own.
    channel_id: Option<ID>,
    /// At least one rule, none twice; tried in order.
    rules: Vec<RoutingRule>,
    /// How many locations beyond the first may serve an order, 0 to 100; without it any number.
    max_splits: Option<i32>,
    /// Orders worth less than this, in their own currency, come from one location.
    split_above_value: Option<Decimal>,
    /// Whether it is in use; a new one is.
    active: Option<bool>,
    /// Of several in use for a channel the one with the highest routes; 0 by default.
    priority: Option<i32>,
}

impl From<RoutingStrategyInput> for DefineStrategy {
    fn from(input: RoutingStrategyInput) -> Self {
        Self {
            id: input.id.map(|id| uuid(Kind::RoutingStrategy, &id)),
            name: input.name,
            channel_id: input.channel_id.map(|id| uuid(Kind::Channel, &id)),
            rules: input.rules.into_iter().map(Into::into).collect(),
            max_splits: input.max_splits,
            split_above_value: input.split_above_value.map(|value| value.0),
            active: input.active,
            priority: input.priority,
        }
    }
}

/// What came of a change of a strategy.
#[derive(SimpleObject)]
pub(crate) struct RoutingStrategyPayload {
    /// The strategy; null when refused.
    routing_strategy: Option<RoutingStrategy>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct RoutingMutation;

#[Object]
impl RoutingMutation {
    /// Make or change a strategy; it routes what is routed from then on. Needs `CATALOG_WRITE`.
    async fn routing_strategy_define(
        &self,
        ctx: &Context<'_>,
        input: RoutingStrategyInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<RoutingStrategyPayload> {
        let command = DefineStrategy::from(input);
        let done =
            async { define(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        let (id, user_errors) = answer(ctx, done.await)?;
        let row = match id {
            Some(id) => ctx.loaders().routing_strategy(id).await.or_null(ctx)?,
            None => None,
        };
        Some(RoutingStrategyPayload { routing_strategy: row.map(RoutingStrategy), user_errors })
    }
}

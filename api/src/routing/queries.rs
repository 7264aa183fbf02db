//! Questions about routing.

use super::mutations::RoutingStrategyInput;
use super::simulate::{RoutingSimulation, simulate};
use super::types::RoutingStrategy;
use crate::context::Ask;
use crate::errors::OrNull;
use crate::scalars::DateTimeRange;
use async_graphql::{Context, Object};
use operations::routing::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct RoutingQuery;

#[Object]
impl RoutingQuery {
    /// The strategies within reach, the highest priority first. Without any, one location is preferred, else as few
    /// as possible, in the order of the channel's locations. Needs `ORDERS_READ`.
    async fn routing_strategies(&self, ctx: &Context<'_>) -> Option<Vec<RoutingStrategy>> {
        let rows = async { read::strategies(&ctx.read(), ctx.actor()?).await };
        let rows = rows.await.or_null(ctx)?;
        Some(rows.into_iter().map(|row| RoutingStrategy(Arc::new(row))).collect())
    }

    /// What a strategy would have done with past orders, from the stock of their time; nothing is touched. It replays
    /// the orders of the input's channel, else of every channel without a strategy of its own, within reach: of each
    /// what stands of it today, at the moment at which it was placed. At most 10,000 orders, else `BAD_INPUT`; `active`
    /// and `priority` play no part. Needs `ORDERS_READ`.
    async fn routing_simulate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The strategy to try.")] input: RoutingStrategyInput,
        #[graphql(desc = "Orders placed in this time.")] placed_at: DateTimeRange,
    ) -> Option<RoutingSimulation> {
        simulate(ctx, input, &placed_at).await
    }
}

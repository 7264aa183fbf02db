//! Questions about routing.

use super::types::RoutingStrategy;
use crate::context::Ask;
use crate::errors::OrNull;
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
}

//! `routingSimulate`.

use super::mutations::RoutingStrategyInput;
use crate::catalog::types::Location;
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::scalars::{DateTimeRange, int};
use async_graphql::{Context, Object};
use operations::routing::define::DefineStrategy;
use operations::routing::simulate::{self, Simulation};
use uuid::Uuid;

/// A count of a simulation.
fn count(number: usize) -> i32 {
    int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(crate) struct RoutingSimulation(Simulation);

/// What another strategy would have done with past orders.
#[Object]
impl RoutingSimulation {
    /// Orders that were replayed.
    async fn order_count(&self) -> i32 {
        count(self.0.orders)
    }

    /// The share of orders that several locations would have sent, 0 to 1; 0 of no orders.
    async fn split_rate(&self) -> f64 {
        self.0.split_rate()
    }

    /// The mean of the kilometres over ground from location to customer, of shipments where both places are known;
    /// null where none are.
    async fn average_distance_km(&self) -> Option<f64> {
        self.0.average_km()
    }

    /// Orders of which some would have waited for stock.
    async fn unroutable(&self) -> i32 {
        count(self.0.unroutable)
    }

    /// How much each location would have had to do, the most first.
    async fn by_location(&self) -> Vec<RoutingLoad> {
        let mut loads: Vec<RoutingLoad> = self
            .0
            .by_location
            .iter()
            .map(|(location, fulfillments)| RoutingLoad(*location, *fulfillments))
            .collect();
        loads.sort_by_key(|load| std::cmp::Reverse(load.1));
        loads
    }

    /// Orders that would have come from elsewhere than they did.
    async fn changed_orders(&self) -> i32 {
        count(self.0.changed)
    }
}

/// A location, and how many fulfillments it would have had.
pub(crate) struct RoutingLoad(Uuid, usize);

/// What a location would have had to do.
#[Object]
impl RoutingLoad {
    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0).await?)?))
    }

    /// Fulfillments that it would have had.
    async fn fulfillments(&self) -> i32 {
        count(self.1)
    }
}

pub(super) async fn simulate(
    ctx: &Context<'_>,
    input: RoutingStrategyInput,
    placed_at: &DateTimeRange,
) -> Option<RoutingSimulation> {
    let command = DefineStrategy::from(input);
    let range = DateTimeRange::ends(Some(placed_at));
    let done = async { simulate::simulate(&ctx.read(), ctx.actor()?, &command, range).await };
    done.await.or_null(ctx).map(RoutingSimulation)
}

//! What to buy, in the schema.

use crate::catalog::types::{Location, Supplier, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, uuids};
use crate::paging::{connection, counted, page_args};
use crate::scalars::{DateTime, int};
use async_graphql::{Context, ID, Object};
use operations::replenishment::{AskReplenishment, Suggestion, suggestions, suggestions_count};
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct ReplenishmentSuggestion(Arc<Suggestion>);

/// Why and how much to buy, from demand, lead time and what is on its way. Order it with `purchaseOrderCreate` as it stands:
/// its supplier, location, SKU and quantity.
#[Object]
impl ReplenishmentSuggestion {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.level.variant_id).await?)?))
    }

    /// Where it is needed.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.level.location_id).await?)?))
    }

    /// From whom: the cheapest whose prices are in the currency in which the stock is valued, else the quickest; null where
    /// nobody is known to sell it.
    async fn supplier(&self, ctx: &Context<'_>) -> Option<Supplier> {
        ctx.loaders().supplier(self.0.supplier_id?).await.or_null(ctx)?.map(Supplier)
    }

    /// Units to order: the economic quantity, at least what lifts the position above the reorder point, from the supplier's
    /// minimum on in whole packs; the quantity that `stockSetPolicy` set goes before the economic one.
    async fn quantity(&self) -> i32 {
        int(self.0.plan.quantity)
    }

    /// Units a day: the average over the window, of seldom demand the estimate of Croston as Syntetos and Boylan correct it.
    async fn daily_demand(&self) -> f64 {
        self.0.daily_demand
    }

    /// The deviation of a day from the average.
    async fn demand_deviation(&self) -> f64 {
        self.0.demand_deviation
    }

    /// Whether demand comes so seldom that the reorder point is what was not exceeded in as many stretches of the lead time
    /// as the service level says.
    async fn intermittent(&self) -> bool {
        self.0.seldom
    }

    /// Days from order to receipt, rounded up: the average of the receipts of two years where there are three, else what the
    /// supplier's terms say, else 7.
    async fn lead_time_days(&self) -> i32 {
        int(self.0.lead_time_days())
    }

    /// Order at or below this position: what is sold in the lead time, and the safety stock. What `stockSetPolicy` set goes
    /// before it.
    async fn reorder_point(&self) -> i32 {
        int(self.0.plan.reorder_point)
    }

    /// Units kept against what cannot be foreseen, at the service level asked for.
    async fn safety_stock(&self) -> i32 {
        int(self.0.plan.safety_stock)
    }

    /// What is there and to come, less what is promised or waited for.
    async fn position(&self) -> i32 {
        int(self.0.position)
    }

    /// When nothing is left, if nothing more is ordered and what is to come comes in time; null where that is ten years away.
    async fn projected_stockout_at(&self) -> Option<DateTime> {
        self.0.plan.stockout_at.map(DateTime)
    }

    /// The arithmetic, in English.
    async fn explanation(&self) -> &str {
        &self.0.plan.explanation
    }
}

connection!(
    ReplenishmentSuggestionConnection,
    ReplenishmentSuggestionEdge,
    ReplenishmentSuggestion,
    "what to buy"
);

#[derive(Default)]
pub(crate) struct ReplenishmentQuery;

#[Object]
impl ReplenishmentQuery {
    /// Demand is measured over `windowDays` of shipments; `serviceLevel` (0.5 to 0.999) sets the safety stock. Answers with what
    /// is to be bought now, within reach, oldest level first. Needs `PURCHASING_READ`.
    #[expect(
        clippy::too_many_arguments,
        reason = "what to plan by and the arguments of every page"
    )]
    async fn replenishment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At these locations; at all without it.")] location_ids: Option<Vec<ID>>,
        #[graphql(desc = "Days of shipments, 7 to 730; 90 by default.")] window_days: Option<i32>,
        #[graphql(
            desc = "The probability that a delivery comes before the stock has run out, 0.5 to 0.999; 0.95 by default."
        )]
        service_level: Option<f64>,
        #[graphql(
            desc = "What placing and receiving an order costs where the supplier says nothing, in its currency; 10 by default."
        )]
        order_cost: Option<f64>,
        #[graphql(
            desc = "What holding stock for a year costs, in percent of its worth, 0.1 to 1,000; 20 by default."
        )]
        holding_cost_percent: Option<f64>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<ReplenishmentSuggestionConnection> {
        let ask = AskReplenishment {
            location_ids: location_ids.map(|ids| uuids(Kind::Location, &ids)),
            window_days,
            service_level,
            order_cost,
            holding_cost_percent,
        };
        let page = page_args(first, after, last, before);
        let rows = async { suggestions(&ctx.read(), ctx.actor()?, &ask, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| ReplenishmentSuggestion(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let ask = ask.clone();
            async move { suggestions_count(&scope.store.read(), scope.actor()?, &ask).await }
        });
        Some(ReplenishmentSuggestionConnection::new(rows, count))
    }
}

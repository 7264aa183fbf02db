//! Questions about stock.

use super::types::{
    StockLevel, StockLevelConnection, StockMovementConnection, StockMovementKind, StockValuation,
    movements,
};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, decode, uuids};
use crate::paging::{counted, page_args};
use crate::scalars::{DateTime, DateTimeRange};
use async_graphql::{Context, ID, InputObject, Object};
use operations::stock::read::{self, LevelFilter, MovementFilter};
use operations::stock::valuation::valuation;
use std::sync::Arc;

/// Which stock levels: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct StockFilter {
    /// At these locations.
    location_ids: Option<Vec<ID>>,
    /// Of these SKUs.
    skus: Option<Vec<String>>,
    /// With no more available than the reorder point; false for the others.
    below_reorder_point: Option<bool>,
    /// With nothing available; false for the others.
    out_of_stock: Option<bool>,
}

impl From<StockFilter> for LevelFilter {
    fn from(filter: StockFilter) -> Self {
        Self {
            location_ids: filter.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            skus: filter.skus,
            below_reorder_point: filter.below_reorder_point,
            out_of_stock: filter.out_of_stock,
        }
    }
}

/// Which movements: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct StockMovementFilter {
    /// At these locations.
    location_ids: Option<Vec<ID>>,
    /// Of these SKUs.
    skus: Option<Vec<String>>,
    /// Of these kinds.
    kinds: Option<Vec<StockMovementKind>>,
    /// In this time.
    at: Option<DateTimeRange>,
    /// For this document, such as an order or a reservation.
    subject_id: Option<ID>,
}

#[derive(Default)]
pub(crate) struct StockQuery;

#[Object]
impl StockQuery {
    /// Stock levels within reach, oldest first. Needs `STOCK_READ`.
    async fn stock_levels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<StockFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<StockLevelConnection> {
        let filter: LevelFilter = filter.unwrap_or_default().into();
        let page = page_args(first, after, last, before);
        let rows = async { read::levels(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| StockLevel(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::levels_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(StockLevelConnection::new(rows, count))
    }

    /// What stock was worth at a moment, or is now, by location and currency, at moving average cost: what lies there and what
    /// is on its way there from another location. Within reach, by location code. Needs `PURCHASING_READ`.
    async fn stock_valuation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At this moment, not in the future; now without it.")] at: Option<
            DateTime,
        >,
        #[graphql(desc = "At these locations.")] location_ids: Option<Vec<ID>>,
    ) -> Option<Vec<StockValuation>> {
        let locations = location_ids.map(|ids| uuids(Kind::Location, &ids));
        let rows = async {
            let (at, db) = (at.map(|at| at.0), ctx.read());
            valuation(&db, ctx.actor()?, at, locations.as_deref()).await
        };
        Some(rows.await.or_null(ctx)?.into_iter().map(Arc::new).map(StockValuation).collect())
    }

    /// Movements within reach, newest first. Needs `STOCK_READ`.
    async fn stock_movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<StockMovementFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<StockMovementConnection> {
        let filter = filter.unwrap_or_default();
        let (from, to) = DateTimeRange::ends(filter.at.as_ref());
        let subject = |id: ID| decode(&id).map_or(uuid::Uuid::max(), |(_, uuid)| uuid);
        let filter = MovementFilter {
            level_id: None,
            location_ids: filter.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            skus: filter.skus,
            kinds: filter.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            from,
            to,
            subject_id: filter.subject_id.map(subject),
        };
        movements(ctx, filter, page_args(first, after, last, before)).await.or_null(ctx)
    }
}

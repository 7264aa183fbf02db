//! Questions about the catalog.

use super::types::{
    Channel, DeliveryService, Location, Supplier, SupplierConnection, Variant, VariantConnection,
};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use async_graphql::{Context, ID, Object, OneofObject};
use operations::catalog::read::{self, By, VariantBy};
use std::sync::Arc;

/// One of several ways to name a channel.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum ChannelIdentifier {
    /// Its id.
    Id(ID),
    /// Its code.
    Code(String),
}

/// One of several ways to name a location.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum LocationIdentifier {
    /// Its id.
    Id(ID),
    /// Its code.
    Code(String),
}

/// One of several ways to name a variant.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum VariantIdentifier {
    /// Its id.
    Id(ID),
    /// Its stock keeping unit.
    Sku(String),
    /// Its barcode.
    Barcode(String),
}

#[derive(Default)]
pub(crate) struct CatalogQuery;

#[Object]
impl CatalogQuery {
    /// The channels within reach, by code. Needs `CATALOG_READ`.
    async fn channels(&self, ctx: &Context<'_>) -> Option<Vec<Channel>> {
        let rows = async { read::channels(&ctx.read(), ctx.actor()?).await }.await.or_null(ctx)?;
        Some(rows.into_iter().map(Arc::new).map(Channel).collect())
    }

    /// A channel; null where there is none within reach. Needs `CATALOG_READ`.
    async fn channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: ChannelIdentifier,
    ) -> Option<Channel> {
        let by = match by {
            ChannelIdentifier::Id(id) => By::Id(uuid(Kind::Channel, &id)),
            ChannelIdentifier::Code(code) => By::Code(code),
        };
        let found = async { read::channel(&ctx.read(), ctx.actor()?, &by).await }.await;
        found.or_null(ctx)?.map(Arc::new).map(Channel)
    }

    /// The locations within reach, by code. Needs `CATALOG_READ`.
    async fn locations(&self, ctx: &Context<'_>) -> Option<Vec<Location>> {
        let rows = async { read::locations(&ctx.read(), ctx.actor()?).await }.await.or_null(ctx)?;
        Some(rows.into_iter().map(Arc::new).map(Location).collect())
    }

    /// A location; null where there is none within reach. Needs `CATALOG_READ`.
    async fn location(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: LocationIdentifier,
    ) -> Option<Location> {
        let by = match by {
            LocationIdentifier::Id(id) => By::Id(uuid(Kind::Location, &id)),
            LocationIdentifier::Code(code) => By::Code(code),
        };
        let found = async { read::location(&ctx.read(), ctx.actor()?, &by).await }.await;
        found.or_null(ctx)?.map(Arc::new).map(Location)
    }

    /// A variant; null where there is none. Needs `CATALOG_READ`.
    async fn variant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: VariantIdentifier,
    ) -> Option<Variant> {
        let by = match by {
            VariantIdentifier::Id(id) => VariantBy::Id(uuid(Kind::Variant, &id)),
            VariantIdentifier::Sku(sku) => VariantBy::Sku(sku),
            VariantIdentifier::Barcode(code) => VariantBy::Barcode(code),
        };
        let found = async { read::variant(&ctx.read(), ctx.actor()?, &by).await }.await;
        found.or_null(ctx)?.map(Arc::new).map(Variant)
    }

    /// Variants by SKU. Needs `CATALOG_READ`.
    async fn variants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those whose SKU or name begins so, or whose barcode it is.")]
        search: Option<String>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<VariantConnection> {
        let page = page_args(first, after, last, before);
        let rows =
            async { read::variants(&ctx.read(), ctx.actor()?, search.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Variant(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let search = search.clone();
            async move { read::variants_count(&scope.store.read(), search.as_deref()).await }
        });
        Some(VariantConnection::new(rows, count))
    }

    /// Ways of delivery within reach, by code. Needs `CATALOG_READ`.
    async fn delivery_services(&self, ctx: &Context<'_>) -> Option<Vec<DeliveryService>> {
        let rows = async { read::delivery_services(&ctx.read(), ctx.actor()?).await };
        let rows = rows.await.or_null(ctx)?;
        Some(rows.into_iter().map(|row| DeliveryService(Arc::new(row))).collect())
    }

    /// Suppliers by name. Needs `PURCHASING_READ`.
    async fn suppliers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<SupplierConnection> {
        let page = page_args(first, after, last, before);
        let rows = async { read::suppliers(&ctx.read(), ctx.actor()?, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Supplier(Arc::new(row)));
        let count =
            counted(
                ctx,
                move |scope| async move { read::suppliers_count(&scope.store.read()).await },
            );
        Some(SupplierConnection::new(rows, count))
    }
}

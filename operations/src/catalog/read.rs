//! Questions about the catalog.
//!
//! Functions named `…_by_ids` serve references from rows that are in reach already, which show the
//! channel, location and variant they name; the others apply the actor's reach themselves.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::{
    bundle_component, channel, channel_location, delivery_service, legal_entity, location, price,
    product, supplier, supplier_term, variant,
};
use uuid::Uuid;

/// One of several ways to name a thing.
#[derive(Debug, Clone)]
pub enum By {
    /// By id.
    Id(Uuid),
    /// By code.
    Code(String),
}

/// One of several ways to name a variant.
#[derive(Debug, Clone)]
pub enum VariantBy {
    /// By id.
    Id(Uuid),
    /// By stock keeping unit.
    Sku(String),
    /// By barcode.
    Barcode(String),
}

/// The channels in reach, by code.
pub async fn channels(db: &Db, actor: &Actor) -> Result<Vec<channel::Model>> {
    actor.require(Permission::CatalogRead)?;
    queries::channels_in_reach(db, &actor.reach).await
}

/// A channel in reach.
pub async fn channel(db: &Db, actor: &Actor, by: &By) -> Result<Option<channel::Model>> {
    actor.require(Permission::CatalogRead)?;
    let found = match by {
        By::Id(id) => queries::channels(db, &[*id]).await?.pop(),
        By::Code(code) => queries::channel_by_code(db, code).await?,
    };
    Ok(found.filter(|channel| actor.reach.has_channel(channel.id)))
}

/// The locations in reach, by code.
pub async fn locations(db: &Db, actor: &Actor) -> Result<Vec<location::Model>> {
    actor.require(Permission::CatalogRead)?;
    queries::locations_in_reach(db, &actor.reach).await
}

/// A location in reach.
pub async fn location(db: &Db, actor: &Actor, by: &By) -> Result<Option<location::Model>> {
    actor.require(Permission::CatalogRead)?;
    let found = match by {
        By::Id(id) => queries::locations(db, &[*id]).await?.pop(),
        By::Code(code) => queries::location_by_code(db, code).await?,
    };
    Ok(found.filter(|location| actor.reach.has_location(location.id)))
}

/// A variant.
pub async fn variant(db: &Db, actor: &Actor, by: &VariantBy) -> Result<Option<variant::Model>> {
    actor.require(Permission::CatalogRead)?;
    Ok(match by {
        VariantBy::Id(id) => queries::variants(db, &[*id]).await?.pop(),
        VariantBy::Sku(sku) => queries::variants_by_sku(db, &[sku.trim()]).await?.pop(),
        VariantBy::Barcode(code) => queries::variants_by_barcode(db, &[code.trim()]).await?.pop(),
    })
}

const BY_SKU: Order = Order::by_text("sku", "id", false);

/// A page of variants by SKU; a search finds SKUs and names that begin so.
pub async fn variants(
    db: &Db,
    actor: &Actor,
    search: Option<&str>,
    page: &PageArgs,
) -> Result<Rows<variant::Model>> {
    actor.require(Permission::CatalogRead)?;
    let page = page.check(BY_SKU)?;
    let rows = queries::list_variants(db, search, page.sql(BY_SKU)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Text(row.sku.clone()), row.id)))
}

/// How many variants a search finds.
pub async fn variants_count(db: &Db, search: Option<&str>) -> Result<i64> {
    queries::count_variants(db, search).await
}

const BY_NAME: Order = Order::by_text("name", "id", false);

/// A page of suppliers by name.
pub async fn suppliers(db: &Db, actor: &Actor, page: &PageArgs) -> Result<Rows<supplier::Model>> {
    actor.require(Permission::PurchasingRead)?;
    let page = page.check(BY_NAME)?;
    let rows = queries::list_suppliers(db, page.sql(BY_NAME)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Text(row.name.clone()), row.id)))
}

/// How many suppliers there are.
pub async fn suppliers_count(db: &Db) -> Result<i64> {
    queries::count_suppliers(db).await
}

/// Legal entities by id.
pub async fn legal_entities_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<legal_entity::Model>> {
    queries::legal_entities(db, ids).await
}

/// Channels by id.
pub async fn channels_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<channel::Model>> {
    queries::channels(db, ids).await
}

/// The locations of channels, most preferred first.
pub async fn channel_locations(db: &Db, ids: &[Uuid]) -> Result<Vec<channel_location::Model>> {
    queries::channel_locations(db, ids).await
}

/// The delivery services of channels within reach, by code; those of the whole shop are everybody's to see.
pub async fn delivery_services(db: &Db, actor: &Actor) -> Result<Vec<delivery_service::Model>> {
    actor.require(Permission::CatalogRead)?;
    Ok(in_reach(actor, queries::delivery_services(db).await?))
}

/// Delivery services by id, within reach.
pub async fn delivery_services_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<delivery_service::Model>> {
    actor.require(Permission::CatalogRead)?;
    Ok(in_reach(actor, queries::delivery_services_by_ids(db, ids).await?))
}

fn in_reach(actor: &Actor, rows: Vec<delivery_service::Model>) -> Vec<delivery_service::Model> {
    let reached = |row: &delivery_service::Model| {
        row.channel_id.is_none_or(|channel| actor.reach.has_channel(channel))
    };
    rows.into_iter().filter(reached).collect()
}

/// Locations by id.
pub async fn locations_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<location::Model>> {
    queries::locations(db, ids).await
}

/// Products by id.
pub async fn products_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<product::Model>> {
    queries::products(db, ids).await
}

/// Variants by id.
pub async fn variants_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<variant::Model>> {
    queries::variants(db, ids).await
}

/// The variants of products, oldest first.
pub async fn variants_of(db: &Db, products: &[Uuid]) -> Result<Vec<variant::Model>> {
    queries::variants_of(db, products).await
}

/// What bundles consume, in order.
pub async fn components_of(db: &Db, bundles: &[Uuid]) -> Result<Vec<bundle_component::Model>> {
    queries::components_of(db, bundles).await
}

/// The prices of variants, by channel code.
pub async fn prices_of(db: &Db, variants: &[Uuid]) -> Result<Vec<price::Model>> {
    queries::prices_of(db, variants).await
}

/// Suppliers by id.
pub async fn suppliers_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<supplier::Model>> {
    queries::suppliers(db, ids).await
}

/// The terms of suppliers, by SKU.
pub async fn terms_of(db: &Db, suppliers: &[Uuid]) -> Result<Vec<supplier_term::Model>> {
    queries::terms_of(db, suppliers).await
}

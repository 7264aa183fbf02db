//! Every query of the catalog.

use crate::actor::Reach;
use crate::checks::fold;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{
    bundle_component, channel, channel_location, delivery_service, legal_entity, location, price,
    product, supplier, supplier_term, variant,
};
use uuid::Uuid;

/// All legal entities.
pub(crate) async fn all_legal_entities(db: &Db) -> Result<Vec<legal_entity::Model>> {
    db.all(sql("select * from legal_entities order by id")).await
}

pub(crate) async fn legal_entities(db: &Db, ids: &[Uuid]) -> Result<Vec<legal_entity::Model>> {
    db.all(sql("select * from legal_entities where id = any(?)").ids(ids)).await
}

/// Whether an order of a channel is in the books.
pub(super) async fn channel_has_books(db: &Db, channel: Uuid) -> Result<bool> {
    let query =
        sql("select cast(1 as bigint) from orders where channel_id = ? and in_books limit 1");
    Ok(db.value::<i64>(query.bind(channel)).await?.is_some())
}

/// Whether anything was ever booked for a company.
pub(super) async fn has_books(db: &Db, entity: Uuid) -> Result<bool> {
    let query =
        sql("select cast(1 as bigint) from journal_entries where legal_entity_id = ? limit 1");
    Ok(db.value::<i64>(query.bind(entity)).await?.is_some())
}

pub(crate) async fn channels(db: &Db, ids: &[Uuid]) -> Result<Vec<channel::Model>> {
    db.all(sql("select * from channels where id = any(?)").ids(ids)).await
}

pub(crate) async fn channel_by_code(db: &Db, code: &str) -> Result<Option<channel::Model>> {
    db.first(sql("select * from channels where code = ?").bind(code)).await
}

pub(crate) async fn channels_by_code(db: &Db, codes: &[&str]) -> Result<Vec<channel::Model>> {
    db.all(sql("select * from channels where code = any(?)").texts(codes)).await
}

pub(super) async fn channel_in_use(db: &Db, id: Uuid) -> Result<bool> {
    let query = sql("select exists (select 1 from orders where channel_id = ?)
         or exists (select 1 from prices where channel_id = ?)");
    Ok(db.value::<bool>(query.bind(id).bind(id)).await?.unwrap_or(false))
}

pub(super) async fn clear_channel_locations(tx: &WriteTx, channel: Uuid) -> Result<u64> {
    tx.run(sql("delete from channel_locations where channel_id = ?").bind(channel)).await
}

pub(crate) async fn locations(db: &Db, ids: &[Uuid]) -> Result<Vec<location::Model>> {
    db.all(sql("select * from locations where id = any(?)").ids(ids)).await
}

pub(super) async fn location_by_code(db: &Db, code: &str) -> Result<Option<location::Model>> {
    db.first(sql("select * from locations where code = ?").bind(code)).await
}

pub(crate) async fn locations_by_code(db: &Db, codes: &[&str]) -> Result<Vec<location::Model>> {
    db.all(sql("select * from locations where code = any(?)").texts(codes)).await
}

/// The locations that may serve channels, most preferred first.
pub(crate) async fn channel_locations(
    db: &Db,
    channels: &[Uuid],
) -> Result<Vec<channel_location::Model>> {
    let query = sql("select * from channel_locations where channel_id = any(?)
         order by channel_id, position");
    db.all(query.ids(channels)).await
}

/// The active locations of one channel, most preferred first.
pub(super) async fn delivery_services_by_ids(
    db: &Db,
    ids: &[Uuid],
) -> Result<Vec<delivery_service::Model>> {
    db.all(sql("select * from delivery_services where id = any(?)").ids(ids)).await
}

/// Every delivery service: a shop has a handful.
pub(crate) async fn delivery_services(db: &Db) -> Result<Vec<delivery_service::Model>> {
    db.all(sql("select * from delivery_services order by code, id")).await
}

pub(crate) async fn serving(db: &Db, channel: Uuid) -> Result<Vec<location::Model>> {
    let query = sql("select l.* from channel_locations c join locations l on l.id = c.location_id
         where c.channel_id = ? and l.active order by c.position");
    db.all(query.bind(channel)).await
}

pub(super) async fn products(db: &Db, ids: &[Uuid]) -> Result<Vec<product::Model>> {
    db.all(sql("select * from products where id = any(?)").ids(ids)).await
}

pub(crate) async fn variants(db: &Db, ids: &[Uuid]) -> Result<Vec<variant::Model>> {
    db.all(sql("select * from variants where id = any(?)").ids(ids)).await
}

pub(crate) async fn variants_by_sku(db: &Db, skus: &[&str]) -> Result<Vec<variant::Model>> {
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    db.all(sql("select * from variants where sku = any(?) order by sku").texts(skus)).await
}

pub(super) async fn variants_by_barcode(db: &Db, codes: &[&str]) -> Result<Vec<variant::Model>> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    db.all(sql("select * from variants where barcode = any(?)").texts(codes)).await
}

pub(super) async fn variants_of(db: &Db, products: &[Uuid]) -> Result<Vec<variant::Model>> {
    let query = sql("select * from variants where product_id = any(?) order by product_id, id");
    db.all(query.ids(products)).await
}

pub(super) async fn used_as_component(db: &Db, variants: &[Uuid]) -> Result<Vec<Uuid>> {
    let query =
        sql("select distinct component_id from bundle_components where component_id = any(?)");
    db.values(query.ids(variants)).await
}

pub(super) async fn with_stock(db: &Db, variants: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select distinct variant_id from stock_levels where variant_id = any(?)");
    db.values(query.ids(variants)).await
}

pub(super) async fn clear_components(tx: &WriteTx, bundles: &[Uuid]) -> Result<u64> {
    tx.run(sql("delete from bundle_components where bundle_id = any(?)").ids(bundles)).await
}

pub(crate) async fn components_of(
    db: &Db,
    bundles: &[Uuid],
) -> Result<Vec<bundle_component::Model>> {
    let query = sql("select * from bundle_components where bundle_id = any(?)
         order by bundle_id, position");
    db.all(query.ids(bundles)).await
}

pub(super) async fn prices_of(db: &Db, variants: &[Uuid]) -> Result<Vec<price::Model>> {
    let query = sql("select p.* from prices p join channels c on c.id = p.channel_id
         where p.variant_id = any(?) order by p.variant_id, c.code");
    db.all(query.ids(variants)).await
}

pub(crate) async fn suppliers(db: &Db, ids: &[Uuid]) -> Result<Vec<supplier::Model>> {
    db.all(sql("select * from suppliers where id = any(?)").ids(ids)).await
}

pub(crate) async fn terms_of(db: &Db, suppliers: &[Uuid]) -> Result<Vec<supplier_term::Model>> {
    let query = sql("select t.* from supplier_terms t join variants v on v.id = t.variant_id
         where t.supplier_id = any(?) order by t.supplier_id, v.sku");
    db.all(query.ids(suppliers)).await
}

/// How soon a supplier could send variants: each with the fewest days of all that sell it.
pub(crate) async fn shortest_lead_times(db: &Db, variants: &[Uuid]) -> Result<Vec<(Uuid, i32)>> {
    let query = sql("select variant_id, min(lead_time_days) from supplier_terms
         where variant_id = any(?) group by variant_id");
    db.values(query.ids(variants)).await
}

pub(super) async fn clear_supplier_terms(tx: &WriteTx, supplier: Uuid) -> Result<u64> {
    tx.run(sql("delete from supplier_terms where supplier_id = ?").bind(supplier)).await
}

pub(super) async fn channels_in_reach(db: &Db, reach: &Reach) -> Result<Vec<channel::Model>> {
    let query = sql("select * from channels where true").join(reach.channels_sql("id"));
    db.all(query.add(" order by code")).await
}

pub(crate) async fn locations_in_reach(db: &Db, reach: &Reach) -> Result<Vec<location::Model>> {
    let query = sql("select * from locations where true").join(reach.locations_sql("id"));
    db.all(query.add(" order by code")).await
}

pub(super) async fn list_variants(
    db: &Db,
    search: Option<&str>,
    page: Sql,
) -> Result<Vec<variant::Model>> {
    db.all(sql("select * from variants where true").join(matching(search)).join(page)).await
}

pub(super) async fn count_variants(db: &Db, search: Option<&str>) -> Result<i64> {
    let query = sql("select count(*) from variants where true").join(matching(search));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn list_suppliers(db: &Db, page: Sql) -> Result<Vec<supplier::Model>> {
    db.all(sql("select * from suppliers where true").join(page)).await
}

pub(super) async fn count_suppliers(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select count(*) from suppliers")).await?.unwrap_or(0))
}

fn matching(search: Option<&str>) -> Sql {
    let Some(text) = search.map(fold).filter(|text| !text.is_empty()) else { return sql("") };
    sql(" and (")
        .join(begins("sku_key", &text))
        .add(" or ")
        .join(begins("name_key", &text))
        .add(" or barcode = ?)")
        .bind(text)
}

/// A condition that a key column begins so, which an index serves on both databases.
pub(crate) fn begins(column: &str, text: &str) -> Sql {
    sql(format!("({column} >= ? and {column} < ?)")).bind(text).bind(format!("{text}\u{10FFFF}"))
}

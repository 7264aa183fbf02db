//! `order_lines`: what was ordered of one SKU. Amounts are minor units of the order's currency and of what is not cancelled.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::TaxScheme;

/// What was ordered of one SKU. Amounts are minor units of the order's currency and of what is not cancelled.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// Its place in the order, from 0.
    pub position: i32,
    /// The variant; none where the catalog lacks the SKU.
    pub variant_id: Option<Uuid>,
    /// The SKU as ordered.
    pub sku: String,
    /// The same in lower case, for search.
    pub sku_key: String,
    /// Its name when ordered.
    pub name: String,
    /// Units that stand ordered, cancelled ones among them.
    pub quantity: i32,
    /// The price of one unit.
    pub unit_price_minor: i64,
    /// Its frozen share of every discount.
    pub discount_minor: i64,
    /// Its frozen share of the shipping, for refunds.
    pub shipping_minor: i64,
    /// The tax within `total_minor`.
    pub tax_minor: i64,
    /// The tax rate in millionths.
    pub tax_rate_ppm: i32,
    /// Unit price times quantity less discount, with the tax.
    pub total_minor: i64,
    /// Units promised at a location.
    pub quantity_reserved: i32,
    /// Units that wait for stock.
    pub quantity_backordered: i32,
    /// Units that left.
    pub quantity_fulfilled: i32,
    /// Units cancelled.
    pub quantity_cancelled: i32,
    /// Units that came back.
    pub quantity_returned: i32,
    /// The line's own discount, as given.
    pub own_discount_minor: i64,
    /// Units among which `frozen_discount_minor` was dealt out.
    pub frozen_quantity: i32,
    /// Its share of every discount when that was last dealt out.
    pub frozen_discount_minor: i64,
    /// The line whose place it took.
    pub substitutes_for: Option<Uuid>,
    /// What one unit consumes where it is a bundle, frozen when it was ordered: variants and units.
    pub components: Option<Json>,
    /// When its order was placed, so that an index lists orders in that order.
    pub order_placed_at: OffsetDateTime,
    /// Under which rule it is taxed.
    pub tax_scheme: TaxScheme,
    /// Where the tax is due.
    pub tax_country: Option<String>,
    /// The rate that it bears where the seller is.
    pub home_rate_ppm: i32,
    /// Whether whoever ordered said the rate.
    pub tax_given: bool,
    /// Of how many units together its own discount is earned; none where it is for each.
    pub discount_per: Option<i32>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, order_id, position, variant_id, sku, sku_key, name, quantity, unit_price_minor, discount_minor, shipping_minor, tax_minor, tax_rate_ppm, total_minor, quantity_reserved, quantity_backordered, quantity_fulfilled, quantity_cancelled, quantity_returned, own_discount_minor, frozen_quantity, frozen_discount_minor, substitutes_for, components, order_placed_at, tax_scheme, tax_country, home_rate_ppm, tax_given, discount_per
}

//! `variants`: what can be ordered: one SKU.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What can be ordered: one SKU.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variants")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The product it is a variant of.
    pub product_id: Uuid,
    /// Its stock keeping unit, unique.
    pub sku: String,
    /// The same in lower case, for search.
    pub sku_key: String,
    /// GTIN or other code.
    pub barcode: Option<String>,
    /// Its name.
    pub name: String,
    /// The same in lower case, for search.
    pub name_key: String,
    /// Color, size and whatever else the shop keeps.
    pub attributes: Option<Json>,
    /// Its weight.
    pub weight_grams: Option<i32>,
    /// Its HS code.
    pub customs_code: Option<String>,
    /// Where it was made.
    pub origin_country: Option<String>,
    /// Whether it stands for components.
    pub bundle: bool,
    /// What one unit costs us, in minor units.
    pub unit_cost_minor: Option<i64>,
    /// In which currency.
    pub unit_cost_currency: Option<String>,
    /// Never returnable.
    pub final_sale: bool,
    /// Whether it can be ordered.
    pub active: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// What decides about the rate that it bears elsewhere.
    pub tax_category: String,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, product_id, sku, sku_key, barcode, name, name_key, attributes, weight_grams, customs_code, origin_country, bundle, unit_cost_minor, unit_cost_currency, final_sale, active, created_at, updated_at, tax_category
}

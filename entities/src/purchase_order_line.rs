//! `purchase_order_lines`: units of one variant that are ordered from a supplier.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Units of one variant that are ordered from a supplier.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_order_lines")]
pub struct Model {
    /// The purchase order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_order_id: Uuid,
    /// The variant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: Uuid,
    /// Its place in the list.
    pub position: i32,
    /// Its SKU then.
    pub sku: String,
    /// Units that are ordered.
    pub quantity: i32,
    /// Units that came, damaged ones among them.
    pub received: i32,
    /// Units that came damaged.
    pub damaged: i32,
    /// What one unit costs.
    pub unit_cost_minor: i64,
    /// When the last of them came.
    pub received_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    purchase_order_id, variant_id, position, sku, quantity, received, damaged, unit_cost_minor, received_at
}

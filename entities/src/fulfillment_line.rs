//! `fulfillment_lines`: units of one variant that one location sends for one order line.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// Units of one variant that one location sends for one order line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// The order line; several fulfillment lines where it is a bundle.
    pub order_line_id: Option<Uuid>,
    /// What is taken from the shelf; none where the catalog lacks the SKU.
    pub variant_id: Option<Uuid>,
    /// Its SKU.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// How many units.
    pub quantity: i32,
    /// Its place in the list, from 0.
    pub position: i32,
    /// Units fetched from the shelf.
    pub quantity_picked: i32,
    /// Units that were not found.
    pub quantity_short: i32,
    /// How many of it one unit of the order line takes.
    pub per_unit: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, fulfillment_id, order_id, order_line_id, variant_id, sku, name, quantity, position, quantity_picked, quantity_short, per_unit
}

//! `stock_transfer_lines`: units of one variant that go along.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// Units of one variant that go along.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_transfer_lines")]
pub struct Model {
    /// The transfer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transfer_id: Uuid,
    /// The variant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: Uuid,
    /// Its place in the list.
    pub position: i32,
    /// Its SKU then.
    pub sku: String,
    /// Units that leave.
    pub quantity: i32,
    /// Units that arrived, damaged ones among them.
    pub received: i32,
    /// Units that arrived damaged.
    pub damaged: i32,
    /// Units that will not arrive.
    pub lost: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    transfer_id, variant_id, position, sku, quantity, received, damaged, lost
}

//! `parcel_lines`: units of one fulfillment line in one parcel.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// Units of one fulfillment line in one parcel.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parcel_lines")]
pub struct Model {
    /// The parcel.
    #[sea_orm(primary_key, auto_increment = false)]
    pub parcel_id: Uuid,
    /// The fulfillment line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub fulfillment_line_id: Uuid,
    /// Its SKU.
    pub sku: String,
    /// How many units.
    pub quantity: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    parcel_id, fulfillment_line_id, sku, quantity
}

//! `supplier_terms`: on what terms a supplier sells a variant.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// On what terms a supplier sells a variant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supplier_terms")]
pub struct Model {
    /// The supplier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub supplier_id: Uuid,
    /// The variant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: Uuid,
    /// What the supplier calls it.
    pub supplier_sku: Option<String>,
    /// Its price in minor units of the supplier's currency.
    pub unit_cost_minor: i64,
    /// Days from order to receipt.
    pub lead_time_days: i32,
    /// The least it sells.
    pub minimum_quantity: i32,
    /// It sells multiples of this.
    pub pack_size: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    supplier_id, variant_id, supplier_sku, unit_cost_minor, lead_time_days, minimum_quantity, pack_size
}

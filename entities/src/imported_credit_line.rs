//! `imported_credit_lines`: units that a credit note of an earlier system took back.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// Units that a credit note of an earlier system took back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imported_credit_lines")]
pub struct Model {
    /// The credit note.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_id: Uuid,
    /// Its place there, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The SKU.
    pub sku: String,
    /// Units.
    pub quantity: i32,
    /// What one of them was credited with.
    pub unit_minor: i64,
    /// Units of them that were found among those sold before.
    pub matched: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    credit_id, position, sku, quantity, unit_minor, matched
}

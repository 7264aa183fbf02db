//! `bundle_components`: what one unit of a bundle consumes.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// What one unit of a bundle consumes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bundle_components")]
pub struct Model {
    /// The bundle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bundle_id: Uuid,
    /// The variant it consumes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub component_id: Uuid,
    /// How many units.
    pub quantity: i32,
    /// Its place in the list, from 0.
    pub position: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    bundle_id, component_id, quantity, position
}

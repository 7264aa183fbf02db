//! `order_flags`: something about an order that people should see.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::OrderFlagCode;

/// Something about an order that people should see.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_flags")]
pub struct Model {
    /// The order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    /// What.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: OrderFlagCode,
    /// Since when.
    pub raised_at: OffsetDateTime,
    /// Why, in words.
    pub explanation: String,
    /// When its order was placed, so that an index lists orders in that order.
    pub order_placed_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    order_id, code, raised_at, explanation, order_placed_at
}

//! `fulfillment_orders`: an order that a fulfillment serves.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// An order that a fulfillment serves.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillment_orders")]
pub struct Model {
    /// The fulfillment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub fulfillment_id: Uuid,
    /// The order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    /// Where the fulfillment is done, so that an index lists the orders of a location.
    pub location_id: Uuid,
    /// When its order was placed, so that an index lists orders in that order.
    pub order_placed_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    fulfillment_id, order_id, location_id, order_placed_at
}

//! `backorders`: a line of an order that waits for a variant; of a bundle, for a component of it.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A line of an order that waits for a variant; of a bundle, for a component of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backorders")]
pub struct Model {
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_line_id: Uuid,
    /// What it waits for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: Uuid,
    /// Its order.
    pub order_id: Uuid,
    /// What was promised; the end of time where nothing was.
    pub rank_at: OffsetDateTime,
    /// When the order was placed.
    pub placed_at: OffsetDateTime,
    /// How many units it waits for.
    pub units: i64,
    /// When the last of them is to come, as far as suppliers and transfers say.
    pub expected_at: Option<OffsetDateTime>,
    /// Where that will be.
    pub expected_at_location_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    order_line_id, variant_id, order_id, rank_at, placed_at, units, expected_at, expected_at_location_id
}

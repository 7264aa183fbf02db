//! `stock_levels`: one variant at one location; always the sum of its movements.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// One variant at one location; always the sum of its movements.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_levels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The variant.
    pub variant_id: Uuid,
    /// The location.
    pub location_id: Uuid,
    /// Units that lie there.
    pub on_hand: i64,
    /// Units promised to orders and checkouts.
    pub reserved: i64,
    /// Units of those on hand that cannot be sold.
    pub damaged: i64,
    /// Units of those on hand that wait for somebody to look at them; not sold meanwhile.
    pub quality_hold: i64,
    /// Units ordered from suppliers and not here yet.
    pub incoming: i64,
    /// Units on their way here from another location of ours.
    pub in_transit: i64,
    /// What lies there and what is on its way from another location is worth, at moving average cost.
    pub value_minor: i64,
    /// In which currency; none while no cost is known.
    pub value_currency: Option<String>,
    /// When it was last counted.
    pub counted_at: Option<OffsetDateTime>,
    /// Units never promised.
    pub safety_stock: i32,
    /// Buy more at or below this many available.
    pub reorder_point: Option<i32>,
    /// How many to buy then.
    pub reorder_quantity: Option<i32>,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, variant_id, location_id, on_hand, reserved, damaged, quality_hold, incoming, in_transit, value_minor, value_currency, counted_at, safety_stock, reorder_point, reorder_quantity, updated_at
}

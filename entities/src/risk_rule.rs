//! `risk_rules`: a rule about risk that the shop set otherwise than it comes.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;

/// A rule about risk that the shop set otherwise than it comes.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_rules")]
pub struct Model {
    /// Which rule.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Whether it counts.
    pub active: bool,
    /// What it adds.
    pub points: i32,
    /// From when on it holds.
    pub threshold: Option<f64>,
    /// How far it looks back.
    pub window_hours: Option<i32>,
    /// Orders it needs to say anything.
    pub minimum_orders: Option<i32>,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    code, active, points, threshold, window_hours, minimum_orders, updated_at
}

//! `customer_values`: what is known of all that a customer ordered, over all channels; kept behind the log.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// What is known of all that a customer ordered, over all channels; kept behind the log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_values")]
pub struct Model {
    /// The customer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    /// Orders ever placed.
    pub orders: i32,
    /// Those of them that were cancelled.
    pub cancelled: i32,
    /// And those that were not.
    pub kept: i32,
    /// When the first was placed.
    pub first_order_at: Option<OffsetDateTime>,
    /// When the last was placed.
    pub last_order_at: Option<OffsetDateTime>,
    /// Units that left.
    pub units_sent: i64,
    /// Units of them that came back.
    pub units_returned: i64,
    /// What part of them, in millionths; none where nothing left.
    pub return_ppm: Option<i64>,
    /// Orders that arrived later than was promised.
    pub late: i32,
    /// Cases that are not solved.
    pub open_cases: i32,
    /// How often they said how content they are.
    pub scores: i32,
    /// The sum of that.
    pub score_sum: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    customer_id, orders, cancelled, kept, first_order_at, last_order_at, units_sent, units_returned, return_ppm, late, open_cases, scores, score_sum
}

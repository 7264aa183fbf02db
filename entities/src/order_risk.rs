//! `order_risks`: how doubtful an order was found, and why.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, RiskDecision, RiskLevel};

/// How doubtful an order was found, and why.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Eq)]
#[sea_orm(table_name = "order_risks")]
pub struct Model {
    /// The order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    /// The points of all signals.
    pub score: i32,
    /// What they amount to.
    pub level: RiskLevel,
    /// Each signal: code, points and explanation.
    pub signals: Json,
    /// When.
    pub assessed_at: OffsetDateTime,
    /// What somebody decided.
    pub decision: Option<RiskDecision>,
    /// Who.
    pub decided_by_kind: Option<ActorKind>,
    /// The user or token.
    pub decided_by_id: Option<Uuid>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    order_id, score, level, signals, assessed_at, decision, decided_by_kind, decided_by_id, decided_at
}

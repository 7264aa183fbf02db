//! `stock_movements`: a change of stock; never updated, never deleted.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, MovementKind};

/// A change of stock; never updated, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_movements")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The stock level it changed.
    pub level_id: Uuid,
    /// The variant.
    pub variant_id: Uuid,
    /// The location.
    pub location_id: Uuid,
    /// Why.
    pub kind: MovementKind,
    /// Units that came or went.
    pub on_hand_change: i64,
    /// Units promised or given back.
    pub reserved_change: i64,
    /// Units found damaged or mended.
    pub damaged_change: i64,
    /// Units put on quality hold or cleared.
    pub quality_hold_change: i64,
    /// Units expected from suppliers, or not any longer.
    pub incoming_change: i64,
    /// Units that set out to here, arrived or got lost.
    pub in_transit_change: i64,
    /// What the level is worth more, or less.
    pub value_change_minor: i64,
    /// What the actor said.
    pub reason: Option<String>,
    /// Who did it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// The id prefix of the document behind it.
    pub subject_type: Option<String>,
    /// The document behind it.
    pub subject_id: Option<Uuid>,
    /// What one unit cost, rounded: when it came in its price, when it left the average.
    pub unit_cost_minor: Option<i64>,
    /// In which currency.
    pub unit_cost_currency: Option<String>,
    /// When.
    pub at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, level_id, variant_id, location_id, kind, on_hand_change, reserved_change, damaged_change, quality_hold_change, incoming_change, in_transit_change, value_change_minor, reason, actor_kind, actor_id, subject_type, subject_id, unit_cost_minor, unit_cost_currency, at
}

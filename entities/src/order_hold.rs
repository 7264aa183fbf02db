//! `order_holds`: why an order may not go on, for now.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, HoldReason};

/// Why an order may not go on, for now.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_holds")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// Why.
    pub reason: HoldReason,
    /// More about it.
    pub note: Option<String>,
    /// Since when.
    pub placed_at: OffsetDateTime,
    /// By whom.
    pub placed_by_kind: ActorKind,
    /// The user or token.
    pub placed_by_id: Option<Uuid>,
    /// Until when; none while it stands.
    pub released_at: Option<OffsetDateTime>,
    /// Who released it.
    pub released_by_kind: Option<ActorKind>,
    /// The user or token.
    pub released_by_id: Option<Uuid>,
    /// When its order was placed, so that an index lists orders in that order.
    pub order_placed_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, order_id, reason, note, placed_at, placed_by_kind, placed_by_id, released_at, released_by_kind, released_by_id, order_placed_at
}

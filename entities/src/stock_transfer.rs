//! `stock_transfers`: goods that go from one location of ours to another.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, TransferState};

/// Goods that go from one location of ours to another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_transfers")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised with every change.
    pub version: i32,
    /// Its number, unique.
    pub number: String,
    /// Where they leave.
    pub from_location_id: Uuid,
    /// Where they go.
    pub to_location_id: Uuid,
    /// Where it stands.
    pub state: TransferState,
    /// Who made it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it is expected to arrive.
    pub expected_at: Option<OffsetDateTime>,
    /// When it left.
    pub shipped_at: Option<OffsetDateTime>,
    /// When nothing more was to come.
    pub received_at: Option<OffsetDateTime>,
    /// When it was called off.
    pub cancelled_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, from_location_id, to_location_id, state, actor_kind, actor_id, created_at, expected_at, shipped_at, received_at, cancelled_at
}

//! `webhook_replays`: a stretch of the log that is being sent again.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A stretch of the log that is being sent again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_replays")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The endpoint.
    pub endpoint_id: Uuid,
    /// Only these types.
    pub types: Option<Json>,
    /// Whether what arrived is left out.
    pub only_failed: bool,
    /// How far it is.
    pub from_epoch: i32,
    /// The same.
    pub from_place: i64,
    /// The same.
    pub from_id: Uuid,
    /// Where it ends.
    pub to_epoch: i32,
    /// The same.
    pub to_place: i64,
    /// The same.
    pub to_id: Uuid,
    /// The least id of an event that counts.
    pub first_id: Option<Uuid>,
    /// The least id of one that no longer does.
    pub end_id: Option<Uuid>,
    /// When it goes on.
    pub due_at: OffsetDateTime,
    /// When it was asked for.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, endpoint_id, types, only_failed, from_epoch, from_place, from_id, to_epoch, to_place, to_id, first_id, end_id, due_at, created_at
}

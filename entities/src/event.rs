//! `events`: something that happened: written in the transaction of the change, never updated. People stand in it by id only.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// Something that happened: written in the transaction of the change, never updated. People stand in it by id only.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which life of the database cluster wrote it; raised after a logical restore, so that order survives.
    pub epoch: i32,
    /// Its dotted type, such as `order.placed`.
    pub kind: String,
    /// The id prefix of what it is about, such as `ord`.
    pub subject_type: String,
    /// What it is about.
    pub subject_id: Uuid,
    /// The order it belongs to.
    pub order_id: Option<Uuid>,
    /// The customer it belongs to.
    pub customer_id: Option<Uuid>,
    /// The channel it happened in.
    pub channel_id: Option<Uuid>,
    /// The location it happened at.
    pub location_id: Option<Uuid>,
    /// Who did it.
    pub actor_kind: ActorKind,
    /// The user or token; none for the system.
    pub actor_id: Option<Uuid>,
    /// What changed; names people by id only.
    pub data: Json,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// When it happened in the world.
    pub at: OffsetDateTime,
    /// When it was written.
    pub recorded_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, epoch, kind, subject_type, subject_id, order_id, customer_id, channel_id, location_id, actor_kind, actor_id, data, request_id, at, recorded_at
}

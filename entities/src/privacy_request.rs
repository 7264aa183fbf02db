//! `privacy_requests`: what a person asks of their data.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, PrivacyRequestKind, PrivacyRequestState};

/// What a person asks of their data.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "privacy_requests")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Whose data.
    pub customer_id: Uuid,
    /// What is asked.
    pub kind: PrivacyRequestKind,
    /// Where it stands.
    pub state: PrivacyRequestState,
    /// When it was asked.
    pub requested_at: OffsetDateTime,
    /// Until when it is to be answered.
    pub due_at: OffsetDateTime,
    /// When it was done.
    pub completed_at: Option<OffsetDateTime>,
    /// What an erasure waits for.
    pub blocked_by: Json,
    /// Why it was refused.
    pub refused_because: Option<String>,
    /// Why it takes longer.
    pub extended_because: Option<String>,
    /// All that is kept about the person.
    pub export: Option<Json>,
    /// Until when that is kept.
    pub export_until: Option<OffsetDateTime>,
    /// What had to be kept, and under which obligation.
    pub retained: Json,
    /// Who wrote it down.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, customer_id, kind, state, requested_at, due_at, completed_at, blocked_by, refused_because, extended_because, export, export_until, retained, actor_kind, actor_id
}

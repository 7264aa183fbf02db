//! `webhook_endpoints`: where a partner hears of events.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// Where a partner hears of events.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where it is.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// The types of events it wants, wildcards as they were given.
    pub types: Json,
    /// Whether anything is sent.
    pub active: bool,
    /// Why it was switched off, where nobody did so by hand.
    pub disabled_because: Option<String>,
    /// Whose rights decide what is sent.
    pub created_by_kind: ActorKind,
    /// The user or token.
    pub created_by_id: Option<Uuid>,
    /// What was written behind this place is for it.
    pub start_epoch: i32,
    /// The same.
    pub start_place: i64,
    /// The same.
    pub start_id: Uuid,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// When it was taken away.
    pub deleted_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, url, description, types, active, disabled_because, created_by_kind, created_by_id, start_epoch, start_place, start_id, created_at, updated_at, deleted_at
}

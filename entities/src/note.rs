//! `notes`: an internal message about an order or a customer.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// An internal message about an order or a customer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notes")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The id prefix of what it is about.
    pub subject_type: String,
    /// What it is about.
    pub subject_id: Uuid,
    /// Who wrote it.
    pub author_kind: ActorKind,
    /// The user or token.
    pub author_id: Option<Uuid>,
    /// What it says.
    pub text: String,
    /// The users it calls on, by id.
    pub mentions: Json,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, subject_type, subject_id, author_kind, author_id, text, mentions, created_at
}

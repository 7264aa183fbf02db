//! `idempotency_keys`: an operation done under a client's key, so that the same call again changes nothing.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// An operation done under a client's key, so that the same call again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// The user or token that used the key; all zero for the system.
    #[sea_orm(primary_key, auto_increment = false)]
    pub actor: Uuid,
    /// The client's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The operation it was used for.
    pub operation: String,
    /// A hash of the operation's input.
    pub fingerprint: String,
    /// What was answered, by id.
    pub result: Option<Json>,
    /// When it was used.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    actor, key, operation, fingerprint, result, created_at
}

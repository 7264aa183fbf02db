//! `users`: a person who signs in.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As written.
    pub email: String,
    /// As compared: lower case.
    pub email_key: String,
    /// What colleagues call them.
    pub name: String,
    /// Argon2id, in PHC form.
    pub password_hash: Option<String>,
    /// Channels within reach; none for all.
    pub reach_channels: Option<Json>,
    /// Locations within reach; none for all.
    pub reach_locations: Option<Json>,
    /// Whether they may sign in.
    pub active: bool,
    /// When they last did.
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, email, email_key, name, password_hash, reach_channels, reach_locations, active, last_sign_in_at, created_at, updated_at
}

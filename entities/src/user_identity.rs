//! `user_identities`: who a user is at an identity provider.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Who a user is at an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_identities")]
pub struct Model {
    /// The provider: `iss` of its tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer: String,
    /// The user there: `sub` of its tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The user here.
    pub user_id: Uuid,
    /// When they first came.
    pub created_at: OffsetDateTime,
    /// The names of the roles that the provider last said they hold.
    pub roles: Json,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    issuer, subject, user_id, created_at, roles
}

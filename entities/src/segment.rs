//! `segments`: customers who fit a filter.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Customers who fit a filter.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change of its definition.
    pub version: i32,
    /// Its name.
    pub name: String,
    /// The same as compared.
    pub name_key: String,
    /// Who belongs to it.
    pub filter: Json,
    /// How many belong to it, as far as they were looked at.
    pub members: i64,
    /// Whether all customers were looked at once.
    pub counted: bool,
    /// The customer up to whom all are looked at anew; none where all were.
    pub swept_to: Option<Uuid>,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When its definition last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, name, name_key, filter, members, counted, swept_to, created_at, updated_at
}

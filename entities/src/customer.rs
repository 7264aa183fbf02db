//! `customers`: a person or company that orders.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A person or company that orders.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Human-friendly and unique.
    pub number: String,
    /// Its name.
    pub name: Option<String>,
    /// Its main email, as written.
    pub email: Option<String>,
    /// Its main telephone number, as written.
    pub phone: Option<String>,
    /// Its company.
    pub company: Option<String>,
    /// Its language.
    pub locale: Option<String>,
    /// Labels.
    pub tags: Json,
    /// When it was first seen.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// With whose record its own was made one; never one that was made one itself.
    pub merged_into: Option<Uuid>,
    /// When all that was personal was erased.
    pub erased_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, name, email, phone, company, locale, tags, created_at, updated_at,
    merged_into, erased_at
}

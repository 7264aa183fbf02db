//! `customer_merges`: a customer whose record was made one with another's.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A customer whose record was made one with another's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_merges")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose record it was.
    pub from_id: Uuid,
    /// With whose it was made one.
    pub into_id: Uuid,
    /// What the other took over: names of fields, and labels.
    pub took: Json,
    /// When.
    pub merged_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, from_id, into_id, took, merged_at
}

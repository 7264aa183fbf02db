//! `sealed_keys`: the key of something personal that stands sealed in a row that is never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// The key of something personal that stands sealed in a row that is never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_keys")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub row_id: Uuid,
    /// Whose it is.
    pub customer_id: Option<Uuid>,
    /// The key.
    pub key: String,
    /// When it is to be destroyed by itself.
    pub shred_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    row_id, customer_id, key, shred_at
}

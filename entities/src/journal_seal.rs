//! `journal_seals`: a link of the chain over the journal.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A link of the chain over the journal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_seals")]
pub struct Model {
    /// From 1 on, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Entries under it.
    pub entries: i64,
    /// The place of the last of them.
    pub last_epoch: i32,
    /// The place of the last of them.
    pub last_place: i64,
    /// The last of them.
    pub last_id: Uuid,
    /// Over the link before and the hashes of the entries.
    pub hash: String,
    /// When.
    pub sealed_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    number, entries, last_epoch, last_place, last_id, hash, sealed_at
}

//! `audit_seals`: a link of the chain over the audit entries: each seals those since the one before.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A link of the chain over the audit entries: each seals those since the one before.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_seals")]
pub struct Model {
    /// Its number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// How many entries it seals.
    pub entries: i64,
    /// Where the last of them stands: its epoch,
    pub last_epoch: i32,
    /// its place in the log,
    pub last_place: i64,
    /// and its id.
    pub last_id: Uuid,
    /// SHA-256 over the hash of the seal before and the hashes of the entries, in log order.
    pub hash: String,
    /// When it was made.
    pub sealed_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    number, entries, last_epoch, last_place, last_id, hash, sealed_at
}

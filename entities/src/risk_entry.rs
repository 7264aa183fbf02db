//! `risk_entries`: somebody or something that is known.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, RiskEntryKind, RiskList};

/// Somebody or something that is known.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Eq)]
#[sea_orm(table_name = "risk_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// For good or for bad.
    pub list: RiskList,
    /// By what.
    pub kind: RiskEntryKind,
    /// As it was written.
    pub value: String,
    /// The same as compared.
    pub value_key: String,
    /// Why.
    pub reason: String,
    /// Until when; none for good.
    pub expires_at: Option<OffsetDateTime>,
    /// Who wrote it.
    pub created_by_kind: ActorKind,
    /// The user or token.
    pub created_by_id: Option<Uuid>,
    /// When.
    pub created_at: OffsetDateTime,
    /// When it was taken off.
    pub removed_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, list, kind, value, value_key, reason, expires_at, created_by_kind, created_by_id, created_at, removed_at
}

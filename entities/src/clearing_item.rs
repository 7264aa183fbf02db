//! `clearing_items`: a step of a payment that is in the books, and how much of it settlements told of.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::TransactionKind;

/// A step of a payment that is in the books, and how much of it settlements told of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clearing_items")]
pub struct Model {
    /// The step.
    #[sea_orm(primary_key, auto_increment = false)]
    pub transaction_id: Uuid,
    /// Its payment.
    pub payment_id: Uuid,
    /// In whose books.
    pub legal_entity_id: Uuid,
    /// Where it was sold.
    pub channel_id: Uuid,
    /// Who holds the money.
    pub provider: String,
    /// The currency of the amounts.
    pub currency: String,
    /// What was done.
    pub kind: TransactionKind,
    /// When.
    pub at: OffsetDateTime,
    /// How much.
    pub amount_minor: i64,
    /// How much of it is settled.
    pub settled_minor: i64,
    /// No settlement of it is older.
    pub settled_from: Option<OffsetDateTime>,
    /// None is newer.
    pub settled_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    transaction_id, payment_id, legal_entity_id, channel_id, provider, currency, kind, at, amount_minor, settled_minor, settled_from, settled_at
}

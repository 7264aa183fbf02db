//! `credits`: a gift card, or credit that a customer has. Amounts are minor units of `currency`.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::CreditKind;

/// A gift card, or credit that a customer has. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credits")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Which of the two.
    pub kind: CreditKind,
    /// Who owes it.
    pub legal_entity_id: Uuid,
    /// Its currency.
    pub currency: String,
    /// SHA-256 of the code of a card.
    pub code_hash: Option<String>,
    /// The end of the code.
    pub hint: Option<String>,
    /// Whose.
    pub customer_id: Option<Uuid>,
    /// The order that a card was sold with.
    pub order_id: Option<Uuid>,
    /// What was put on it in all.
    pub issued_minor: i64,
    /// What is on it.
    pub balance_minor: i64,
    /// What of that is promised to orders.
    pub reserved_minor: i64,
    /// From when on it cannot be used.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, kind, legal_entity_id, currency, code_hash, hint, customer_id, order_id, issued_minor, balance_minor, reserved_minor, expires_at, created_at
}

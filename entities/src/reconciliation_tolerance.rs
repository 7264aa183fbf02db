//! `reconciliation_tolerances`: how far amounts in a currency may be apart. All in minor units.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// How far amounts in a currency may be apart. All in minor units.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_tolerances")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub legal_entity_id: Uuid,
    /// The currency.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// On a line.
    pub line_minor: i64,
    /// On a batch, for each line.
    pub batch_line_minor: i64,
    /// On a batch, at most.
    pub batch_minor: i64,
    /// What a bank may keep in the currency of the books.
    pub bank_minor: i64,
    /// What it may keep of another one.
    pub bank_abroad_minor: i64,
    /// On a fee that is agreed.
    pub fee_minor: i64,
    /// Or this share of it, a decimal; the larger one counts.
    pub fee_rate: String,
    /// When it was entered.
    pub set_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    legal_entity_id, currency, line_minor, batch_line_minor, batch_minor, bank_minor, bank_abroad_minor, fee_minor, fee_rate, set_at
}

//! `matches`: one line with what explains it, wholly or in part.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, MatchState};

/// One line with what explains it, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "matches")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A line of a settlement.
    pub settlement_line_id: Option<Uuid>,
    /// Or an entry of a statement.
    pub bank_line_id: Option<Uuid>,
    /// A step of a payment.
    pub transaction_id: Option<Uuid>,
    /// Or a payout.
    pub payout_id: Option<Uuid>,
    /// Or an invoice.
    pub invoice_id: Option<Uuid>,
    /// Its currency.
    pub currency: String,
    /// How much of both; below zero it takes another one back.
    pub amount_minor: i64,
    /// What that is in the books, of a settlement in another currency.
    pub gross_base_minor: i64,
    /// What it came to there, before the fee.
    pub came_to_base_minor: i64,
    /// The fee there.
    pub fee_base_minor: i64,
    /// Whether it counts.
    pub state: MatchState,
    /// By which rule.
    pub rule: String,
    /// How sure, up to 100.
    pub confidence_percent: i32,
    /// What was said of it.
    pub note: Option<String>,
    /// Who matched.
    pub matched_by_kind: ActorKind,
    /// The user or token.
    pub matched_by_id: Option<Uuid>,
    /// When.
    pub matched_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, settlement_line_id, bank_line_id, transaction_id, payout_id, invoice_id, currency, amount_minor, gross_base_minor, came_to_base_minor, fee_base_minor, state, rule, confidence_percent, note, matched_by_kind, matched_by_id, matched_at
}

//! `reconciliation_exceptions`: a difference that a person must explain.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{
    ActorKind, ReconciliationExceptionKind, ReconciliationExceptionState, ReconciliationResolution,
};

/// A difference that a person must explain.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation_exceptions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What kind.
    pub kind: ReconciliationExceptionKind,
    /// Where it stands.
    pub state: ReconciliationExceptionState,
    /// What it is about: a kind is raised once for it.
    pub subject: String,
    /// The provider.
    pub provider: Option<String>,
    /// Whose.
    pub legal_entity_id: Uuid,
    /// Its currency.
    pub currency: String,
    /// What is at stake, without a sign.
    pub amount_minor: i64,
    /// The same in ten-thousandths of a unit, whatever the currency.
    pub amount_scaled: i64,
    /// In words.
    pub explanation: String,
    /// The file.
    pub report_id: Option<Uuid>,
    /// The line.
    pub settlement_line_id: Option<Uuid>,
    /// The statement.
    pub statement_id: Option<Uuid>,
    /// The entry.
    pub bank_line_id: Option<Uuid>,
    /// The payout.
    pub payout_id: Option<Uuid>,
    /// The payment.
    pub payment_id: Option<Uuid>,
    /// The step of the payment.
    pub transaction_id: Option<Uuid>,
    /// The dispute.
    pub dispute_id: Option<Uuid>,
    /// When it was found.
    pub raised_at: OffsetDateTime,
    /// When it was explained.
    pub resolved_at: Option<OffsetDateTime>,
    /// Who explained it.
    pub resolved_by_kind: Option<ActorKind>,
    /// The user or token.
    pub resolved_by_id: Option<Uuid>,
    /// How.
    pub resolution: Option<ReconciliationResolution>,
    /// What they said.
    pub note: Option<String>,
    /// Who wants to write it off, until a second person agrees.
    pub wanted_by_kind: Option<ActorKind>,
    /// The user or token.
    pub wanted_by_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, kind, state, subject, provider, legal_entity_id, currency, amount_minor, amount_scaled, explanation, report_id, settlement_line_id, statement_id, bank_line_id, payout_id, payment_id, transaction_id, dispute_id, raised_at, resolved_at, resolved_by_kind, resolved_by_id, resolution, note, wanted_by_kind, wanted_by_id
}

//! `disputes`: a payer's bank takes money back, or asks. Amounts are minor units of `currency`.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{DisputeStage, DisputeState};

/// A payer's bank takes money back, or asks. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "disputes")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// The payment.
    pub payment_id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// What the provider calls it.
    pub provider_reference: Option<String>,
    /// How far it went.
    pub stage: DisputeStage,
    /// Where it stands.
    pub state: DisputeState,
    /// Its currency.
    pub currency: String,
    /// What it is about.
    pub amount_minor: i64,
    /// What the provider charges for it.
    pub fee_minor: Option<i64>,
    /// What of it is taken now.
    pub taken_minor: i64,
    /// Whether money of the same capture had been given back.
    pub refunded_too: bool,
    /// What the payer says.
    pub reason: String,
    /// When it began.
    pub opened_at: OffsetDateTime,
    /// Until when it can be answered.
    pub evidence_due_at: Option<OffsetDateTime>,
    /// When it was.
    pub evidence_sent_at: Option<OffsetDateTime>,
    /// What was sent.
    pub evidence: Option<Json>,
    /// When it ended.
    pub resolved_at: Option<OffsetDateTime>,
    /// What was said of it.
    pub note: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, payment_id, order_id, provider_reference, stage, state, currency, amount_minor, fee_minor, taken_minor, refunded_too, reason, opened_at, evidence_due_at, evidence_sent_at, evidence, resolved_at, note
}

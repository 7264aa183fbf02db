//! `settlement_lines`: a line of a settlement. Positive is to us.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{SettlementLineKind, SettlementLineState};

/// A line of a settlement. Positive is to us.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The file.
    pub report_id: Uuid,
    /// Where it begins there, from 1.
    pub line_number: i32,
    /// What happened.
    pub kind: SettlementLineKind,
    /// Whether it is explained.
    pub state: SettlementLineState,
    /// The batch, where a file holds several.
    pub batch: Option<String>,
    /// What the file calls its payout.
    pub payout_reference: Option<String>,
    /// The payout that it is part of.
    pub payout_id: Option<Uuid>,
    /// What the provider calls the payment.
    pub provider_reference: Option<String>,
    /// What the provider calls this capture, refund or dispute.
    pub modification_reference: Option<String>,
    /// What we call it.
    pub merchant_reference: Option<String>,
    /// The currency of the payment.
    pub gross_currency: String,
    /// In that currency.
    pub gross_minor: i64,
    /// The currency of the settlement.
    pub currency: String,
    /// What the provider kept.
    pub fee_minor: i64,
    /// What came to the balance.
    pub net_minor: i64,
    /// From the one currency to the other, a decimal.
    pub exchange_rate: Option<String>,
    /// When it happened.
    pub occurred_at: Option<OffsetDateTime>,
    /// When it came to the balance.
    pub booked_at: Option<OffsetDateTime>,
    /// The row as the provider wrote it.
    pub raw: Json,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, report_id, line_number, kind, state, batch, payout_reference, payout_id, provider_reference, modification_reference, merchant_reference, gross_currency, gross_minor, currency, fee_minor, net_minor, exchange_rate, occurred_at, booked_at, raw
}

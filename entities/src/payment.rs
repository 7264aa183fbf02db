//! `payments`: money obtained or promised for an order. Amounts are minor units of `currency`.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::PaymentState;

/// Money obtained or promised for an order. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// The order.
    pub order_id: Uuid,
    /// Its place in the order, from 0.
    pub position: i32,
    /// Who obtained it.
    pub provider: String,
    /// Our account there.
    pub provider_account: Option<String>,
    /// What the provider calls it.
    pub provider_reference: Option<String>,
    /// How it was paid.
    pub method: String,
    /// Brand and last digits, never the number.
    pub card: Option<Json>,
    /// Where it stands.
    pub state: PaymentState,
    /// Its currency.
    pub currency: String,
    /// Promised, not obtained.
    pub pending_minor: i64,
    /// Authorized in all.
    pub authorized_minor: i64,
    /// Captured in all.
    pub captured_minor: i64,
    /// Given back in all.
    pub refunded_minor: i64,
    /// In how many the payer pays their issuer.
    pub installments: Option<i32>,
    /// When the authorization ends.
    pub authorization_expires_at: Option<OffsetDateTime>,
    /// When it was first captured.
    pub captured_at: Option<OffsetDateTime>,
    /// When it was obtained.
    pub created_at: OffsetDateTime,
    /// Authorized once and released.
    pub voided_minor: i64,
    /// Asked for and not confirmed.
    pub capturing_minor: i64,
    /// On its way back and not confirmed.
    pub refunding_minor: i64,
    /// Taken back by the payer's bank.
    pub disputed_minor: i64,
    /// The gift card or credit that it is paid with.
    pub credit_id: Option<Uuid>,
    /// Of what was moved here from another order: that order.
    pub origin_order_id: Option<Uuid>,
    /// What has a lower rank is given back first.
    pub refund_rank: i32,
    /// How many hours before the authorization ends people were told last.
    pub warned_hours: Option<i32>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a provider or a bank holds or held it: of gift cards, credit and goods in exchange nobody else knows.
    pub const fn is_with_a_provider(&self) -> bool {
        self.credit_id.is_none() && self.origin_order_id.is_none()
    }
}

crate::row::row! {
    id, version, order_id, position, provider, provider_account, provider_reference, method, card, state, currency, pending_minor, authorized_minor, captured_minor, refunded_minor, installments, authorization_expires_at, captured_at, created_at, voided_minor, capturing_minor, refunding_minor, disputed_minor, credit_id, origin_order_id, refund_rank, warned_hours
}

//! `payouts`: a transfer from a provider to our bank. Amounts are minor units of `currency`.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::PayoutState;

/// A transfer from a provider to our bank. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payouts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The provider.
    pub provider: String,
    /// Its account.
    pub provider_account: Option<String>,
    /// Whose.
    pub legal_entity_id: Uuid,
    /// What the provider, and mostly the bank, calls it.
    pub reference: String,
    /// Its currency.
    pub currency: String,
    /// What was sent.
    pub amount_minor: i64,
    /// What the bank has of it, its charges included.
    pub received_minor: i64,
    /// Where it stands.
    pub state: PayoutState,
    /// When the bank should have it.
    pub expected_at: Option<OffsetDateTime>,
    /// When it was sent.
    pub paid_at: Option<OffsetDateTime>,
    /// The file that tells of it.
    pub report_id: Option<Uuid>,
    /// Whether the books say that it was sent.
    pub booked: bool,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, provider, provider_account, legal_entity_id, reference, currency, amount_minor, received_minor, state, expected_at, paid_at, report_id, booked
}

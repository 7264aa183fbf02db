//! `settlement_sums`: what the explained lines of a report come to in one currency.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// What the explained lines of a report come to in one currency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_sums")]
pub struct Model {
    /// The report.
    #[sea_orm(primary_key, auto_increment = false)]
    pub report_id: Uuid,
    /// The currency of the amounts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// What came to the balance, apart from payouts and transfers.
    pub net_minor: i64,
    /// Payouts that came back.
    pub payouts_back_minor: i64,
    /// What the provider kept.
    pub fee_minor: i64,
    /// No line of it is older.
    pub first_at: OffsetDateTime,
    /// None is newer.
    pub last_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    report_id, currency, net_minor, payouts_back_minor, fee_minor, first_at, last_at
}

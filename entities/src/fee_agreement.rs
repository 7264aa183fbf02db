//! `fee_agreements`: what a provider may keep of a step, from a day on.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::SettlementLineKind;

/// What a provider may keep of a step, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fee_agreements")]
pub struct Model {
    /// With whom it is agreed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub legal_entity_id: Uuid,
    /// The provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: String,
    /// Of what: a capture, a refund or a chargeback.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: SettlementLineKind,
    /// By which method; empty for all others.
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    /// The currency of the settlement.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// From this day on, `YYYY-MM-DD`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: String,
    /// A share of the gross, a decimal; none where nothing is agreed any longer.
    pub rate: Option<String>,
    /// And so much besides.
    pub fixed_minor: Option<i64>,
    /// When it was entered.
    pub set_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    legal_entity_id, provider, kind, method, currency, from_day, rate, fixed_minor, set_at
}

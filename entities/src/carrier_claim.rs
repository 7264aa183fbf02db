//! `carrier_claims`: what a carrier owes for a parcel that went wrong.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::CarrierClaimState;

/// What a carrier owes for a parcel that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carrier_claims")]
pub struct Model {
    /// The claim of the customer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub return_id: Uuid,
    /// What the carrier calls it.
    pub reference: Option<String>,
    /// Where it stands.
    pub state: CarrierClaimState,
    /// The currency of the amounts.
    pub currency: String,
    /// What was asked for.
    pub claimed_minor: i64,
    /// What was paid.
    pub recovered_minor: i64,
    /// When it was filed.
    pub filed_at: OffsetDateTime,
    /// When the carrier answered.
    pub resolved_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    return_id, reference, state, currency, claimed_minor, recovered_minor, filed_at, resolved_at
}

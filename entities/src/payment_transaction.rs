//! `payment_transactions`: one step in the life of a payment.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{TransactionKind, TransactionState};

/// One step in the life of a payment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_transactions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The payment.
    pub payment_id: Uuid,
    /// What was done.
    pub kind: TransactionKind,
    /// How much.
    pub amount_minor: i64,
    /// How it ended.
    pub state: TransactionState,
    /// What the provider calls it.
    pub provider_reference: Option<String>,
    /// What the provider said.
    pub message: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// The shipment that it pays for.
    pub fulfillment_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, payment_id, kind, amount_minor, state, provider_reference, message, at, fulfillment_id
}

//! `customer_sums`: what a customer ordered and paid in a currency, over all channels; kept behind the log.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

/// What a customer ordered and paid in a currency, over all channels; kept behind the log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_sums")]
pub struct Model {
    /// The customer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    /// The currency, ISO 4217.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// What was paid, less what was given back.
    pub lifetime_minor: i64,
    /// The same in ten-thousandths of the currency.
    pub lifetime_scaled: i64,
    /// What their orders came to, those that were cancelled apart.
    pub ordered_minor: i64,
    /// How many orders that are.
    pub kept: i32,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    customer_id, currency, lifetime_minor, lifetime_scaled, ordered_minor, kept
}

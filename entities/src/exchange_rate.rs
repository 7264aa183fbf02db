//! `exchange_rates`: what one unit of a currency is worth in another, from a day on.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;

/// What one unit of a currency is worth in another, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rates")]
pub struct Model {
    /// The currency it is told in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub base: String,
    /// The currency of which one unit is meant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// From this day on, `YYYY-MM-DD`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// A decimal.
    pub rate: String,
    /// Who says so.
    pub source: Option<String>,
    /// When it was entered.
    pub set_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    base, currency, day, rate, source, set_at
}

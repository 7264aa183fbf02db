//! `tax_rates`: what goods of a category bear in a country, from a day on.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;

/// What goods of a category bear in a country, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rates")]
pub struct Model {
    /// ISO 3166-1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    /// The category.
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    /// From this day on, `YYYY-MM-DD`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// In millionths.
    pub rate_ppm: i32,
    /// When it was entered.
    pub set_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    country, category, day, rate_ppm, set_at
}

//! `delivery_services`: how long a way of delivery takes.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// How long a way of delivery takes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_services")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What orders call it, in lower case.
    pub code: String,
    /// The channel that offers it; none for every channel.
    pub channel_id: Option<Uuid>,
    /// Its name.
    pub name: String,
    /// Whether it is faster than usual.
    pub express: bool,
    /// Working days of the location before it leaves.
    pub handling_days: i32,
    /// Working days of the carrier within a country.
    pub transit_days: i32,
    /// Working days of the carrier to another country.
    pub transit_days_abroad: i32,
    /// Days on which the carrier works: 1 is Monday, 7 is Sunday.
    pub working_days: Json,
    /// Days on which it does not, `YYYY-MM-DD`.
    pub holidays: Json,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, code, channel_id, name, express, handling_days, transit_days, transit_days_abroad, working_days, holidays, created_at, updated_at
}

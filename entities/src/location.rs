//! `locations`: where stock lies.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::LocationKind;

/// Where stock lies.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "locations")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its short name, unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: LocationKind,
    /// Where it is.
    pub address: Json,
    /// IANA zone of its clock.
    pub time_zone: String,
    /// Whether it ships.
    pub ships_orders: bool,
    /// Whether customers fetch there.
    pub offers_pickup: bool,
    /// Whether it works at all.
    pub active: bool,
    /// Working days, hours and holidays.
    pub calendar: Json,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// How many fulfillments it can take in a day; none for any number.
    pub daily_capacity: Option<i32>,
    /// Differences of a count worth more than this need a second person; 500 without it.
    pub count_approval_above: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, code, name, kind, address, time_zone, ships_orders, offers_pickup, active, calendar, latitude, longitude, created_at, updated_at, daily_capacity, count_approval_above
}

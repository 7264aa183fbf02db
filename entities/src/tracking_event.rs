//! `tracking_events`: what a carrier said of a parcel.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::TrackingStatus;

/// What a carrier said of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tracking_events")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The parcel.
    pub parcel_id: Uuid,
    /// Where it stood.
    pub status: TrackingStatus,
    /// When, by the carrier's clock.
    pub at: OffsetDateTime,
    /// Where.
    pub place: Option<String>,
    /// What else was said.
    pub detail: Option<String>,
    /// When we heard of it.
    pub reported_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, parcel_id, status, at, place, detail, reported_at
}

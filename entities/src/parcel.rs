//! `parcels`: a box with a label.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::TrackingStatus;

/// A box with a label.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parcels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The fulfillment; none on the way back.
    pub fulfillment_id: Option<Uuid>,
    /// Its place in the fulfillment, from 0.
    pub position: i32,
    /// Who carries it.
    pub carrier: Option<String>,
    /// What the carrier calls it.
    pub tracking_number: Option<String>,
    /// The same as compared.
    pub tracking_key: Option<String>,
    /// Where to follow it.
    pub tracking_url: Option<String>,
    /// How heavy it is.
    pub weight_grams: Option<i32>,
    /// Where it stands; none before it has a label.
    pub status: Option<TrackingStatus>,
    /// When it left.
    pub shipped_at: Option<OffsetDateTime>,
    /// When it arrived.
    pub delivered_at: Option<OffsetDateTime>,
    /// Who took it in.
    pub received_by: Option<String>,
    /// What customs needs to know, for exports.
    pub customs: Option<Json>,
    /// When it was packed.
    pub created_at: OffsetDateTime,
    /// The return, on the way back.
    pub return_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, fulfillment_id, position, carrier, tracking_number, tracking_key, tracking_url, weight_grams, status, shipped_at, delivered_at, received_by, customs, created_at, return_id
}

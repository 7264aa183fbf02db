//! `fulfillments`: one location's share of an order.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{DeliveryMethod, FulfillmentState};

/// One location's share of an order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fulfillments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised by every change.
    pub version: i32,
    /// Human-friendly and unique.
    pub number: String,
    /// Who does it.
    pub location_id: Uuid,
    /// Where it stands.
    pub state: FulfillmentState,
    /// How it reaches the customer.
    pub delivery_method: DeliveryMethod,
    /// The service chosen.
    pub delivery_service: Option<String>,
    /// Where it goes.
    pub destination: Option<Json>,
    /// When it was planned.
    pub created_at: OffsetDateTime,
    /// When it left.
    pub shipped_at: Option<OffsetDateTime>,
    /// When it arrived.
    pub delivered_at: Option<OffsetDateTime>,
    /// When it was called off.
    pub cancelled_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, location_id, state, delivery_method, delivery_service, destination, created_at, shipped_at, delivered_at, cancelled_at
}

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
    /// Who works on it.
    pub assignee_id: Option<Uuid>,
    /// When it is to leave at the latest.
    pub ship_by: Option<OffsetDateTime>,
    /// Whether it is offered to a partner, who may refuse it.
    pub third_party: bool,
    /// When a third party took it.
    pub accepted_at: Option<OffsetDateTime>,
    /// When all was fetched.
    pub picked_at: Option<OffsetDateTime>,
    /// When it was packed.
    pub packed_at: Option<OffsetDateTime>,
    /// When it lay ready for the customer.
    pub ready_at: Option<OffsetDateTime>,
    /// When a third party was asked to stop.
    pub cancel_requested_at: Option<OffsetDateTime>,
    /// What is to be cancelled then.
    pub cancel_request: Option<Json>,
    /// Why it was refused or could not be done.
    pub failed_because: Option<String>,
    /// Why this location was chosen.
    pub routing: Option<Json>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, location_id, state, delivery_method, delivery_service, destination, created_at, shipped_at, delivered_at, cancelled_at, assignee_id, ship_by, third_party, accepted_at, picked_at, packed_at, ready_at, cancel_requested_at, cancel_request, failed_because, routing
}

//! `purchase_orders`: what is ordered from a supplier.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, PurchaseOrderState};

/// What is ordered from a supplier.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_orders")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised with every change.
    pub version: i32,
    /// Its number, unique.
    pub number: String,
    /// From whom.
    pub supplier_id: Uuid,
    /// Where it is delivered.
    pub location_id: Uuid,
    /// Where it stands.
    pub state: PurchaseOrderState,
    /// The currency of its prices.
    pub currency: String,
    /// The sum of its lines.
    pub total_minor: i64,
    /// What one unit of its currency is worth in that in which the stock is valued.
    pub exchange_rate: Option<String>,
    /// Who made it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was sent to the supplier.
    pub ordered_at: Option<OffsetDateTime>,
    /// When it is expected to arrive.
    pub expected_at: Option<OffsetDateTime>,
    /// When the first of it came.
    pub received_at: Option<OffsetDateTime>,
    /// When nothing more was to come.
    pub closed_at: Option<OffsetDateTime>,
    /// When it was called off.
    pub cancelled_at: Option<OffsetDateTime>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, supplier_id, location_id, state, currency, total_minor, exchange_rate, actor_kind, actor_id, created_at, ordered_at, expected_at, received_at, closed_at, cancelled_at
}

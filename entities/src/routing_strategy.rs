//! `routing_strategies`: rules by which locations are chosen.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Rules by which locations are chosen.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "routing_strategies")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The channel whose orders it routes; none for all that have no strategy of their own.
    pub channel_id: Option<Uuid>,
    /// Names of `RoutingRule`, in order.
    pub rules: Json,
    /// How many locations beyond the first may serve an order; none for any number.
    pub max_splits: Option<i32>,
    /// Orders of less come from one location: a decimal in the order's own currency.
    pub split_above_value: Option<String>,
    /// Whether it is in use.
    pub active: bool,
    /// The highest in use wins.
    pub priority: i32,
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
    id, name, channel_id, rules, max_splits, split_above_value, active, priority, created_at, updated_at
}

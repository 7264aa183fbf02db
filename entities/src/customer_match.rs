//! `customer_matches`: two customers who look like the same person.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Two customers who look like the same person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_matches")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// One of them, who was first seen earlier.
    pub one_id: Uuid,
    /// The other.
    pub two_id: Uuid,
    /// How alike they are, in millionths.
    pub score_ppm: i64,
    /// In what.
    pub evidence: Json,
    /// When that was found.
    pub found_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, one_id, two_id, score_ppm, evidence, found_at
}

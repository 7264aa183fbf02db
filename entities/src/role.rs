//! `roles`: a named set of permissions.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roles")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The permissions of a custom role; those of a built-in one stand in code.
    pub permissions: Json,
    /// Whether it came with the system.
    pub built_in: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The largest refund a holder may grant alone, a decimal number; none for no limit.
    pub refund_limit: Option<String>,
    /// Goodwill a holder may grant alone in a case, a decimal number; none for no limit.
    pub goodwill_per_case_limit: Option<String>,
    /// Goodwill a holder may grant a customer alone in 90 days, a decimal number; none for no limit.
    pub goodwill_per_customer_limit: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, name, description, permissions, built_in, created_at, refund_limit, goodwill_per_case_limit, goodwill_per_customer_limit
}

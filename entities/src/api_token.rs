//! `api_tokens`: a partner's credential; only the hash of its secret is kept.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// A partner's credential; only the hash of its secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// The end of the secret.
    pub hint: String,
    /// SHA-256 of the secret.
    pub secret_hash: String,
    /// What it may do.
    pub permissions: Json,
    /// Channels within reach; none for all.
    pub reach_channels: Option<Json>,
    /// Locations within reach; none for all.
    pub reach_locations: Option<Json>,
    /// When it stops working.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it was withdrawn.
    pub revoked_at: Option<OffsetDateTime>,
    /// The user who made it; none for the command line.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// SHA-256 of the secret before.
    pub old_secret_hash: Option<String>,
    /// Until when the secret before works.
    pub old_secret_until: Option<OffsetDateTime>,
    /// The largest refund it may grant alone, a decimal number; none for no limit.
    pub refund_limit: Option<String>,
    /// Goodwill it may grant alone in a case, a decimal number; none for no limit.
    pub goodwill_per_case_limit: Option<String>,
    /// Goodwill it may grant a customer alone in 90 days, a decimal number; none for no limit.
    pub goodwill_per_customer_limit: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, name, hint, secret_hash, permissions, reach_channels, reach_locations, expires_at, last_used_at, revoked_at, created_by, created_at, old_secret_hash, old_secret_until, refund_limit, goodwill_per_case_limit, goodwill_per_customer_limit
}

//! `customer_addresses`: an address of a customer.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// An address of a customer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_addresses")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// The address.
    pub address: Json,
    /// A hash of it, so that none stands twice.
    pub fingerprint: String,
    /// Its country, ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
    /// When it was first seen.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, customer_id, address, fingerprint, country_code, created_at
}

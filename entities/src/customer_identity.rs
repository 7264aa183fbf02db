//! `customer_identities`: one way a customer is known.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::IdentityKind;

/// One way a customer is known.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_identities")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// What it is.
    pub kind: IdentityKind,
    /// As written.
    pub value: String,
    /// As compared.
    pub value_key: String,
    /// The channel it is known in; all zero for every channel.
    pub scope: Uuid,
    /// Whether it was proven.
    pub verified: bool,
    /// When it was first seen.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, customer_id, kind, value, value_key, scope, verified, created_at
}

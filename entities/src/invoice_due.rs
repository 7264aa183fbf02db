//! `invoice_dues`: what an invoice leaves to be paid.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// What an invoice leaves to be paid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_dues")]
pub struct Model {
    /// The document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// Who is owed.
    pub legal_entity_id: Uuid,
    /// Until when.
    pub due_at: OffsetDateTime,
    /// What is still owed.
    pub open_minor: i64,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    invoice_id, order_id, legal_entity_id, due_at, open_minor
}

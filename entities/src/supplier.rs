//! `suppliers`: whom we buy from.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Whom we buy from.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suppliers")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where orders go.
    pub email: Option<String>,
    /// The currency of its prices.
    pub currency: String,
    /// Days until its invoices are due.
    pub payment_terms_days: i32,
    /// How much more than was ordered is taken, in percent.
    pub over_receipt_percent: i32,
    /// What placing and receiving one purchase order costs us, in its currency.
    pub order_cost_minor: Option<i64>,
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
    id, name, email, currency, payment_terms_days, over_receipt_percent, order_cost_minor, created_at, updated_at
}

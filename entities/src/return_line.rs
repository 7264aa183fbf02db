//! `return_lines`: units that come back for one reason.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::enums::ReturnReason;

/// Units that come back for one reason.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "return_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The return.
    pub return_id: Uuid,
    /// Its place there, from 0.
    pub position: i32,
    /// The line of the order.
    pub order_line_id: Option<Uuid>,
    /// The variant.
    pub variant_id: Option<Uuid>,
    /// Its SKU.
    pub sku: String,
    /// Units that were declared.
    pub quantity: i32,
    /// Why.
    pub reason: ReturnReason,
    /// What the customer said.
    pub comment: Option<String>,
    /// Pictures and the like.
    pub evidence_urls: Json,
    /// Units that arrived.
    pub quantity_received: i32,
    /// What is wanted instead.
    pub exchange_variant_id: Option<Uuid>,
    /// Its SKU.
    pub exchange_sku: Option<String>,
    /// What one of it costs, as it was quoted.
    pub exchange_unit_minor: Option<i64>,
    /// What is taken off all of them.
    pub exchange_discount_minor: Option<i64>,
    /// The credit note of an earlier system that told of it.
    pub imported_credit_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, return_id, position, order_line_id, variant_id, sku, quantity, reason, comment, evidence_urls, quantity_received, exchange_variant_id, exchange_sku, exchange_unit_minor, exchange_discount_minor, imported_credit_id
}

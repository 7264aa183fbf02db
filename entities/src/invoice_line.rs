//! `invoice_lines`: a line of an invoice or credit note; rows are never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::enums::{AdjustmentKind, TaxScheme};

/// A line of an invoice or credit note; rows are never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_lines")]
pub struct Model {
    /// The document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub invoice_id: Uuid,
    /// Its place there, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The order.
    pub order_id: Uuid,
    /// The line of the order.
    pub order_line_id: Option<Uuid>,
    /// The amount beside the lines.
    pub adjustment_kind: Option<AdjustmentKind>,
    /// The SKU.
    pub sku: Option<String>,
    /// What it is.
    pub description: String,
    /// Units.
    pub quantity: i32,
    /// The price of one, as the channel has prices.
    pub unit_price_minor: i64,
    /// Price times units.
    pub list_minor: i64,
    /// Taken off.
    pub discount_minor: i64,
    /// Without tax.
    pub net_minor: i64,
    /// The tax.
    pub tax_minor: i64,
    /// Without tax, in the currency of the books.
    pub net_base_minor: i64,
    /// The tax in the currency of the books.
    pub tax_base_minor: i64,
    /// The rate in millionths.
    pub tax_rate_ppm: i32,
    /// Under which rule.
    pub tax_scheme: TaxScheme,
    /// Where the tax is due.
    pub tax_country: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    invoice_id, position, order_id, order_line_id, adjustment_kind, sku, description, quantity, unit_price_minor, list_minor, discount_minor, net_minor, tax_minor, net_base_minor, tax_base_minor, tax_rate_ppm, tax_scheme, tax_country
}

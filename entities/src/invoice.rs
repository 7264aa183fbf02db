//! `invoices`: an invoice or a credit note as it was issued; rows are never changed. Amounts are minor units of `currency` and positive.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{InvoiceCause, InvoiceKind};

/// An invoice or a credit note as it was issued; rows are never changed. Amounts are minor units of `currency` and positive.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As it is printed.
    pub number: String,
    /// The series of its number.
    pub series: String,
    /// The year of its number.
    pub year: i32,
    /// Its place in series and year, without gaps.
    pub sequence: i32,
    /// Which of the two.
    pub kind: InvoiceKind,
    /// Why it was issued.
    pub cause: InvoiceCause,
    /// Who issued it.
    pub legal_entity_id: Uuid,
    /// The channel of the order.
    pub channel_id: Uuid,
    /// The order.
    pub order_id: Uuid,
    /// Its number then.
    pub order_number: String,
    /// Who bought.
    pub customer_id: Option<Uuid>,
    /// What left with it.
    pub fulfillment_id: Option<Uuid>,
    /// The invoice that a credit note takes back, wholly or in part.
    pub corrects_id: Option<Uuid>,
    /// When.
    pub issued_at: OffsetDateTime,
    /// The day of that where the company is, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Until when it is to be paid, if it was not.
    pub due_at: Option<OffsetDateTime>,
    /// Its currency.
    pub currency: String,
    /// Whether unit prices contain the tax.
    pub tax_included: bool,
    /// Name, country and tax number of the company then.
    pub seller: Json,
    /// The tax number of who bought.
    pub buyer_tax_id: Option<String>,
    /// Without tax.
    pub net_minor: i64,
    /// The tax.
    pub tax_minor: i64,
    /// The whole.
    pub gross_minor: i64,
    /// The whole in the currency of the books.
    pub gross_base_minor: i64,
    /// Why money is given back.
    pub reason: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, number, series, year, sequence, kind, cause, legal_entity_id, channel_id, order_id, order_number, customer_id, fulfillment_id, corrects_id, issued_at, issued_on, due_at, currency, tax_included, seller, buyer_tax_id, net_minor, tax_minor, gross_minor, gross_base_minor, reason
}

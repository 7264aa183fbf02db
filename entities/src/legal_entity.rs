//! `legal_entities`: the company that sells, invoices and books.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{Breakage, RefundOrder, TaxRounding};

/// The company that sells, invoices and books.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_entities")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its registered name.
    pub name: String,
    /// Where it is registered, ISO 3166-1 alpha-2.
    pub country_code: String,
    /// Its tax number.
    pub tax_id: Option<String>,
    /// The currency its books are kept in, ISO 4217.
    pub base_currency: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// Where its days begin, IANA.
    pub time_zone: String,
    /// How its taxes are rounded.
    pub tax_rounding: TaxRounding,
    /// Nothing is booked on or before this day, `YYYY-MM-DD`.
    pub closed_through: Option<String>,
    /// Whether it tells its sales to other member states in the one-stop shop.
    pub one_stop_shop: bool,
    /// How long gift cards can be used; none for ever.
    pub gift_card_valid_days: Option<i32>,
    /// How long credit can be used; none for ever.
    pub store_credit_valid_days: Option<i32>,
    /// What becomes of what nobody used in time.
    pub breakage: Breakage,
    /// What is given back first.
    pub refund_order: RefundOrder,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, name, country_code, tax_id, base_currency, created_at, updated_at, time_zone, tax_rounding, closed_through, one_stop_shop, gift_card_valid_days, store_credit_valid_days, breakage, refund_order
}

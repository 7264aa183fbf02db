//! `bank_statements`: what a bank says of an account.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::BankFormat;

/// What a bank says of an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_statements")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The account, without blanks.
    pub account: String,
    /// Whose.
    pub legal_entity_id: Uuid,
    /// How it is written.
    pub format: BankFormat,
    /// What the bank calls it.
    pub reference: String,
    /// Its number among those of the account.
    pub sequence: Option<i64>,
    /// Its page.
    pub page: Option<i64>,
    /// The first day, `YYYY-MM-DD`.
    pub from_day: Option<String>,
    /// The last one.
    pub to_day: Option<String>,
    /// The currency of the balance before.
    pub currency: Option<String>,
    /// The booked balance before.
    pub opening_minor: Option<i64>,
    /// The currency of the balance after.
    pub closing_currency: Option<String>,
    /// The booked balance after.
    pub closing_minor: Option<i64>,
    /// SHA-256 of the file.
    pub file_hash: String,
    /// SHA-256 over what it says.
    pub content_hash: String,
    /// Entries.
    pub line_count: i32,
    /// When it came.
    pub imported_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, account, legal_entity_id, format, reference, sequence, page, from_day, to_day, currency, opening_minor, closing_currency, closing_minor, file_hash, content_hash, line_count, imported_at
}

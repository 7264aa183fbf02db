//! `bank_lines`: an entry of a bank statement. Positive is to us.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::enums::SettlementLineState;

/// An entry of a bank statement. Positive is to us.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The statement.
    pub statement_id: Uuid,
    /// Its place in the file.
    pub line_number: i32,
    /// Whether it is explained.
    pub state: SettlementLineState,
    /// Its currency.
    pub currency: String,
    /// How much.
    pub amount_minor: i64,
    /// When the bank booked it, `YYYY-MM-DD`.
    pub booked_at: String,
    /// From when it bears interest.
    pub value_date: Option<String>,
    /// What the bank or the payer calls it.
    pub reference: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// As it was written.
    pub raw: Json,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, statement_id, line_number, state, currency, amount_minor, booked_at, value_date, reference, description, raw
}

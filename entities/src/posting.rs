//! `postings`: one side of an entry; rows are never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// One side of an entry; rows are never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "postings")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: Uuid,
    /// Its place there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// In whose books.
    pub legal_entity_id: Uuid,
    /// The code of the account.
    pub account: i32,
    /// The currency of the amount.
    pub currency: String,
    /// Debit above zero, credit below.
    pub amount_minor: i64,
    /// The same in the currency of the books.
    pub base_minor: i64,
    /// The moment the entry counts for.
    pub at: OffsetDateTime,
    /// What the amount belongs to within the account.
    pub subledger: Json,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    entry_id, position, legal_entity_id, account, currency, amount_minor, base_minor, at, subledger
}

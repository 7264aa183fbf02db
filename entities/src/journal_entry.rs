//! `journal_entries`: one business event in the books; rows are never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// One business event in the books; rows are never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "journal_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Raised when the log moves to another cluster.
    pub epoch: i32,
    /// In whose books.
    pub legal_entity_id: Uuid,
    /// The rule that made its postings.
    pub template: String,
    /// The business event: under one rule it is booked once.
    pub source_id: Uuid,
    /// The moment it counts for.
    pub at: OffsetDateTime,
    /// The day of that moment where the company is, `YYYY-MM-DD`.
    pub business_date: String,
    /// When it was written.
    pub recorded_at: OffsetDateTime,
    /// In words.
    pub description: String,
    /// What it is about: the prefix of its id.
    pub subject_type: String,
    /// What it is about.
    pub subject_id: Uuid,
    /// The order, where there is one.
    pub order_id: Option<Uuid>,
    /// The event that tells of it.
    pub event_id: Option<Uuid>,
    /// The entry that it takes back.
    pub reverses_id: Option<Uuid>,
    /// SHA-256 over all that it says, its postings too.
    pub hash: String,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, epoch, legal_entity_id, template, source_id, at, business_date, recorded_at, description, subject_type, subject_id, order_id, event_id, reverses_id, hash
}

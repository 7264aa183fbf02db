//! `imported_credits`: a credit note of an earlier system.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A credit note of an earlier system.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imported_credits")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The channel.
    pub channel_id: Uuid,
    /// What that system called it.
    pub reference: String,
    /// Whose it was; none where nobody is known by what it says.
    pub customer_id: Option<Uuid>,
    /// The currency of its amounts.
    pub currency: String,
    /// When it was written.
    pub credited_at: OffsetDateTime,
    /// When it was imported.
    pub created_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, channel_id, reference, customer_id, currency, credited_at, created_at
}

//! `channels`: where orders come from.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{CapturePolicy, ChannelKind};

/// Where orders come from.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channels")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its short name, unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// The currency of its prices, ISO 4217.
    pub currency: String,
    /// Whether its prices contain the tax.
    pub tax_included: bool,
    /// Who sells in it.
    pub legal_entity_id: Uuid,
    /// What its order numbers begin with.
    pub order_number_prefix: String,
    /// How long an unpaid order may wait; none for ever.
    pub unpaid_expires_after_seconds: Option<i32>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// When what is authorized is taken.
    pub capture: CapturePolicy,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, code, name, kind, currency, tax_included, legal_entity_id, order_number_prefix, unpaid_expires_after_seconds, created_at, updated_at, capture
}

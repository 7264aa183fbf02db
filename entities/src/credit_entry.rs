//! `credit_entries`: what came onto a gift card or credit, or went off it; rows are never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// What came onto a gift card or credit, or went off it; rows are never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The card or credit.
    pub credit_id: Uuid,
    /// On above zero, off below.
    pub amount_minor: i64,
    /// Why.
    pub reason: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who did it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// The order that it was for.
    pub order_id: Option<Uuid>,
    /// The case in which it was given.
    pub case_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, credit_id, amount_minor, reason, at, actor_kind, actor_id, order_id, case_id
}

//! `money_grants`: money that somebody gave back or away; rows are never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// Money that somebody gave back or away; rows are never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "money_grants")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// For an order.
    pub order_id: Option<Uuid>,
    /// To whom.
    pub customer_id: Option<Uuid>,
    /// How much, in the currency of the books.
    pub base_minor: i64,
    /// What of it was given for nothing.
    pub goodwill_base_minor: i64,
    /// When.
    pub at: OffsetDateTime,
    /// In a case.
    pub case_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, actor_kind, actor_id, order_id, customer_id, base_minor, goodwill_base_minor, at, case_id
}

//! `refund_requests`: money that somebody wants to give and may not grant alone.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, RefundRequestState};

/// Money that somebody wants to give and may not grant alone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_requests")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is given back of.
    pub payment_id: Option<Uuid>,
    /// The order.
    pub order_id: Option<Uuid>,
    /// To whom.
    pub customer_id: Option<Uuid>,
    /// How much.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub state: RefundRequestState,
    /// Who wants it.
    pub requested_by_kind: ActorKind,
    /// The user or token.
    pub requested_by_id: Option<Uuid>,
    /// When.
    pub requested_at: OffsetDateTime,
    /// Who decided.
    pub decided_by_kind: Option<ActorKind>,
    /// The user or token.
    pub decided_by_id: Option<Uuid>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
    /// What they said.
    pub note: Option<String>,
    /// Of credit: who will owe it.
    pub legal_entity_id: Option<Uuid>,
    /// Of credit: until when it can be used.
    pub expires_at: Option<OffsetDateTime>,
    /// The case in which it was asked for.
    pub case_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, payment_id, order_id, customer_id, amount_minor, currency, reason, state, requested_by_kind, requested_by_id, requested_at, decided_by_kind, decided_by_id, decided_at, note, legal_entity_id, expires_at, case_id
}

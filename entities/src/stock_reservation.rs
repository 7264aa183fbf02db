//! `stock_reservations`: stock held for a checkout that has not paid yet.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, ReservationState};

/// Stock held for a checkout that has not paid yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_reservations")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The channel of the checkout.
    pub channel_id: Uuid,
    /// Where it stands.
    pub state: ReservationState,
    /// When it is given back by itself.
    pub expires_at: OffsetDateTime,
    /// The order it became.
    pub order_id: Option<Uuid>,
    /// Who asked for it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, channel_id, state, expires_at, order_id, actor_kind, actor_id, created_at, updated_at
}

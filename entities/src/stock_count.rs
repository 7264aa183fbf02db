//! `stock_counts`: somebody counts what lies at a location.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, StockCountState};

/// Somebody counts what lies at a location.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_counts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where.
    pub location_id: Uuid,
    /// Where it stands.
    pub state: StockCountState,
    /// Whether nobody is told what should lie there until it is closed.
    pub blind: bool,
    /// Who began it.
    pub actor_kind: ActorKind,
    /// The user or token.
    pub actor_id: Option<Uuid>,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// When it was closed.
    pub closed_at: Option<OffsetDateTime>,
    /// When it was given up.
    pub cancelled_at: Option<OffsetDateTime>,
    /// Lines that were counted, once it is closed.
    pub lines_counted: i32,
    /// Those of them without a difference.
    pub lines_right: i32,
    /// What the differences are worth, missing units below zero; none while a cost is unknown.
    pub difference_minor: Option<i64>,
    /// In which currency.
    pub difference_currency: Option<String>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, location_id, state, blind, actor_kind, actor_id, started_at, closed_at, cancelled_at, lines_counted, lines_right, difference_minor, difference_currency
}

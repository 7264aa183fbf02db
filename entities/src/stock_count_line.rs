//! `stock_count_lines`: one variant that is counted.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// One variant that is counted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_count_lines")]
pub struct Model {
    /// The count.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stock_count_id: Uuid,
    /// The variant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: Uuid,
    /// Its SKU then.
    pub sku: String,
    /// What should lie there: when it was counted, before that when the count began.
    pub expected: i64,
    /// What lies there; none until it is counted.
    pub counted: Option<i64>,
    /// When it was counted last.
    pub counted_at: Option<OffsetDateTime>,
    /// Who counted it last.
    pub counted_by_kind: Option<ActorKind>,
    /// The user or token.
    pub counted_by_id: Option<Uuid>,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    stock_count_id, variant_id, sku, expected, counted, counted_at, counted_by_kind, counted_by_id
}

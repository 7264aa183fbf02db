//! `return_inspections`: units of a return that somebody looked at.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, Disposition, ItemCondition};

/// Units of a return that somebody looked at.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "return_inspections")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The line of the return.
    pub return_line_id: Uuid,
    /// How many units.
    pub quantity: i32,
    /// How they are.
    pub condition: ItemCondition,
    /// Where they go.
    pub disposition: Disposition,
    /// Whether they are paid for.
    pub refundable: bool,
    /// What is said of them.
    pub note: Option<String>,
    /// What kind of caller looked.
    pub inspected_by_kind: ActorKind,
    /// Who.
    pub inspected_by_id: Option<Uuid>,
    /// When.
    pub at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, return_line_id, quantity, condition, disposition, refundable, note, inspected_by_kind, inspected_by_id, at
}

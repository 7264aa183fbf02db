//! `procedure_versions`: what a procedure said at one time

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a procedure said at one time
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "procedure_versions")]
pub struct Model {
    /// The procedure.
    #[sea_orm(primary_key, auto_increment = false)]
    pub procedure_id: Uuid,
    /// Its version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// What it is for.
    pub description: Option<String>,
    /// The type of event that starts it.
    pub trigger_kind: String,
    /// What has to hold of what it is about.
    pub condition: Json,
    /// What has to be done.
    pub steps: Json,
    /// When it was written.
    pub at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    procedure_id, version, description, trigger_kind, condition, steps, at
}

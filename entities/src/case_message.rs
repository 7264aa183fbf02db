//! `case_messages`: what was said in a case; never changed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, MessageDirection};

/// What was said in a case; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_messages")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Whether it came or went.
    pub direction: MessageDirection,
    /// Who wrote it; none where the customer did.
    pub author_kind: Option<ActorKind>,
    /// The user or token.
    pub author_id: Option<Uuid>,
    /// What it says.
    pub text: String,
    /// Whether it is for the team only.
    pub internal: bool,
    /// When.
    pub at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, case_id, direction, author_kind, author_id, text, internal, at
}

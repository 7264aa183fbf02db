//! `audit_entries`: what somebody did or tried to do: never updated, never deleted.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::ActorKind;

/// What somebody did or tried to do: never updated, never deleted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which life of the database cluster wrote it.
    pub epoch: i32,
    /// The operation, such as `orderPlace`.
    pub operation: String,
    /// `DONE`, or the code of the error that denied it.
    pub outcome: String,
    /// The id prefix of what it was about.
    pub subject_type: Option<String>,
    /// What it was about.
    pub subject_id: Option<Uuid>,
    /// Who did it; none where nobody was signed in.
    pub actor_kind: Option<ActorKind>,
    /// The user or token; none for the system and for nobody.
    pub actor_id: Option<Uuid>,
    /// JSON: the values before and after, personal data masked.
    pub change: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Where the request came from.
    pub ip_address: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// SHA-256 over all of the above.
    pub hash: String,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, epoch, operation, outcome, subject_type, subject_id, actor_kind, actor_id, change, request_id, ip_address, at, hash
}

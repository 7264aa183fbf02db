//! `settlement_reports`: what a provider says it settled: one file or batch.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value as Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, SettlementFormat, SettlementReportState};

/// What a provider says it settled: one file or batch.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_reports")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The provider.
    pub provider: String,
    /// Its account.
    pub provider_account: Option<String>,
    /// Whose.
    pub legal_entity_id: Uuid,
    /// How it is written.
    pub format: SettlementFormat,
    /// What tells the batch from others.
    pub reference: String,
    /// What the file was called.
    pub file_name: Option<String>,
    /// SHA-256 of its bytes.
    pub content_hash: String,
    /// Where the reading stands.
    pub state: SettlementReportState,
    /// What could not be read; the first 100.
    pub faults: Json,
    /// What it comes to, by currency.
    pub totals: Json,
    /// What changed since the version before, in words.
    pub differences: Json,
    /// Lines.
    pub line_count: i32,
    /// Lines that are explained.
    pub matched_count: i32,
    /// Differences that it raised.
    pub exception_count: i32,
    /// From 1 on.
    pub version: i32,
    /// The version before.
    pub supersedes_id: Option<Uuid>,
    /// The moment it counts for in the books: that of its last line.
    pub booked_at: Option<OffsetDateTime>,
    /// Up to which line it was looked for matches; the greatest number there is once all were.
    pub worked_through: i32,
    /// Who reads it: nobody else writes its lines.
    pub worker_id: Uuid,
    /// When whoever reads it last said so.
    pub beat_at: OffsetDateTime,
    /// Who brought it.
    pub imported_by_kind: ActorKind,
    /// The user or token.
    pub imported_by_id: Option<Uuid>,
    /// When.
    pub imported_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, provider, provider_account, legal_entity_id, format, reference, file_name, content_hash, state, faults, totals, differences, line_count, matched_count, exception_count, version, supersedes_id, booked_at, worked_through, worker_id, beat_at, imported_by_kind, imported_by_id, imported_at
}

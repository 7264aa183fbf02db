//! `tasks`: something that somebody has to do until a moment

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{ActorKind, TaskState};

/// Something that somebody has to do until a moment
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Rises with every change.
    pub version: i32,
    /// The procedure that started it.
    pub procedure_id: Uuid,
    /// The version that it began under, and keeps.
    pub procedure_version: i32,
    /// Which step of it, from 0.
    pub step: i32,
    /// The name of the step.
    pub step_name: String,
    /// The type of event that started it.
    pub trigger_kind: String,
    /// The id prefix of what it is about.
    pub subject_type: String,
    /// What it is about.
    pub subject_id: Uuid,
    /// The order that is part of.
    pub order_id: Option<Uuid>,
    /// Whom it is about.
    pub customer_id: Option<Uuid>,
    /// The channel that it belongs to.
    pub channel_id: Option<Uuid>,
    /// The location that it belongs to.
    pub location_id: Option<Uuid>,
    /// Where it stands.
    pub state: TaskState,
    /// Whose work it is.
    pub owner_role_id: Uuid,
    /// Who does it.
    pub assignee_id: Option<Uuid>,
    /// The time zone of the customer, where days and months are counted.
    pub zone: String,
    /// The location whose calendar counts working time.
    pub calendar_id: Option<Uuid>,
    /// The moment that its clock was set by.
    pub anchor_at: OffsetDateTime,
    /// When its clock started.
    pub started_at: OffsetDateTime,
    /// From when on what is left is counted.
    pub counted_from: OffsetDateTime,
    /// Seconds that were left then: working ones where the step counts working time; below zero where it was late.
    pub left_seconds: i64,
    /// Seconds that there were in all.
    pub total_seconds: i64,
    /// Until when it has to be done.
    pub due_at: OffsetDateTime,
    /// The same where its clock runs; the end of time where nothing has to be done.
    pub queue_at: OffsetDateTime,
    /// Since when its clock stands still.
    pub paused_at: Option<OffsetDateTime>,
    /// How long it stood still before that.
    pub paused_seconds: i64,
    /// The share of the time that was last warned at; 0 for none.
    pub warned_percent: i32,
    /// When that was.
    pub warned_at: Option<OffsetDateTime>,
    /// When it was told of that it is late.
    pub escalated_at: Option<OffsetDateTime>,
    /// When it was done, skipped or called off.
    pub completed_at: Option<OffsetDateTime>,
    /// What kind of caller did so.
    pub completed_by_kind: Option<ActorKind>,
    /// Who.
    pub completed_by_id: Option<Uuid>,
    /// What was said of it.
    pub note: Option<String>,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, procedure_id, procedure_version, step, step_name, trigger_kind, subject_type, subject_id, order_id, customer_id, channel_id, location_id, state, owner_role_id, assignee_id, zone, calendar_id, anchor_at, started_at, counted_from, left_seconds, total_seconds, due_at, queue_at, paused_at, paused_seconds, warned_percent, warned_at, escalated_at, completed_at, completed_by_kind, completed_by_id, note, updated_at
}

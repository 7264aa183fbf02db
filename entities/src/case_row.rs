//! `cases`: what a customer asks for, and where that stands.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::{CaseKind, CasePriority, CaseState, ContactChannel};

/// What a customer asks for, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cases")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Rises with every change.
    pub version: i32,
    /// What people call it.
    pub number: String,
    /// Who asks.
    pub customer_id: Option<Uuid>,
    /// About which order.
    pub order_id: Option<Uuid>,
    /// About which return.
    pub return_id: Option<Uuid>,
    /// The id prefix of what else it is about.
    pub subject_type: Option<String>,
    /// What else it is about.
    pub subject_id: Option<Uuid>,
    /// The channel of its order.
    pub channel_id: Option<Uuid>,
    /// What is asked for.
    pub kind: CaseKind,
    /// In a few words.
    pub subject: String,
    /// Where it stands.
    pub state: CaseState,
    /// How urgent it is.
    pub priority: CasePriority,
    /// How they came.
    pub contact_channel: ContactChannel,
    /// Who has it.
    pub assignee_id: Option<Uuid>,
    /// When it began.
    pub opened_at: OffsetDateTime,
    /// When a person first answered.
    pub first_responded_at: Option<OffsetDateTime>,
    /// When somebody has to answer; none where nobody waits for an answer.
    pub answer_due_at: Option<OffsetDateTime>,
    /// When it should be solved.
    pub solve_due_at: OffsetDateTime,
    /// When something has to be done; the end of time where nothing has.
    pub queue_at: OffsetDateTime,
    /// Since when its clocks stand still.
    pub paused_since: Option<OffsetDateTime>,
    /// When it was solved.
    pub resolved_at: Option<OffsetDateTime>,
    /// How.
    pub resolution: Option<String>,
    /// What the customer says of it, 1 to 5.
    pub satisfaction: Option<i32>,
    /// How often it was opened again.
    pub reopened: i32,
    /// When it was changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, version, number, customer_id, order_id, return_id, subject_type, subject_id, channel_id, kind, subject, state, priority, contact_channel, assignee_id, opened_at, first_responded_at, answer_due_at, solve_due_at, queue_at, paused_since, resolved_at, resolution, satisfaction, reopened, updated_at
}

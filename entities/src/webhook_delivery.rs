//! `webhook_deliveries`: one event for one endpoint.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::enums::WebhookDeliveryState;

/// One event for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// Its id: the same over every try.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The endpoint.
    pub endpoint_id: Uuid,
    /// The event.
    pub event_id: Uuid,
    /// The place of the event in the log.
    pub epoch: i32,
    /// The same.
    pub place: i64,
    /// What the event is about: in order for each subject.
    pub subject_id: Uuid,
    /// Where it stands.
    pub state: WebhookDeliveryState,
    /// Tries since it was last queued.
    pub attempts: i32,
    /// The HTTP status of the last try.
    pub last_status: Option<i32>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it is tried next; none while an earlier one of its subject waits.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When it arrived.
    pub delivered_at: Option<OffsetDateTime>,
    /// When it was first queued.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// No relation is declared: rows are joined where a query needs them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

crate::row::row! {
    id, endpoint_id, event_id, epoch, place, subject_id, state, attempts, last_status, last_error, next_attempt_at, delivered_at, created_at, updated_at
}

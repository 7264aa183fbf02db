//! What is told of tasks.

use crate::actor::Actor;
use crate::events::{self, EventKind, NewEvent};
use crate::store::{Batch, WriteTx};
use entities::task;
use serde_json::Value as Json;
use time::OffsetDateTime;

/// Tells of a task: to whoever is told of what it is about.
pub(super) fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &task::Model,
    (kind, data): (&'static EventKind, Json),
) {
    let event = NewEvent {
        order: row.order_id,
        customer: row.customer_id,
        channel: row.channel_id,
        location: row.location_id,
        ..NewEvent::new(kind, ("tsk", row.id), data)
    };
    events::record(tx, actor, batch, event);
}

/// A moment as the data of events has it.
pub(super) fn moment(at: OffsetDateTime) -> Json {
    Json::from(crate::sql::fixed_width(at))
}

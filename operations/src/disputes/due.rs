//! A dispute that nobody answered is told of once more before it is too late.

use super::{sql, told};
use crate::actor::Actor;
use crate::error::Result;
use crate::events;
use crate::orders::read as orders;
use crate::store::{Batch, WriteTx};
use entities::enums::DisputeState;
use serde_json::json;
use uuid::Uuid;

/// Tells of a dispute that is still open.
pub(crate) async fn due(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(dispute) = sql::lock(tx, id).await? else { return Ok(()) };
    let Some(due) = dispute.evidence_due_at.filter(|_| dispute.state == DisputeState::Open) else {
        return Ok(());
    };
    let Some(order) = orders::plain(tx, dispute.order_id).await? else { return Ok(()) };
    let data = json!({ "dueAt": crate::sql::fixed_width(due) });
    let mut batch = Batch::default();
    events::record(
        tx,
        actor,
        &mut batch,
        told(&order, &dispute, events::DISPUTE_EVIDENCE_DUE, data),
    );
    batch.insert(tx).await
}

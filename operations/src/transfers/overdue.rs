//! What should have arrived and has not: people are told, and nobody counts on it any longer.

use super::{open_units, sql};
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::orders::receipts::{self, GRACE};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::enums::TransferState;
use entities::stock_transfer;
use serde_json::json;
use uuid::Uuid;

/// Sets the clock of a transfer that is on its way.
pub(super) fn watch(tx: &WriteTx, batch: &mut Batch, row: &stock_transfer::Model) {
    if let Some(expected) = row.expected_at {
        timers::set(tx, batch, Job::OverdueTransfer, row.id, expected + GRACE);
    }
}

/// A transfer's clock struck.
pub(crate) async fn overdue(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(row) = sql::lock(tx, id).await? else { return Ok(()) };
    let under_way = matches!(row.state, TransferState::Shipped | TransferState::PartiallyReceived);
    let late = row.expected_at.is_some_and(|expected| expected + GRACE <= tx.now());
    if !under_way || !late {
        return Ok(());
    }
    let lines = sql::lines_of(tx, &[id]).await?;
    let missing: Vec<Uuid> =
        lines.iter().filter(|line| open_units(line) > 0).map(|line| line.variant_id).collect();
    let mut batch = Batch::default();
    let event = NewEvent {
        location: Some(row.to_location_id),
        ..NewEvent::new(events::TRANSFER_OVERDUE, ("trf", id), json!({ "number": row.number }))
    };
    events::record(tx, actor, &mut batch, event);
    receipts::look_again(tx, &mut batch, &missing).await?;
    batch.insert(tx).await
}

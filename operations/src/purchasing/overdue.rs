//! What should have come and has not: people are told, and nobody counts on it any longer.

use super::state::is_open;
use super::{InHand, open_units, sql};
use crate::actor::Actor;
use crate::error::Result;
use crate::events;
use crate::orders::receipts::{self, GRACE};
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::purchase_order;
use serde_json::json;
use uuid::Uuid;

/// Sets the clock of a purchase order that is expected.
pub(super) fn watch(tx: &WriteTx, batch: &mut Batch, row: &purchase_order::Model) {
    if let Some(expected) = row.expected_at {
        timers::set(tx, batch, Job::OverduePurchaseOrder, row.id, expected + GRACE);
    }
}

/// A purchase order's clock struck.
pub(crate) async fn overdue(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(row) = sql::lock(tx, id).await? else { return Ok(()) };
    let late = row.expected_at.is_some_and(|expected| expected + GRACE <= tx.now());
    if !is_open(row.state) || !late {
        return Ok(());
    }
    let lines = sql::lines_of(tx, &[id]).await?;
    let missing: Vec<Uuid> =
        lines.iter().filter(|line| open_units(line) > 0).map(|line| line.variant_id).collect();
    let found = InHand { was: row.clone(), row, lines };
    let mut batch = Batch::default();
    let event = found.event(events::PURCHASE_ORDER_OVERDUE, &json!({}));
    events::record(tx, actor, &mut batch, event);
    receipts::look_again(tx, &mut batch, &missing).await?;
    batch.insert(tx).await
}

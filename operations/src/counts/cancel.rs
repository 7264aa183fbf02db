//! `stockCountCancel`: the count is given up; nothing was changed by it.

use super::state::Step;
use super::{WhichCount, event, take};
use crate::audit;
use crate::error::Result;
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::json;
use uuid::Uuid;

/// Gives a count up and answers with its id.
pub async fn cancel(store: &Store, call: Call<'_>, command: &WhichCount) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    once(store, call, "stockCountCancel", command, |tx| async move {
        let (was, mut row) = take(&tx, call.actor, command.stock_count_id, Step::Cancel).await?;
        row.cancelled_at = Some(tx.now());
        let mut batch = Batch::default();
        batch.save(&row);
        let event = event(&row, events::STOCK_COUNT_CANCELLED, json!({}));
        let change = audit::difference(Some(&was), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

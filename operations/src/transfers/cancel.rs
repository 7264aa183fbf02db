//! `transferCancel`: it does not leave after all.

use super::create::note;
use super::state::Step;
use super::{End, InHand, WhichTransfer};
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde_json::json;
use uuid::Uuid;

/// Calls a transfer off that has not left, and answers with its id.
pub async fn cancel(store: &Store, call: Call<'_>, command: &WhichTransfer) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    once(store, call, "transferCancel", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command, End::From).await?;
        found.step(Step::Cancel)?;
        found.row.cancelled_at = Some(tx.now());
        let row = &found.row;
        let event = NewEvent {
            location: Some(row.from_location_id),
            ..NewEvent::new(
                events::TRANSFER_CANCELLED,
                ("trf", row.id),
                json!({ "number": row.number }),
            )
        };
        let mut batch = Batch::default();
        note(&tx, call.actor, &mut batch, (&found.was, row), event);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

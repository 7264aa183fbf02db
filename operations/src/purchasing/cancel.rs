//! `purchaseOrderCancel`: it is called off before anything came.

use super::state::{Step, is_open};
use super::{InHand, WhichPurchaseOrder, open_units};
use crate::error::Result;
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::{backorders, receipts};
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::store::{Batch, Store};
use entities::enums::MovementKind;
use serde_json::json;
use uuid::Uuid;

/// Calls a purchase order off of which nothing came, and answers with its id.
pub async fn cancel(store: &Store, call: Call<'_>, command: &WhichPurchaseOrder) -> Result<Uuid> {
    call.actor.require(Permission::PurchasingWrite)?;
    once(store, call, "purchaseOrderCancel", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command).await?;
        let expected = is_open(found.row.state);
        found.step(Step::Cancel)?;
        found.row.cancelled_at = Some(tx.now());
        let mut batch = Batch::default();
        let event = found.event(events::PURCHASE_ORDER_CANCELLED, &json!({}));
        found.note(&tx, call.actor, &mut batch, event);
        let mut moves = Vec::new();
        if expected {
            let variants = found.variants();
            let mut none = Batch::default();
            let levels = lines::levels(&tx, &mut none, found.row.location_id, &variants).await?;
            moves.extend(found.lines.iter().filter_map(|line| {
                Some(Move {
                    incoming: -open_units(line),
                    subject: Some(("po", found.row.id)),
                    ..Move::of(levels.get(&line.variant_id)?, &line.sku, MovementKind::Expect)
                })
            }));
            receipts::look_again(&tx, &mut batch, &variants).await?;
        }
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(found.row.id)
    })
    .await
}

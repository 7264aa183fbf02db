//! `purchaseOrderPlace`: it is sent to the supplier, and its goods are expected.

use super::state::Step;
use super::{InHand, WhichPurchaseOrder, overdue};
use crate::catalog::sql as catalog;
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
use time::Duration;
use uuid::Uuid;

/// Places a purchase order and answers with its id. Without a date of its own it is expected after the longest lead time of
/// the supplier's terms; where these say nothing it has none, and nobody is promised anything by it.
pub async fn place(store: &Store, call: Call<'_>, command: &WhichPurchaseOrder) -> Result<Uuid> {
    call.actor.require(Permission::PurchasingWrite)?;
    once(store, call, "purchaseOrderPlace", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command).await?;
        found.step(Step::Place)?;
        found.row.ordered_at = Some(tx.now());
        let variants = found.variants();
        if found.row.expected_at.is_none() {
            let terms = catalog::terms_of(&tx, &[found.row.supplier_id]).await?;
            let named = terms.iter().filter(|term| variants.contains(&term.variant_id));
            let days = named.map(|term| term.lead_time_days).max();
            found.row.expected_at = days.map(|days| tx.now() + Duration::days(days.into()));
        }
        let mut fresh = Batch::default();
        let levels = lines::levels(&tx, &mut fresh, found.row.location_id, &variants).await?;
        fresh.insert(&tx).await?;
        let moves = found.lines.iter().filter_map(|line| {
            Some(Move {
                incoming: line.quantity.into(),
                subject: Some(("po", found.row.id)),
                ..Move::of(levels.get(&line.variant_id)?, &line.sku, MovementKind::Expect)
            })
        });
        let moves: Vec<Move> = moves.collect();
        let data = json!({
            "units": found.units(),
            "expectedAt": found.row.expected_at.map(crate::sql::fixed_width),
        });
        let event = found.event(events::PURCHASE_ORDER_PLACED, &data);
        let mut batch = Batch::default();
        found.note(&tx, call.actor, &mut batch, event);
        overdue::watch(&tx, &mut batch, &found.row);
        receipts::look_again(&tx, &mut batch, &variants).await?;
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(found.row.id)
    })
    .await
}

//! `transferShip`: it leaves. What is promised to customers stays.

use super::create::note;
use super::state::Step;
use super::{End, InHand, WhichTransfer, overdue};
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::{backorders, receipts};
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::stock::value::Cost;
use crate::store::{Batch, Store};
use entities::enums::MovementKind;
use entities::{stock_level, stock_transfer_line};
use serde_json::json;
use uuid::Uuid;

/// Ships a transfer and answers with its id; refused, naming every short line, where less lies there unpromised.
pub async fn ship(store: &Store, call: Call<'_>, command: &WhichTransfer) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    once(store, call, "transferShip", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, command, End::From).await?;
        found.step(Step::Ship)?;
        found.row.shipped_at = Some(tx.now());
        let (row, variants) = (&found.row, found.variants());
        let mut fresh = Batch::default();
        let from = lines::levels(&tx, &mut fresh, row.from_location_id, &variants).await?;
        let to = lines::levels(&tx, &mut fresh, row.to_location_id, &variants).await?;
        let subject = Some(("trf", row.id));
        let (mut moves, mut short) = (Vec::new(), Vec::new());
        for line in &found.lines {
            let Some((from, to)) = from.get(&line.variant_id).zip(to.get(&line.variant_id)) else {
                continue;
            };
            let units = i64::from(line.quantity);
            if unpromised(from) < units {
                short.push(lacks(line, unpromised(from)));
            }
            moves.push(Move {
                on_hand: -units,
                keeps_promises: true,
                subject,
                ..Move::of(from, &line.sku, MovementKind::TransferOut)
            });
            moves.push(Move {
                in_transit: units,
                cost: Cost::Carried,
                subject,
                ..Move::of(to, &line.sku, MovementKind::Transit)
            });
        }
        if !short.is_empty() {
            return Err(Error::Refused(short));
        }
        let units: i64 = found.lines.iter().map(|line| i64::from(line.quantity)).sum();
        let event = NewEvent {
            location: Some(row.to_location_id),
            ..NewEvent::new(
                events::TRANSFER_SHIPPED,
                ("trf", row.id),
                json!({ "number": row.number, "units": units }),
            )
        };
        fresh.insert(&tx).await?;
        let mut batch = Batch::default();
        note(&tx, call.actor, &mut batch, (&found.was, row), event);
        overdue::watch(&tx, &mut batch, row);
        receipts::look_again(&tx, &mut batch, &variants).await?;
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(row.id)
    })
    .await
}

/// Units that lie there, can be sold and are promised to nobody; what is kept back as safety stock may go.
fn unpromised(level: &stock_level::Model) -> i64 {
    level.on_hand - level.reserved - level.damaged - level.quality_hold
}

fn lacks(line: &stock_transfer_line::Model, free: i64) -> Refusal {
    let free = free.max(0);
    let message = format!("{free} of {} {} lie there unpromised", line.quantity, line.sku);
    Refusal::new(RefusalCode::OutOfStock, "transferId", message)
        .with_details(json!({ "sku": line.sku, "requested": line.quantity, "available": free }))
}

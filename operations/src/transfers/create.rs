//! `transferCreate`: plan what goes from one location to another. Nothing moves yet, and nothing is promised.

use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::stock::lines;
use crate::stock::receive::SkuQuantity;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::TransferState;
use entities::{stock_transfer, stock_transfer_line};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What goes where.
#[derive(Debug, Clone, Serialize)]
pub struct CreateTransfer {
    /// Where it leaves.
    pub from_location_id: Uuid,
    /// Where it goes.
    pub to_location_id: Uuid,
    /// What.
    pub lines: Vec<SkuQuantity>,
    /// When it is expected to arrive.
    pub expected_at: Option<OffsetDateTime>,
}

/// Plans a transfer and answers with its id.
pub async fn create(store: &Store, call: Call<'_>, command: &CreateTransfer) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    lines::check(&mut faults, "lines", &command.lines, 1, (1, 10_000_000));
    if command.from_location_id == command.to_location_id {
        let message = "is where the goods are already";
        faults.add(RefusalCode::Invalid, "toLocationId", message);
    }
    faults.check()?;
    once(store, call, "transferCreate", command, |tx| plan(tx, call.actor, command)).await
}

async fn plan(tx: WriteTx, actor: &Actor, command: &CreateTransfer) -> Result<Uuid> {
    let mut faults = Faults::default();
    let ends =
        [("fromLocationId", command.from_location_id), ("toLocationId", command.to_location_id)];
    let known = catalog::locations(&tx, &ends.map(|end| end.1)).await?;
    for (field, id) in ends {
        let there = known.iter().any(|place| place.id == id) && actor.reach.has_location(id);
        if !there {
            faults.push(checks::not_found(field, "location"));
        }
    }
    let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
    let variants = lines::variants(&tx, &mut faults, lines::in_lines, &skus).await?;
    faults.check()?;
    let number = tx.next_numbers("transfer_numbers", 1).await?.pop().unwrap_or_default();
    let row = stock_transfer::Model {
        id: tx.id(),
        version: 1,
        number: format!("TR-{number}"),
        from_location_id: command.from_location_id,
        to_location_id: command.to_location_id,
        state: TransferState::Draft,
        actor_kind: actor.kind,
        actor_id: actor.id,
        created_at: tx.now(),
        expected_at: command.expected_at.map(crate::clock::truncate),
        shipped_at: None,
        received_at: None,
        cancelled_at: None,
    };
    let mut batch = Batch::default();
    batch.add(&row);
    for ((position, line), variant) in command.lines.iter().enumerate().zip(&variants) {
        batch.add(&stock_transfer_line::Model {
            transfer_id: row.id,
            variant_id: variant.id,
            position: i32::try_from(position).unwrap_or(i32::MAX),
            sku: variant.sku.clone(),
            quantity: line.quantity,
            received: 0,
            damaged: 0,
            lost: 0,
        });
    }
    let units: i64 = command.lines.iter().map(|line| i64::from(line.quantity)).sum();
    let data = json!({ "number": row.number, "units": units });
    let event = NewEvent {
        location: Some(row.from_location_id),
        ..NewEvent::new(events::TRANSFER_CREATED, ("trf", row.id), data)
    };
    let change = audit::difference(None, &row);
    audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
    events::record(&tx, actor, &mut batch, event);
    batch.insert(&tx).await?;
    Ok(row.id)
}

/// Writes a transfer that was in hand, and what happened to it.
pub(super) fn note(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (was, row): (&stock_transfer::Model, &stock_transfer::Model),
    event: NewEvent,
) {
    batch.save(row);
    let change = audit::difference(Some(was), row);
    audit::record(tx, actor, batch, Some(event.subject), &change);
    events::record(tx, actor, batch, event);
}

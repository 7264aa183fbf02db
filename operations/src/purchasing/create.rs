//! `purchaseOrderCreate`: write what is to be ordered; the supplier knows nothing of it yet.

use super::{InHand, OrderLine, check_lines, check_rate, priced};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::PurchaseOrderState;
use entities::purchase_order;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What to order from whom.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePurchaseOrder {
    /// From whom.
    pub supplier_id: Uuid,
    /// Where it is delivered.
    pub location_id: Uuid,
    /// What.
    pub lines: Vec<OrderLine>,
    /// When it is expected.
    pub expected_at: Option<OffsetDateTime>,
    /// What one unit of the supplier's currency is worth in that in which the stock is valued.
    pub exchange_rate: Option<Decimal>,
}

/// Writes a purchase order and answers with its id.
pub async fn create(store: &Store, call: Call<'_>, command: &CreatePurchaseOrder) -> Result<Uuid> {
    call.actor.require(Permission::PurchasingWrite)?;
    let mut faults = Faults::default();
    check_lines(&mut faults, &command.lines);
    let rate = check_rate(&mut faults, command.exchange_rate);
    faults.check()?;
    let rate = &rate;
    once(store, call, "purchaseOrderCreate", command, |tx| {
        write(tx, call.actor, command, rate.clone())
    })
    .await
}

async fn write(
    tx: WriteTx,
    actor: &Actor,
    command: &CreatePurchaseOrder,
    rate: Option<String>,
) -> Result<Uuid> {
    let mut faults = Faults::default();
    let supplier = catalog::suppliers(&tx, &[command.supplier_id]).await?.pop();
    if supplier.is_none() {
        faults.push(checks::not_found("supplierId", "supplier"));
    }
    let location = catalog::locations(&tx, &[command.location_id]).await?.pop();
    if location.is_none_or(|location| !actor.reach.has_location(location.id)) {
        faults.push(checks::not_found("locationId", "location"));
    }
    let Some(supplier) = supplier else { return Err(Error::Refused(faults.into_vec())) };
    let number = tx.next_numbers("purchase_order_numbers", 1).await?.pop().unwrap_or_default();
    let mut row = purchase_order::Model {
        id: tx.id(),
        version: 1,
        number: format!("PO-{number}"),
        supplier_id: supplier.id,
        location_id: command.location_id,
        state: PurchaseOrderState::Draft,
        currency: supplier.currency.clone(),
        total_minor: 0,
        exchange_rate: rate,
        actor_kind: actor.kind,
        actor_id: actor.id,
        created_at: tx.now(),
        ordered_at: None,
        expected_at: command.expected_at.map(crate::clock::truncate),
        received_at: None,
        closed_at: None,
        cancelled_at: None,
    };
    let lines = priced(&tx, &mut faults, (&supplier, &mut row), &command.lines, &[]).await?;
    faults.check()?;
    let found = InHand { was: row.clone(), row, lines };
    let mut batch = Batch::default();
    batch.add(&found.row);
    batch.add_all(&found.lines);
    let event = found.event(events::PURCHASE_ORDER_CREATED, &json!({ "units": found.units() }));
    let change = audit::difference(None, &found.row);
    audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
    events::record(&tx, actor, &mut batch, event);
    batch.insert(&tx).await?;
    Ok(found.row.id)
}

//! An order that nobody paid is cancelled when its time is up, and its stock is free again.

use super::input;
use super::place::{about, settle_states};
use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::fulfillment::sql as work;
use crate::stock::ledger::{self, Move};
use crate::stock::sql as stock;
use crate::store::{Batch, WriteTx};
use entities::enums::{CancelReason, FulfillmentState, OrderPaymentState, OrderState};
use entities::{fulfillment, fulfillment_line, order, order_line};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Cancels an order that is still unpaid; one that was paid or ended meanwhile is left alone.
pub(crate) async fn expire_unpaid(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let Some(mut order) = sql::lock(tx, id).await? else { return Ok(()) };
    let unpaid = order.payment_state == OrderPaymentState::Pending;
    if order.state != OrderState::Open || !unpaid || order.payment_terms_days.is_some() {
        return Ok(());
    }
    let mut lines = sql::lines_of(tx, &[id]).await?;
    let fulfillments = work::of_orders(tx, &[id]).await?;
    if fulfillments.iter().any(|(_, row)| row.state != FulfillmentState::Open) {
        return Ok(());
    }
    let shares = work::lines_of_orders(tx, &[id]).await?;
    let moves = give_back(tx, &order, &fulfillments, &shares).await?;
    for line in &mut lines {
        line.quantity_cancelled = line.quantity;
        line.quantity_reserved = 0;
        line.quantity_backordered = 0;
    }
    input::void_amounts(&mut order, &mut lines);
    let now = tx.now();
    order.cancelled_at = Some(now);
    order.cancel_reason = Some(CancelReason::Declined);
    settle_states(&mut order, &lines, 0);
    write(tx, &order, &lines).await?;
    let mut batch = Batch::default();
    let data = json!({ "reason": "DECLINED" });
    let event = about(&order, events::ORDER_CANCELLED, ("ord", order.id), data);
    events::record(tx, actor, &mut batch, event);
    for (_, row) in &fulfillments {
        if work::cancel(tx, row).await? != 1 {
            return Err(Error::Contended);
        }
        let data = json!({ "number": row.number });
        let event = about(&order, events::FULFILLMENT_CANCELLED, ("ful", row.id), data);
        let event = NewEvent { location: Some(row.location_id), ..event };
        events::record(tx, actor, &mut batch, event);
    }
    ledger::note(tx, actor, &mut batch, &moves);
    batch.insert(tx).await?;
    ledger::apply(tx, &moves).await
}

/// The moves that free what the open fulfillments of an order hold.
async fn give_back(
    tx: &WriteTx,
    order: &order::Model,
    fulfillments: &[(Uuid, fulfillment::Model)],
    shares: &[fulfillment_line::Model],
) -> Result<Vec<Move>> {
    let mut held: BTreeMap<(Uuid, Uuid), (i64, &str)> = BTreeMap::new();
    for share in shares {
        let at = fulfillments.iter().find(|(_, row)| row.id == share.fulfillment_id);
        if let (Some(variant), Some((_, row))) = (share.variant_id, at) {
            let place = held.entry((variant, row.location_id)).or_insert((0, &share.sku));
            place.0 += i64::from(share.quantity);
        }
    }
    let variants: Vec<Uuid> = held.keys().map(|key| key.0).collect();
    let locations: Vec<Uuid> = held.keys().map(|key| key.1).collect();
    let levels = stock::levels(tx, &variants, &locations).await?;
    Ok(levels
        .iter()
        .filter_map(|level| {
            let (units, sku) = held.get(&(level.variant_id, level.location_id))?;
            Some(Move::promise(level, sku, -units, ("ord", order.id)))
        })
        .collect())
}

async fn write(tx: &WriteTx, order: &order::Model, lines: &[order_line::Model]) -> Result<()> {
    let mut batch = Batch::default();
    let order = order::Model { version: order.version + 1, updated_at: tx.now(), ..order.clone() };
    batch.save(&order);
    for line in lines {
        batch.save(line);
    }
    batch.insert(tx).await
}

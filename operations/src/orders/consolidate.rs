//! `ordersConsolidate`: ship several orders of one customer together.

use super::aggregate::{Aggregate, WorkInHand};
use super::companions::is_shareable;
use super::sql;
use super::state::{Act, takes};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events;
use crate::fulfillment::state::Step;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{AdjustmentKind, DeliveryMethod};
use sea_orm::ActiveEnum;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Orders that ship together at most.
const MAX_ORDERS: usize = 20;

/// Which orders are to ship together.
#[derive(Debug, Clone, Serialize)]
pub struct ConsolidateOrders {
    /// 2 to 20 orders.
    pub order_ids: Vec<Uuid>,
    /// Whether all but the first placed are charged no shipping.
    pub refund_shipping: bool,
}

/// What ships together now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consolidated {
    /// The shared fulfillments.
    pub fulfillments: Vec<Uuid>,
    /// The orders, as they were named.
    pub orders: Vec<Uuid>,
}

/// Makes one fulfillment of those that wait at the same location.
pub async fn consolidate(
    store: &Store,
    call: Call<'_>,
    command: &ConsolidateOrders,
) -> Result<Consolidated> {
    call.actor.require(Permission::OrdersWrite)?;
    let ids = command.order_ids.as_slice();
    let mut faults = Faults::default();
    if ids.len() < 2 {
        faults.add(RefusalCode::Required, "orderIds", "names at least two orders");
    } else if ids.len() > MAX_ORDERS {
        let message = format!("takes at most {MAX_ORDERS} orders");
        faults.add(RefusalCode::LimitExceeded, "orderIds", message);
    }
    for (index, id) in ids.iter().enumerate() {
        if ids.iter().take(index).any(|earlier| earlier == id) {
            let field = format!("orderIds.{index}");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
    faults.check()?;
    once(store, call, "ordersConsolidate", command, |tx| async move {
        let reached = sql::in_reach(&tx, call.actor, ids).await?;
        let mut faults = Faults::default();
        for (index, id) in ids.iter().enumerate() {
            if reached.iter().all(|row| row.id != *id) {
                faults.push(checks::not_found(&format!("orderIds.{index}"), "order"));
            }
        }
        faults.check()?;
        let mut found = Aggregate::load(&tx, ids).await?;
        check(&found, ids)?;
        let shared = share(&tx, &mut found, ids)?;
        let mut refunded = BTreeMap::new();
        if command.refund_shipping {
            refunded = refund_shipping(&mut found, ids);
        }
        let told = tell(&mut found, ids, &refunded)?;
        let mut batch = Batch::default();
        for (id, data) in told {
            audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &audit::made(&data));
        }
        found.write(&tx, call.actor, batch).await?;
        Ok(Consolidated { fulfillments: shared, orders: ids.to_vec() })
    })
    .await
}

/// Whether the orders are one customer's, go the same way, and wait.
fn check(found: &Aggregate, ids: &[Uuid]) -> Result<()> {
    let mut faults = Faults::default();
    let first = ids.first().and_then(|id| found.order(*id)).ok_or(Error::Contended)?;
    for (index, id) in ids.iter().enumerate() {
        let field = format!("orderIds.{index}");
        let one = found.order(*id).ok_or(Error::Contended)?;
        let mut refuse = |code, message: &str| faults.add(code, &field, message);
        if !takes(one.state(), Act::Consolidate) {
            let state = one.row.state.to_value();
            refuse(RefusalCode::StateConflict, &format!("is {state}: nothing of it is to be sent"));
        } else if one.is_held() {
            refuse(RefusalCode::OnHold, "is held: nothing of it may be sent");
        }
        if one.row.delivery_method != DeliveryMethod::Ship {
            refuse(RefusalCode::Invalid, "is not shipped");
        }
        if one.row.customer_id.is_none() || one.row.customer_id != first.row.customer_id {
            refuse(RefusalCode::Invalid, "is not of the same customer as the first");
        }
        if one.row.address_key.is_none() || one.row.address_key != first.row.address_key {
            refuse(RefusalCode::Invalid, "does not go to the same address as the first");
        }
        if one.row.currency != first.row.currency {
            refuse(RefusalCode::CurrencyMismatch, "is not in the currency of the first");
        }
        if one.row.delivery_service != first.row.delivery_service {
            refuse(RefusalCode::Invalid, "does not go by the same service as the first");
        }
        let waits = |work: &&WorkInHand| is_shareable(&work.row) && work.orders.contains(id);
        let elsewhere = |work: &WorkInHand| {
            let others = found.work.iter().filter(|other| is_shareable(&other.row));
            let mut others = others.filter(|other| other.row.location_id == work.row.location_id);
            others.any(|other| {
                other.row.id != work.row.id && other.orders.iter().any(|id| ids.contains(id))
            })
        };
        if faults.is_empty() && !found.work.iter().filter(waits).any(elsewhere) {
            let message = "nothing of it waits, still untouched, where another of them does";
            faults.add(RefusalCode::StateConflict, &field, message);
        }
    }
    faults.check()
}

/// Moves what waits at one location into the work that leaves first; answers with the shared work.
fn share(tx: &WriteTx, found: &mut Aggregate, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut places: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
    for (index, work) in found.work.iter().enumerate() {
        if is_shareable(&work.row) && work.orders.iter().any(|id| ids.contains(id)) {
            places.entry(work.row.location_id).or_default().push(index);
        }
    }
    let mut shared = Vec::new();
    for mut indices in places.into_values().filter(|indices| indices.len() > 1) {
        let rank = |index: &usize| {
            let row = found.work.get(*index).map(|work| &work.row);
            row.map(|row| (row.ship_by.is_none(), row.ship_by, row.created_at, row.number.clone()))
        };
        indices.sort_by_key(rank);
        let Some((first, others)) = indices.split_first() else { continue };
        let mut joined = Vec::new();
        for index in others {
            joined.push(join(tx, found, *first, *index)?);
        }
        let work = found.work.get(*first).ok_or(Error::Contended)?.row.id;
        found.note_work(
            work,
            events::FULFILLMENT_CONSOLIDATED,
            &json!({ "joined": joined.join(", ") }),
        );
        shared.push(work);
    }
    Ok(shared)
}

/// Moves one work into another and calls it off; answers with its number.
fn join(tx: &WriteTx, found: &mut Aggregate, into: usize, from: usize) -> Result<String> {
    let missing = || Error::Internal("work that was in hand is gone".into());
    let (id, number) = found
        .work
        .get(from)
        .map(|work| (work.row.id, work.row.number.clone()))
        .ok_or_else(missing)?;
    let other = found.work.get_mut(from).ok_or_else(missing)?;
    let orders = other.orders.clone();
    let copies: Vec<_> = other.lines.iter().map(|line| (**line).clone()).collect();
    other.row.cancelled_at = Some(tx.now());
    found.step(id, Step::Cancel).ok_or_else(missing)?;
    let work = found.work.get_mut(into).ok_or_else(missing)?;
    for line in copies {
        work.take_over(tx, line);
    }
    for order in orders {
        if !work.orders.contains(&order) {
            work.orders.push(order);
        }
    }
    work.orders.sort_unstable();
    found.note_work(id, events::FULFILLMENT_CANCELLED, &json!({}));
    Ok(number)
}

/// All but the order that was placed first are charged no shipping; what each was charged.
fn refund_shipping(found: &mut Aggregate, ids: &[Uuid]) -> BTreeMap<Uuid, i64> {
    let mut rows: Vec<(time::OffsetDateTime, Uuid)> =
        ids.iter().filter_map(|id| found.order(*id).map(|one| (one.row.placed_at, *id))).collect();
    rows.sort_unstable();
    let mut refunded = BTreeMap::new();
    for (_, id) in rows.into_iter().skip(1) {
        let Some(one) = found.order_mut(id) else { continue };
        let before = one.row.shipping_minor;
        if before == 0 {
            continue;
        }
        one.adjustments.retain(|row| row.kind != AdjustmentKind::Shipping);
        for line in &mut one.lines {
            line.shipping_minor = 0;
        }
        refunded.insert(id, before);
    }
    refunded
}

/// Says of each order with which others it ships.
fn tell(
    found: &mut Aggregate,
    ids: &[Uuid],
    refunded: &BTreeMap<Uuid, i64>,
) -> Result<Vec<(Uuid, serde_json::Value)>> {
    let mut told = Vec::new();
    for id in ids {
        let one = found.order(*id).ok_or(Error::Contended)?;
        let others = ids.iter().filter(|other| *other != id);
        let numbers: Vec<&str> = others
            .filter_map(|other| found.order(*other).map(|one| one.row.number.as_str()))
            .collect();
        let currency = Currency::from_code(&one.row.currency)
            .ok_or_else(|| Error::Internal(format!("{} has no currency", one.row.number)))?;
        let amount = currency.decimal(refunded.get(id).copied().unwrap_or(0));
        let data = json!({
            "with": numbers.join(", "), "refunded": amount, "currency": one.row.currency,
        });
        told.push((*id, data));
    }
    for (id, data) in &told {
        found.note_order(*id, events::ORDER_CONSOLIDATED, data.clone());
    }
    Ok(told)
}

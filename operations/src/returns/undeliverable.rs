//! Parcels that could not be delivered and come back: nobody withdrew from anything, so that they have a path of their own. The goods
//! are taken in like others, and are sent once more or paid back.

use super::policy;
use super::request::requested;
use super::{blank, blank_line, sql};
use crate::actor::Actor;
use crate::audit;
use crate::error::{Error, Result};
use crate::orders::aggregate::{Aggregate, parts, units as column};
use crate::store::{Batch, WriteTx};
use entities::enums::{ReturnKind, ReturnReason, ReturnState};
use entities::{parcel, return_line, return_row};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Opens a return for each order of which something is in a parcel on its way back to where it came from.
pub(crate) async fn come_back(
    tx: &WriteTx,
    actor: &Actor,
    (found, batch): (&mut Aggregate, &mut Batch),
    (work, parcel): (Uuid, &parcel::Model),
) -> Result<()> {
    let (orders, location) = {
        let work = found.work_mut(work)?;
        (work.orders.clone(), work.row.location_id)
    };
    for order in orders {
        let units = in_parcel(found, (work, order), parcel.id)?;
        let open = sql::open_units(tx, order).await?;
        let Some(one) = found.order_mut(order) else { continue };
        let policy = policy::of_order(tx, &one.row).await?.into_iter().next();
        let new = blank(tx, actor, (ReturnState::InTransit, ReturnKind::Claim)).await?;
        let row = return_row::Model {
            order_id: Some(order),
            customer_id: one.row.customer_id,
            channel_id: Some(one.row.channel_id),
            policy_id: policy.map(|policy| policy.id),
            location_id: Some(location),
            currency: Some(one.row.currency.clone()),
            approved_at: Some(tx.now()),
            carrier: parcel.carrier.clone(),
            tracking_number: parcel.tracking_number.clone(),
            tracking_key: parcel.tracking_key.clone(),
            outbound_parcel_id: Some(parcel.id),
            ..new
        };
        let mut lines: Vec<return_line::Model> = Vec::new();
        for line in &one.lines {
            // What is claimed or on its way back already does not come twice.
            let gone = i64::from(line.quantity_returned) + open.get(&line.id).unwrap_or(&0);
            let left = i64::from(line.quantity_fulfilled) - gone;
            let count = units.get(&line.id).copied().unwrap_or(0).min(left);
            if count > 0 {
                let place = column(i64::try_from(lines.len()).unwrap_or(0));
                lines.push(return_line::Model {
                    order_line_id: Some(line.id),
                    variant_id: line.variant_id,
                    reason: ReturnReason::Undeliverable,
                    ..blank_line(tx, row.id, place, (&line.sku, column(count)))
                });
            }
        }
        if lines.is_empty() {
            continue;
        }
        one.row.returns_moving += 1;
        batch.add(&row);
        for line in &lines {
            batch.add(line);
        }
        let event = requested(&row, lines.iter().map(|line| i64::from(line.quantity)).sum());
        let change = audit::difference(None, &row);
        audit::record(tx, actor, batch, Some(event.subject), &change);
        found.note(event);
    }
    Ok(())
}

/// Whole units of the lines of an order that are in a parcel.
fn in_parcel(
    found: &Aggregate,
    (work, order): (Uuid, Uuid),
    parcel: Uuid,
) -> Result<BTreeMap<Uuid, i64>> {
    let work = found.work.iter().find(|one| one.row.id == work).ok_or(Error::Contended)?;
    let one = found.order(order).ok_or(Error::Contended)?;
    let mut packed: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
    for share in work.parcel_lines.iter().filter(|share| share.parcel_id == parcel) {
        let line = work.lines.iter().find(|line| line.id == share.fulfillment_line_id);
        if let Some(line) = line.filter(|line| line.order_id == order)
            && let (Some(of), Some(variant)) = (line.order_line_id, line.variant_id)
        {
            *packed.entry((of, variant)).or_default() += i64::from(share.quantity);
        }
    }
    let whole = |line: &entities::order_line::Model| {
        let parts = parts(line).into_iter().map(|(variant, each)| {
            packed.get(&(line.id, variant)).copied().unwrap_or(0) / each.max(1)
        });
        (line.id, parts.min().unwrap_or(0))
    };
    Ok(one.lines.iter().map(|line| whole(line)).collect())
}

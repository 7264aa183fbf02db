//! `fulfillmentFail`: a location cannot do its share, or it got lost on its way.

use super::in_hand;
use super::state::{Step, has_left, next};
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{Aggregate, OrderInHand, hold_told};
use crate::orders::cancel::{Asked, Manner, not_left, take_back};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{ActorKind, CancelReason, HoldReason};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Which fulfillment, and why.
#[derive(Debug, Clone, Serialize)]
pub struct FailFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Why; up to 500 characters.
    pub reason: String,
}

/// Fails the work and answers with its id. What it was to send is cancelled where that had been asked for, and
/// else routed again; what had left waits, held, until somebody decides.
pub async fn fail(store: &Store, call: Call<'_>, command: &FailFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    let reason = checks::text(&mut faults, "reason", &command.reason, 500);
    faults.check()?;
    let reason = &reason;
    once(store, call, "fulfillmentFail", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let state = in_hand::work(&found, id)?.row.state;
        if next(state, Step::Fail).is_none() {
            return Err(Error::refused(in_hand::conflict("fulfillmentId", state)));
        }
        found.step(id, Step::Fail);
        let work = found.work_mut(id)?;
        work.row.failed_because = Some(reason.clone());
        let asked = work.row.cancel_request.take();
        let asked: Option<Asked> = asked.and_then(|json| serde_json::from_value(json).ok());
        found.note_work(id, events::FULFILLMENT_FAILED, &json!({}));
        if has_left(state) {
            wait_for_decision(&tx, &mut found, id, reason)?;
        }
        if let Some(asked) = asked {
            cancel_asked(&tx, &mut found, &asked)?;
        }
        found.route_again(&tx, &Reach::default(), id).await?;
        let mut batch = Batch::default();
        let change = in_hand::difference(&found, id);
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// Goods that got lost are sent again, or given back in money, by somebody's decision.
fn wait_for_decision(tx: &WriteTx, found: &mut Aggregate, id: Uuid, reason: &str) -> Result<()> {
    let orders = in_hand::work(found, id)?.orders.clone();
    for order in orders {
        let Some(one) = found.order_mut(order) else { continue };
        let note = format!("Did not arrive: {reason}. Release to send it again, or cancel.");
        let hold = one.hold(tx, (ActorKind::System, None), HoldReason::Manual, Some(note));
        let (kind, data) = hold_told(events::ORDER_HELD, hold, HoldReason::Manual);
        found.note_order(order, kind, data);
    }
    Ok(())
}

/// What a third party was asked not to send is cancelled now that it does not.
fn cancel_asked(tx: &WriteTx, found: &mut Aggregate, asked: &Asked) -> Result<()> {
    let mut orders: BTreeMap<(Uuid, &str), Vec<(Uuid, i64)>> = BTreeMap::new();
    for (line, units) in &asked.lines {
        let reason = asked.reasons.get(line).map_or("OTHER", String::as_str);
        let of = |one: &OrderInHand| {
            let row = one.lines.iter().find(|row| row.id == *line)?;
            Some((one.row.id, not_left(row).min(*units)))
        };
        // What was cancelled otherwise meanwhile needs no second time.
        if let Some((order, units)) =
            found.orders.iter().find_map(of).filter(|(_, units)| *units > 0)
        {
            orders.entry((order, reason)).or_default().push((*line, units));
        }
    }
    for ((order, reason), lines) in orders {
        let reason =
            CancelReason::try_from_value(&reason.to_owned()).unwrap_or(CancelReason::Other);
        let manner = Manner { reason, restock: true, packed_too: false };
        take_back(tx, found, order, &lines, manner)?;
    }
    Ok(())
}

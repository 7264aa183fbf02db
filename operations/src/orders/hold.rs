//! `orderHold`: stop an order; its stock stays reserved, and nothing of it is picked.

use super::aggregate::hold_told;
use super::in_hand;
use super::state::Act;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::HoldReason;
use serde::Serialize;
use uuid::Uuid;

/// Which order to stop, and why.
#[derive(Debug, Clone, Serialize)]
pub struct HoldOrder {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// Why.
    #[serde(serialize_with = "crate::as_column")]
    pub reason: HoldReason,
    /// More about it.
    pub note: Option<String>,
}

/// Holds of one order that stand at once, at most.
const MAX_HOLDS: usize = 20;

/// Places a hold and answers with the id of the order.
pub async fn hold(store: &Store, call: Call<'_>, command: &HoldOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    let note = checks::optional(&mut faults, "note", command.note.as_deref(), 1_000);
    faults.check()?;
    let note = &note;
    once(store, call, "orderHold", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        in_hand::insist(one, Act::Hold)?;
        if one.open_holds().count() >= MAX_HOLDS {
            let mut faults = Faults::default();
            let message = format!("an order has at most {MAX_HOLDS} holds at once");
            faults.add(RefusalCode::LimitExceeded, "orderId", message);
            faults.check()?;
        }
        let by = (call.actor.kind, call.actor.id);
        let hold = one.hold(&tx, by, command.reason, note.clone());
        let (kind, data) = hold_told(events::ORDER_HELD, hold, command.reason);
        found.note_order(id, kind, data.clone());
        let mut batch = Batch::default();
        let change = audit::made(&data);
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

//! `orderRelease`: end one hold of an order, or all that people may end.

use super::aggregate::{hold_told, release as end};
use super::in_hand;
use super::state::Act;
use super::supply::Choice;
use crate::actor::Reach;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::{ActorKind, HoldReason};
use entities::order_hold;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Which hold to end.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseOrder {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// The hold; all that people may end without it.
    pub hold_id: Option<Uuid>,
    /// An internal message.
    pub note: Option<String>,
}

/// Whether the system alone ends it: it waits for money, or for stock.
fn is_the_systems(hold: &order_hold::Model) -> bool {
    hold.placed_by_kind == ActorKind::System
        && matches!(hold.reason, HoldReason::Payment | HoldReason::Stock)
}

/// Ends holds and answers with the id of the order. What waits for them goes on by itself.
pub async fn release(store: &Store, call: Call<'_>, command: &ReleaseOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    once(store, call, "orderRelease", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        in_hand::insist(one, Act::Release)?;
        let mut faults = Faults::default();
        if let Some(hold) = command.hold_id {
            match one.holds.iter().find(|row| row.id == hold) {
                None => faults.push(checks::not_found("holdId", "hold")),
                Some(row) if row.released_at.is_some() => {
                    faults.add(RefusalCode::StateConflict, "holdId", "is released already");
                }
                Some(row) if is_the_systems(row) => {
                    let message = "the system ends it as soon as its cause is gone";
                    faults.add(RefusalCode::PolicyViolation, "holdId", message);
                }
                Some(row) if needs_risk(row) && !call.actor.may(Permission::OrdersRisk) => {
                    return Err(Error::Forbidden(Permission::OrdersRisk));
                }
                Some(_) => {}
            }
        }
        faults.check()?;
        let mut released = Vec::new();
        for hold in one.holds.iter_mut().filter(|hold| hold.released_at.is_none()) {
            let chosen = command.hold_id.map_or_else(
                || {
                    !is_the_systems(hold)
                        && (!needs_risk(hold) || call.actor.may(Permission::OrdersRisk))
                },
                |id| hold.id == id,
            );
            if chosen {
                end(&tx, hold, (call.actor.kind, call.actor.id));
                released.push(hold_told(events::ORDER_RELEASED, hold.id, hold.reason));
            }
        }
        if released.is_empty() {
            let message = "no hold stands that could be released by hand";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        }
        // What got lost and is to be sent again may lie there.
        let wants = found.waiting(id);
        if !wants.is_empty() {
            found.supply(&tx, &Reach::default(), id, &wants, Choice::default()).await?;
        }
        let told: Json = released.iter().map(|(_, data)| data.clone()).collect();
        for (kind, data) in released {
            found.note_order(id, kind, data);
        }
        let mut batch = Batch::default();
        if let Some(one) = found.order(id) {
            in_hand::note(&tx, call.actor, &mut batch, &one.row, command.note.as_deref());
        }
        let change = audit::made(&json!({ "released": told }));
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// A doubt about risk is lifted by whoever decides risks.
fn needs_risk(hold: &order_hold::Model) -> bool {
    hold.reason == HoldReason::RiskReview && hold.placed_by_kind == ActorKind::System
}

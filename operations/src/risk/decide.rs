//! `riskDecide`: let a doubtful order go on, or decline it.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{hold_told, release};
use crate::orders::cancel::take_back_all;
use crate::orders::in_hand;
use crate::orders::state::Act;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::{CancelReason, HoldReason, RiskDecision};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What is decided.
#[derive(Debug, Clone, Serialize)]
pub struct DecideRisk {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// What.
    #[serde(serialize_with = "crate::as_column")]
    pub decision: RiskDecision,
    /// An internal message.
    pub note: Option<String>,
}

/// Decides and answers with the id of the order: approved, its doubts are released; declined, it is cancelled and
/// its payment voided.
pub async fn decide(store: &Store, call: Call<'_>, command: &DecideRisk) -> Result<Uuid> {
    call.actor.require(Permission::OrdersRisk)?;
    let mut faults = Faults::default();
    checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    once(store, call, "riskDecide", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        in_hand::insist(one, Act::Decide)?;
        let Some(mut risk) = sql::risks_of(&tx, &[id]).await?.pop() else {
            let message = "nobody looked at the risk of this order";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        };
        let by = (call.actor.kind, call.actor.id);
        let mut released = Vec::new();
        // What is declined stays held until the last of it is stopped.
        let approved = command.decision == RiskDecision::Approved;
        let doubts = one.holds.iter_mut().filter(|hold| {
            approved && hold.released_at.is_none() && hold.reason == HoldReason::RiskReview
        });
        for hold in doubts {
            release(&tx, hold, by);
            released.push(hold_told(events::ORDER_RELEASED, hold.id, HoldReason::RiskReview));
        }
        for (kind, data) in released {
            found.note_order(id, kind, data);
        }
        let before = json!({ "decision": risk.decision.map(|one| one.to_value()) });
        risk.decision = Some(command.decision);
        risk.decided_by_kind = Some(call.actor.kind);
        risk.decided_by_id = call.actor.id;
        risk.decided_at = Some(tx.now());
        let data = json!({ "decision": command.decision.to_value() });
        found.note_order(id, events::RISK_DECIDED, data.clone());
        if command.decision == RiskDecision::Declined {
            take_back_all(&tx, &mut found, id, CancelReason::Fraud)?;
        }
        let mut batch = Batch::default();
        batch.save(&risk);
        if let Some(one) = found.order_mut(id) {
            // The decision is part of the order to whoever reads it.
            one.touched = true;
            in_hand::note(&tx, call.actor, &mut batch, &one.row, command.note.as_deref());
        }
        let change = audit::changed(&before, &data);
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

//! `refundRequestDecide`: somebody else says whether money is given.

use super::grants;
use super::in_hand::{take, too_much};
use super::purse::refundable;
use super::refund::{give, worth};
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::RefundRequestState;
use entities::refund_request;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What is decided.
#[derive(Debug, Clone, Serialize)]
pub struct DecideRequest {
    /// The request.
    pub refund_request_id: Uuid,
    /// Whether it is granted.
    pub grant: bool,
    /// What is said of it.
    pub note: Option<String>,
}

/// Decides and answers with the id of the request. Nobody grants what they asked for, or more than they may.
pub async fn decide(store: &Store, call: Call<'_>, command: &DecideRequest) -> Result<Uuid> {
    call.actor.require(Permission::RefundsWrite)?;
    let mut faults = Faults::default();
    checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    once(store, call, "refundRequestDecide", command, |tx| async move {
        let id = command.refund_request_id;
        let missing = || Error::refused(checks::not_found("refundRequestId", "refund request"));
        let refuse = |code: RefusalCode, message: &str| {
            Err(Error::refused(Refusal::new(code, "refundRequestId", message)))
        };
        let request = sql::lock_request(&tx, id).await?.ok_or_else(missing)?;
        let payment = request.payment_id.ok_or_else(missing)?;
        let mut taken = take(&tx, call.actor, payment, None)
            .await
            .map_err(|error| if matches!(error, Error::Refused(_)) { missing() } else { error })?;
        if request.state != RefundRequestState::Pending {
            return refuse(RefusalCode::StateConflict, "it was decided already");
        }
        let own = (request.requested_by_kind, request.requested_by_id);
        if command.grant && own == (call.actor.kind, call.actor.id) {
            return refuse(RefusalCode::PolicyViolation, "somebody else grants what you asked for");
        }
        let state =
            if command.grant { RefundRequestState::Granted } else { RefundRequestState::Denied };
        let decided = refund_request::Model {
            state,
            decided_by_kind: Some(call.actor.kind),
            decided_by_id: call.actor.id,
            decided_at: Some(tx.now()),
            note: command.note.as_deref().map(|note| note.trim().to_owned()),
            ..request.clone()
        };
        let kind = if command.grant { events::REFUND_GRANTED } else { events::REFUND_DENIED };
        let order = (*taken.one()?.row).clone();
        let data = json!({
            "amount": taken.currency.decimal(request.amount_minor),
            "currency": request.currency,
        });
        let event = NewEvent {
            order: Some(order.id),
            customer: order.customer_id,
            channel: Some(order.channel_id),
            ..NewEvent::new(kind, ("rfr", id), data)
        };
        let mut batch = Batch::default();
        batch.save(&decided);
        if !command.grant {
            let change = audit::difference(Some(&request), &decided);
            audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
            events::record(&tx, call.actor, &mut batch, event);
            batch.insert(&tx).await?;
            return Ok(id);
        }
        let most = refundable(taken.payment()?);
        if request.amount_minor > most {
            return Err(too_much(taken.currency, most, "refunded"));
        }
        let gift = worth(&tx, &mut taken, request.amount_minor).await?;
        let base = taken.orders.books_of(&tx, order.id).await?.base;
        if let Some(why) = grants::beyond(&tx, call.actor, &order, (base, gift)).await? {
            return refuse(RefusalCode::LimitExceeded, &why);
        }
        taken.orders.note(event);
        let what = (request.amount_minor, request.reason.as_str(), gift);
        give(&tx, call.actor, taken, what, batch).await?;
        Ok(id)
    })
    .await
}

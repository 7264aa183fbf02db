//! `refundRequestDecide`: somebody else says whether money is given.

use super::grants::{self, Gift, Whom};
use super::in_hand::{Taken, take, too_much};
use super::purse::refundable;
use super::refund::{give, worth};
use super::sql;
use crate::audit;
use crate::checks;
use crate::credit::grant::{self, Present};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
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
        let hidden = |error| if matches!(error, Error::Refused(_)) { missing() } else { error };
        let mut wanted = if let Some(payment) = request.payment_id {
            Wanted::Back(take(&tx, call.actor, payment, None).await.map_err(hidden)?)
        } else {
            let asked = grant::asked(&tx, call.actor, &request).await?;
            Wanted::Credit(asked.ok_or_else(missing)?)
        };
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
        let event = wanted.told(kind, &request)?;
        let mut batch = Batch::default();
        batch.save(&decided);
        if !command.grant {
            let change = audit::difference(Some(&request), &decided);
            audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
            events::record(&tx, call.actor, &mut batch, event);
            batch.insert(&tx).await?;
            return Ok(id);
        }
        let (whom, base, gift) = wanted.weigh(&tx, &request).await?;
        if let Some(why) = grants::beyond(&tx, call.actor, whom, (base, gift)).await? {
            return refuse(RefusalCode::LimitExceeded, &why);
        }
        match wanted {
            Wanted::Back(mut taken) => {
                taken.orders.note(event);
                let what = (request.amount_minor, request.reason.as_str(), gift);
                give(&tx, call.actor, taken, what, batch).await?;
            }
            Wanted::Credit(present) => {
                events::record(&tx, call.actor, &mut batch, event);
                let (books, _) = grant::worth(&tx, &present).await?;
                grant::give(&tx, call.actor, (present, books, gift), batch).await?;
            }
        }
        Ok(id)
    })
    .await
}

/// What somebody asked for: money back, or credit.
enum Wanted {
    Back(Taken),
    Credit(Present),
}

impl Wanted {
    fn told(
        &mut self,
        kind: &'static EventKind,
        request: &refund_request::Model,
    ) -> Result<NewEvent> {
        let currency = match self {
            Self::Back(taken) => taken.currency,
            Self::Credit(present) => present.currency,
        };
        let data = json!({
            "amount": currency.decimal(request.amount_minor),
            "currency": request.currency,
        });
        let event = NewEvent::new(kind, ("rfr", request.id), data);
        Ok(match self {
            Self::Back(taken) => {
                let order = &taken.one()?.row;
                NewEvent {
                    order: Some(order.id),
                    customer: order.customer_id,
                    channel: Some(order.channel_id),
                    ..event
                }
            }
            Self::Credit(present) => NewEvent { customer: Some(present.customer.id), ..event },
        })
    }

    /// To whom it would be given, and what it is worth in the currency of the books.
    async fn weigh(
        &mut self,
        tx: &WriteTx,
        request: &refund_request::Model,
    ) -> Result<(Whom, Currency, Gift)> {
        match self {
            Self::Back(taken) => {
                let most = refundable(taken.payment()?);
                if request.amount_minor > most {
                    return Err(too_much(taken.currency, most, "refunded"));
                }
                let gift = worth(tx, taken, request.amount_minor).await?;
                let order = taken.order;
                let base = taken.orders.books_of(tx, order).await?.base;
                Ok((Whom::of(&taken.one()?.row), base, gift))
            }
            Self::Credit(present) => {
                let (books, gift) = grant::worth(tx, present).await?;
                Ok((present.whom(), books.base, gift))
            }
        }
    }
}

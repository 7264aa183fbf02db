//! `paymentRefund`: money that was captured goes back.
//!
//! What is owed back already goes first, then what was paid and not invoiced. What is beyond that is given up: a credit note
//! takes it off the invoice, and it counts as goodwill.

use super::grants::{self, Gift, Whom};
use super::in_hand::{Taken, amount, take, too_much};
use super::purse::refundable;
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::aggregate::OrderInHand;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::refund_request;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// What to give back.
#[derive(Debug, Clone, Serialize)]
pub struct RefundPayment {
    /// The payment.
    pub payment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// How much.
    pub amount: Decimal,
    /// Why.
    pub reason: String,
    /// Whether it waits for somebody else where the actor may not give so much alone.
    pub request_approval: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Refunded {
    /// The payment.
    pub payment: Uuid,
    /// What waits for somebody else, if it does.
    pub request: Option<Uuid>,
}

/// Gives money back, or asks for it.
pub async fn refund(store: &Store, call: Call<'_>, command: &RefundPayment) -> Result<Refunded> {
    call.actor.require(Permission::RefundsWrite)?;
    let mut faults = Faults::default();
    let reason = &checks::text(&mut faults, "reason", &command.reason, 1_000);
    faults.check()?;
    once(store, call, "paymentRefund", command, |tx| async move {
        let id = command.payment_id;
        let mut taken = take(&tx, call.actor, id, command.expected_version).await?;
        let wanted = amount(taken.currency, command.amount)?;
        let asked = sql::asked(&tx, id).await?;
        let most = refundable(taken.payment()?).min(taken.one()?.purse.kept());
        if wanted + asked > most {
            let what =
                if asked > 0 { "refunded, beside what others asked for," } else { "refunded" };
            return Err(too_much(taken.currency, (most - asked).max(0), what));
        }
        let gift = worth(&tx, &mut taken, wanted).await?;
        let books = taken.orders.books_of(&tx, taken.order).await?;
        let base = books.base;
        let row = (*taken.one()?.row).clone();
        if let Some(why) = grants::beyond(&tx, call.actor, Whom::of(&row), (base, gift)).await? {
            if !command.request_approval {
                let refusal = Refusal::new(RefusalCode::LimitExceeded, "amount", why);
                return Err(Error::refused(refusal));
            }
            let request = ask(&tx, call.actor, &taken, (wanted, reason)).await?;
            return Ok(Refunded { payment: id, request: Some(request) });
        }
        give(&tx, call.actor, taken, (wanted, reason, gift), Batch::default()).await?;
        Ok(Refunded { payment: id, request: None })
    })
    .await
}

/// What a refund is worth in the currency of the books, and what of it is given for nothing.
pub(super) async fn worth(tx: &WriteTx, taken: &mut Taken, wanted: i64) -> Result<Gift> {
    let (currency, order) = (taken.currency, taken.order);
    let goodwill = given_up(taken.one()?, wanted);
    let mut books = taken.orders.books_of(tx, order).await?;
    let now = tx.now();
    Ok(Gift {
        base: books.worth(tx, currency, wanted, now).await?.base,
        goodwill: books.worth(tx, currency, goodwill, now).await?.base,
    })
}

/// What of a refund is given for nothing: neither owed back already nor paid ahead. What is in no books has no invoice to
/// take it off.
fn given_up(one: &OrderInHand, wanted: i64) -> i64 {
    if !one.row.in_books {
        return 0;
    }
    let owed = one.purse.owed(one.row.refund_due_minor);
    (wanted - owed - one.row.deposit_minor.max(0)).max(0)
}

/// Gives money back that the actor may give.
pub(super) async fn give(
    tx: &WriteTx,
    actor: &Actor,
    mut taken: Taken,
    (wanted, reason, gift): (i64, &str, Gift),
    mut batch: Batch,
) -> Result<()> {
    let (index, payment) = (taken.index, taken.payment()?.clone());
    let one = taken.one()?;
    let order = (*one.row).clone();
    grants::note(tx, &mut batch, actor, Whom::of(&order), gift);
    let given_up = given_up(one, wanted);
    if given_up > 0 {
        one.allowance = Some((given_up, reason.to_owned()));
        one.row.credited_minor += given_up;
    }
    one.purse.refund_of(tx, &order, index, wanted);
    let change = audit::difference(Some(&payment), taken.payment()?);
    audit::record(tx, actor, &mut batch, Some(("pay", payment.id)), &change);
    taken.orders.write(tx, actor, batch).await
}

/// Asks somebody else for a refund.
async fn ask(
    tx: &WriteTx,
    actor: &Actor,
    taken: &Taken,
    (wanted, reason): (i64, &str),
) -> Result<Uuid> {
    let payment = taken.payment()?;
    let order = taken.orders.order(taken.order).ok_or(Error::Contended)?;
    let request = refund_request::Model {
        payment_id: Some(payment.id),
        order_id: Some(taken.order),
        customer_id: order.row.customer_id,
        ..grants::request(tx, actor, (wanted, &payment.currency, reason))
    };
    let data = json!({
        "amount": taken.currency.decimal(wanted),
        "currency": payment.currency,
        "reason": reason,
    });
    let event = NewEvent {
        order: Some(taken.order),
        customer: order.row.customer_id,
        channel: Some(order.row.channel_id),
        ..NewEvent::new(events::REFUND_REQUESTED, ("rfr", request.id), data)
    };
    let mut batch = Batch::default();
    batch.add(&request);
    audit::record(tx, actor, &mut batch, Some(event.subject), &audit::made(&event.data));
    events::record(tx, actor, &mut batch, event);
    batch.insert(tx).await?;
    Ok(request.id)
}

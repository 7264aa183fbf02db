//! `paymentCapture`: money that was authorized is taken.

use super::in_hand::{amount, conflict, take, too_much};
use super::purse::uncaptured;
use crate::audit;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::payment;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

/// What to take.
#[derive(Debug, Clone, Serialize)]
pub struct CapturePayment {
    /// The payment.
    pub payment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// How much; all that is left without it.
    pub amount: Option<Decimal>,
    /// Whether the rest is released.
    pub last: bool,
}

/// What a method lets be taken beyond what was authorized: `PayPal` takes up to 115 %, and at most 75 US dollars more
/// ([PayPal, Authorize and capture](https://developer.paypal.com/docs/checkout/standard/customize/authorization/)).
fn beyond(payment: &payment::Model, currency: Currency) -> i64 {
    let paypal = payment.method.eq_ignore_ascii_case("paypal");
    if !paypal || currency.code() != "USD" {
        return 0;
    }
    (payment.authorized_minor * 15 / 100).min(7_500)
}

/// Captures and answers with the id of the payment.
pub async fn capture(store: &Store, call: Call<'_>, command: &CapturePayment) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    once(store, call, "paymentCapture", command, |tx| async move {
        let id = command.payment_id;
        let mut taken = take(&tx, call.actor, id, command.expected_version).await?;
        let (currency, index) = (taken.currency, taken.index);
        let row = taken.payment()?.clone();
        if row.authorization_expires_at.is_some_and(|at| at <= tx.now()) {
            let message = "the authorization has ended: obtain another";
            let code = RefusalCode::AuthorizationExpired;
            return Err(Error::refused(Refusal::new(code, "paymentId", message)));
        }
        let left = uncaptured(&row);
        if left == 0 {
            return Err(conflict("nothing of it is authorized and neither captured nor asked for"));
        }
        let wanted = command.amount.map_or(Ok(left), |wanted| amount(currency, wanted))?;
        let most = left + beyond(&row, currency);
        if wanted > most {
            return Err(too_much(currency, most, "captured"));
        }
        let one = taken.one()?;
        let order = (*one.row).clone();
        one.purse.capture_of(&tx, &order, index, wanted);
        if command.last {
            one.purse.release_of(&tx, &order, index);
        }
        let mut batch = Batch::default();
        let change = audit::difference(Some(&row), taken.payment()?);
        audit::record(&tx, call.actor, &mut batch, Some(("pay", id)), &change);
        taken.orders.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

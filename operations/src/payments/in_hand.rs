//! How an operation takes a payment in hand: with its order, within reach, at the version that the caller saw.

use super::sql;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::money::Currency;
use crate::orders::aggregate::{Aggregate, OrderInHand};
use crate::orders::in_hand;
use crate::store::WriteTx;
use entities::payment;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A payment with the order that it belongs to, locked.
pub(crate) struct Taken {
    pub(crate) orders: Aggregate,
    pub(crate) order: Uuid,
    /// Its place in the purse of the order.
    pub(crate) index: usize,
    pub(crate) currency: Currency,
}

impl Taken {
    /// The order.
    pub(crate) fn one(&mut self) -> Result<&mut OrderInHand> {
        let order = self.order;
        self.orders.order_mut(order).ok_or(Error::Contended)
    }

    /// Refuses what nobody else holds: of a gift card or credit there is nobody who could say anything.
    pub(crate) fn insist_on_a_provider(&self) -> Result<()> {
        if !self.payment()?.is_with_a_provider() {
            return Err(conflict(
                "it was paid with a gift card, credit or goods in exchange, which no provider holds",
            ));
        }
        Ok(())
    }

    /// The payment as it stands.
    pub(crate) fn payment(&self) -> Result<&payment::Model> {
        let one = self.orders.order(self.order).ok_or(Error::Contended)?;
        one.purse.payments().get(self.index).ok_or(Error::Contended)
    }
}

/// A payment within reach, with its order.
pub(crate) async fn take(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<Taken> {
    let missing = || Error::refused(checks::not_found("paymentId", "payment"));
    let row = sql::by_ids(tx, &[id]).await?.pop().ok_or_else(missing)?;
    let orders = in_hand::take(tx, actor, row.order_id, None).await;
    let orders = orders
        .map_err(|error| if matches!(error, Error::Refused(_)) { missing() } else { error })?;
    let one = orders.order(row.order_id).ok_or(Error::Contended)?;
    let index = one.purse.place_of(id).ok_or(Error::Contended)?;
    let currency = Currency::from_code(&row.currency)
        .ok_or_else(|| Error::Internal("a payment without a currency".into()))?;
    let taken = Taken { order: row.order_id, orders, index, currency };
    let mut faults = Faults::default();
    in_hand::version(&mut faults, expected_version, taken.payment()?.version);
    faults.check()?;
    Ok(taken)
}

/// An amount above zero in minor units.
pub(crate) fn amount(currency: Currency, amount: Decimal) -> Result<i64> {
    let mut faults = Faults::default();
    let minor = faults.take("amount", currency.minor(amount));
    if minor.is_some_and(|minor| minor <= 0) {
        faults.add(RefusalCode::Invalid, "amount", "is above 0");
    }
    faults.check()?;
    minor.ok_or(Error::Contended)
}

/// More than there is.
pub(crate) fn too_much(currency: Currency, most: i64, what: &str) -> Error {
    let message = format!("{} {} can be {what} at most", currency.decimal(most), currency.code());
    Error::refused(
        Refusal::new(RefusalCode::AmountExceeded, "amount", message)
            .with_details(serde_json::json!({ "most": currency.decimal(most) })),
    )
}

/// What does not fit how it stands.
pub(crate) fn conflict(message: impl Into<String>) -> Error {
    Error::refused(Refusal::new(RefusalCode::StateConflict, "paymentId", message))
}

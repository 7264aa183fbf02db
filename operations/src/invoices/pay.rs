//! `invoicePaymentRecord`: what came to the bank for an invoice on terms.

use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::ledger::templates::BANK_TRANSFER;
use crate::money::Currency;
use crate::orders::in_hand;
use crate::payments::record::{self, RecordPayment};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What came, and for which invoice.
#[derive(Debug, Clone, Serialize)]
pub struct PayInvoice {
    /// The invoice.
    pub invoice_id: Uuid,
    /// How much.
    pub amount: Decimal,
    /// The day on which the bank booked it, `YYYY-MM-DD`.
    pub booked_at: String,
    /// What the bank calls it.
    pub reference: Option<String>,
}

/// Records a payment at the bank and answers with the id of the invoice. The order has one payment more, and is paid by
/// as much.
pub async fn invoice_payment_record(
    store: &Store,
    call: Call<'_>,
    command: &PayInvoice,
) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    let mut faults = Faults::default();
    let day = checks::date(&mut faults, "bookedAt", &command.booked_at);
    let reference = &checks::optional(&mut faults, "reference", command.reference.as_deref(), 200);
    faults.check()?;
    let day = &day.unwrap_or_default();
    once(store, call, "invoicePaymentRecord", command, |tx| async move {
        let (id, amount) = (command.invoice_id, command.amount);
        pay(&tx, call.actor, (id, amount), day, reference.as_deref()).await?;
        Ok(id)
    })
    .await
}

/// The same within a transaction, which may be about a line of a bank statement; answers with the id of the capture.
pub(crate) async fn pay(
    tx: &WriteTx,
    actor: &Actor,
    (id, amount): (Uuid, Decimal),
    day: &str,
    reference: Option<&str>,
) -> Result<Uuid> {
    let missing = || Error::refused(checks::not_found("invoiceId", "invoice"));
    let invoice = sql::by_ids(tx, actor, &[id]).await?.pop().ok_or_else(missing)?;
    let order = invoice.order_id;
    let mut found = in_hand::take(tx, actor, order, None).await?;
    let books = found.books_of(tx, order).await?;
    let currency = Currency::from_code(&invoice.currency)
        .ok_or_else(|| Error::Internal("an invoice without a currency".into()))?;
    // Read again now that nobody else changes it.
    let open = sql::dues_of(tx, &[id]).await?.pop().map_or(0, |due| due.open_minor);
    let mut faults = Faults::default();
    let minor = faults.take("amount", currency.minor(amount));
    if minor.is_some_and(|minor| minor <= 0) {
        faults.add(RefusalCode::Invalid, "amount", "is above 0");
    } else if minor.is_some_and(|minor| minor > open) {
        let message = format!("{} is outstanding", currency.decimal(open));
        let refusal = Refusal::new(RefusalCode::AmountExceeded, "amount", message);
        faults.push(refusal.with_details(json!({ "most": currency.decimal(open) })));
    }
    let at = books.begin_of(day).unwrap_or_else(|| tx.now());
    if at > tx.now() {
        faults.add(RefusalCode::Invalid, "bookedAt", "lies in the future");
    }
    faults.check()?;
    let one = found.order_mut(order).ok_or(Error::Contended)?;
    let payment = RecordPayment {
        provider: BANK_TRANSFER.to_owned(),
        provider_reference: reference.map(str::to_owned),
        method: BANK_TRANSFER.to_owned(),
        captured: Some(amount),
        at: Some(at),
        ..RecordPayment::default()
    };
    let checked = record::checked(currency, payment)?;
    let row = (*one.row).clone();
    let captures = record::add(tx, &row, &mut one.purse, &[checked]);
    one.pays = Some(id);
    let mut batch = Batch::default();
    let data = json!({ "amount": amount, "bookedAt": day });
    audit::record(tx, actor, &mut batch, Some(("inv", id)), &audit::made(&data));
    found.write(tx, actor, batch).await?;
    captures.first().copied().ok_or(Error::Contended)
}

//! `paymentRecord`: what a storefront or terminal obtained for an order that is there already.

use super::record::{self, RecordPayment};
use crate::audit;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::in_hand;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What was obtained, and for which order.
#[derive(Debug, Clone, Serialize)]
pub struct RecordForOrder {
    /// The order.
    pub order_id: Uuid,
    /// What was obtained.
    pub payment: RecordPayment,
}

/// Records and answers with the id of the payment.
pub async fn record_for_order(
    store: &Store,
    call: Call<'_>,
    command: &RecordForOrder,
) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    once(store, call, "paymentRecord", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, None).await?;
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        let refuse = |message: &str| {
            let code = RefusalCode::StateConflict;
            Err(Error::refused(Refusal::new(code, "orderId", message)))
        };
        if one.row.draft {
            return refuse("is a draft: give its payments when it is completed");
        }
        if one.row.imported {
            return refuse("came with its history from another system: record it there");
        }
        let currency = Currency::from_code(&one.row.currency)
            .ok_or_else(|| Error::Internal("an order without a currency".into()))?;
        let mut faults = Faults::default();
        let given = [command.payment.clone()];
        let checked = record::check(&mut faults, "payment", currency, &given);
        if one.purse.payments().len() >= record::MAX_PAYMENTS {
            let message = format!("an order has at most {} payments", record::MAX_PAYMENTS);
            faults.add(RefusalCode::LimitExceeded, "orderId", message);
        }
        let faults: Vec<Refusal> = faults.into_vec().into_iter().map(without_index).collect();
        if !faults.is_empty() {
            return Err(Error::Refused(faults));
        }
        let order = (*one.row).clone();
        let at = command.payment.at.unwrap_or_else(|| tx.now());
        let checked: Vec<_> = checked.into_iter().map(|one| one.at(at)).collect();
        record::add(&tx, &order, &mut one.purse, &checked);
        let payment = one.purse.payments().last().ok_or(Error::Contended)?.id;
        let mut batch = Batch::default();
        let made = audit::made(&json!({ "order": id, "payment": payment }));
        audit::record(&tx, call.actor, &mut batch, Some(("pay", payment)), &made);
        found.write(&tx, call.actor, batch).await?;
        Ok(payment)
    })
    .await
}

/// There is one payment here: its place in a list says nothing.
fn without_index(mut fault: Refusal) -> Refusal {
    if fault.field.get(1).is_some_and(|part| part == "0") {
        fault.field.remove(1);
    }
    fault
}

//! `paymentVoid`: what is authorized and not captured is released.

use super::in_hand::{conflict, take};
use crate::audit;
use crate::error::Result;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use uuid::Uuid;

/// What to release.
#[derive(Debug, Clone, Serialize)]
pub struct VoidPayment {
    /// The payment.
    pub payment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

/// Releases and answers with the id of the payment. No money moves.
pub async fn void(store: &Store, call: Call<'_>, command: &VoidPayment) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    once(store, call, "paymentVoid", command, |tx| async move {
        let id = command.payment_id;
        let mut taken = take(&tx, call.actor, id, command.expected_version).await?;
        let (index, row) = (taken.index, taken.payment()?.clone());
        let one = taken.one()?;
        let order = (*one.row).clone();
        if one.purse.release_of(&tx, &order, index) == 0 {
            return Err(conflict("nothing of it is authorized or promised and open"));
        }
        let mut batch = Batch::default();
        let change = audit::difference(Some(&row), taken.payment()?);
        audit::record(&tx, call.actor, &mut batch, Some(("pay", id)), &change);
        taken.orders.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

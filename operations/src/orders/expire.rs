//! An order that nobody paid is cancelled when its time is up, and its stock is free again.

use super::aggregate::Aggregate;
use super::cancel::take_back_all;
use crate::actor::Actor;
use crate::error::Result;
use crate::fulfillment::state as machine;
use crate::store::{Batch, WriteTx};
use entities::enums::{CancelReason, FulfillmentState, OrderPaymentState, OrderState};
use uuid::Uuid;

/// Cancels an order that is still unpaid; one that was paid, begun or ended meanwhile is left alone.
pub(crate) async fn expire_unpaid(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let mut found = Aggregate::load(tx, &[id]).await?;
    let Some(one) = found.order(id) else { return Ok(()) };
    let unpaid = one.row.payment_state == OrderPaymentState::Pending;
    if one.row.state != OrderState::Open || !unpaid || one.row.payment_terms_days.is_some() {
        return Ok(());
    }
    let begun = |row: &entities::fulfillment::Model| {
        !machine::is_untouched(row.state)
            && !matches!(row.state, FulfillmentState::Cancelled | FulfillmentState::Failed)
    };
    if found.work.iter().any(|work| work.orders.contains(&id) && begun(&work.row)) {
        return Ok(());
    }
    take_back_all(tx, &mut found, id, CancelReason::Declined)?;
    found.write(tx, actor, Batch::default()).await
}

//! An order is looked at when one of its clocks strikes: a promise passes, or an authorization ends.

use super::aggregate::Aggregate;
use crate::actor::Actor;
use crate::error::Result;
use crate::store::{Batch, WriteTx};
use uuid::Uuid;

/// Derives anew what follows from the time, and lets authorizations go that have ended.
pub(crate) async fn review(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    let mut found = Aggregate::load(tx, &[id]).await?;
    let Some(one) = found.order_mut(id) else { return Ok(()) };
    let row = (*one.row).clone();
    one.purse.expire(tx, &row);
    found.write(tx, actor, Batch::default()).await
}

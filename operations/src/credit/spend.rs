//! What payments of orders do to gift cards and credit, in the transaction that writes the payments.

use super::{free, is_over, sql};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::payments::purse::Spent;
use crate::store::{Batch, WriteTx};
use crate::timers::{self, Job};
use entities::credit_entry;
use uuid::Uuid;

/// Writes what was promised, taken and given back. What is no longer there was there when the order was checked: the
/// transaction begins anew and says so.
pub(crate) async fn spend(tx: &WriteTx, actor: &Actor, spent: &[Spent]) -> Result<()> {
    let mut ids: Vec<Uuid> = spent.iter().map(|one| one.credit).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for mut row in sql::lock(tx, &ids).await? {
        let before = free(&row);
        for one in spent.iter().filter(|one| one.credit == row.id) {
            row.balance_minor += one.balance;
            row.reserved_minor += one.reserved;
            if one.balance == 0 {
                continue;
            }
            batch.add(&credit_entry::Model {
                id: tx.id(),
                credit_id: row.id,
                amount_minor: one.balance,
                reason: if one.balance < 0 { "used" } else { "given back" }.to_owned(),
                at: tx.now(),
                actor_kind: actor.kind,
                actor_id: actor.id,
                order_id: Some(one.order),
                case_id: None,
            });
        }
        let promised_now = spent.iter().any(|one| one.credit == row.id && one.reserved > 0);
        if free(&row) < 0 || row.reserved_minor < 0 || (promised_now && is_over(&row, tx.now())) {
            return Err(Error::Contended);
        }
        if free(&row) > before && is_over(&row, tx.now()) {
            let given_back = spent.iter().any(|one| one.credit == row.id && one.balance > 0);
            // Money that went back can be used for as long as the card could.
            if given_back && let Some(ended) = row.expires_at {
                row.expires_at = Some(tx.now() + (ended - row.created_at));
            }
            let due = row.expires_at.unwrap_or_else(|| tx.now());
            timers::set(tx, &mut batch, Job::ExpireCredit, row.id, due);
        }
        row.version += 1;
        batch.save(&row);
    }
    batch.insert(tx).await
}

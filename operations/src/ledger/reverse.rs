//! `journalEntryReverse`: an entry is taken back by another one, never changed.

use super::chart::Account;
use super::entry::{Amount, Books, Entry};
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::journal_entry;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to take back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseEntry {
    /// The entry.
    pub journal_entry_id: Uuid,
    /// Why.
    pub reason: String,
}

/// The prefix of the id of what an entry is about.
fn prefix(kind: &str) -> &'static str {
    let known = ["pay", "ord", "inv", "ent", "gft", "cus", "dsp", "str", "pyo", "rex"];
    known.into_iter().find(|known| *known == kind).unwrap_or("jrn")
}

/// The entry that takes another one back, now.
pub(crate) async fn reversal(
    tx: &WriteTx,
    entry: &journal_entry::Model,
    why: &str,
) -> Result<Entry> {
    let id = entry.id;
    let subject = (prefix(&entry.subject_type), entry.subject_id);
    let description = format!("Reversal of {why}");
    let mut reversal = Entry::new("reversal", id, tx.now(), subject, description).reversing(id);
    if let Some(order) = entry.order_id {
        reversal = reversal.of_order(order);
    }
    for side in sql::postings(tx, &[id]).await? {
        let (Some(account), Some(currency)) =
            (Account::of(side.account), Currency::from_code(&side.currency))
        else {
            continue;
        };
        let amount = Amount { minor: side.amount_minor, base: side.base_minor };
        reversal = reversal.credit(account, currency, amount, &side.subledger);
    }
    Ok(reversal)
}

/// Takes an entry back and answers with the id of the one that does.
pub async fn journal_entry_reverse(
    store: &Store,
    call: Call<'_>,
    command: &ReverseEntry,
) -> Result<Uuid> {
    call.actor.require(Permission::LedgerWrite)?;
    let mut faults = Faults::default();
    let reason = &checks::text(&mut faults, "reason", &command.reason, 1_000);
    faults.check()?;
    once(store, call, "journalEntryReverse", command, |tx| async move {
        let id = command.journal_entry_id;
        let missing = || Error::refused(checks::not_found("journalEntryId", "journal entry"));
        let found = super::read::entries_by_ids(&tx, call.actor, &[id]).await;
        // Who writes in the books sees the entry that they take back.
        let found = match found {
            Err(Error::Forbidden(_)) => return Err(Error::Forbidden(Permission::LedgerRead)),
            found => found?.pop().ok_or_else(missing)?,
        };
        let entry = found.entry;
        let refuse = |message: String| {
            let code = RefusalCode::StateConflict;
            Err(Error::refused(Refusal::new(code, "journalEntryId", message)))
        };
        if let Some((_, by)) = sql::reversals(&tx, &[id]).await?.pop() {
            return refuse(format!("it was taken back already, by {by}"));
        }
        if entry.reverses_id.is_some() {
            return refuse("it takes another entry back: enter what is right instead".into());
        }
        let books = Books::of_entity(&tx, entry.legal_entity_id).await?.ok_or_else(missing)?;
        let reversal = reversal(&tx, &entry, &format!("J-{}: {reason}", found.number)).await?;
        let mut batch = Batch::default();
        let data = json!({ "reason": reason });
        let event = NewEvent::new(events::ENTRY_REVERSED, ("jrn", id), data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        let event = events::record(&tx, call.actor, &mut batch, event);
        books.write(&tx, &mut batch, reversal.told_by(Some(event)))?;
        batch.insert(&tx).await?;
        let made = sql::reversals(&tx, &[id]).await?.pop();
        Ok(made.ok_or(Error::Contended)?.1)
    })
    .await
}

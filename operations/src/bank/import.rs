//! `bankStatementImport`: what a bank says of accounts, statement by statement.
//!
//! A file is read twice: first every fault in it is found, then its statements are written. The entries of a statement are
//! there before it is, so that nobody sees half of one. A statement that is there already, in this file or another, is the
//! same statement.

use super::files::{self, Entry, Foot, Head, Outcome, Part};
use super::{sql, work};
use crate::actor::Actor;
use crate::audit;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::read::in_reach;
use crate::permissions::Permission;
use crate::secrets::hex;
use crate::settlements::exceptions::{self, About, New};
use crate::settlements::files::{Fault, Sum};
use crate::settlements::import::{MAX_BYTES, Source, unreadable};
use crate::settlements::totals::units;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{BankFormat, ReconciliationExceptionKind as Raised, SettlementLineState};
use entities::{bank_line, bank_statement};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use uuid::Uuid;

/// Entries that are written at a time.
const CHUNK: usize = 1_000;

/// A file of a bank.
#[derive(Debug, Clone, Serialize)]
pub struct ImportStatements {
    /// How it is written.
    #[serde(serialize_with = "crate::as_column")]
    pub format: BankFormat,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The statements of the file, in its order.
    pub statements: Vec<Uuid>,
    /// Whether all of them had come before.
    pub duplicate: bool,
}

/// What a look at a statement showed.
#[derive(Debug, Clone)]
struct Look {
    head: Head,
    foot: Foot,
    content: String,
    lines: usize,
    sum: i64,
    /// Whether all entries are in the currency of the balances.
    one_currency: bool,
}

/// A statement that is read.
struct Open {
    look: Look,
    hash: Sha256,
}

fn look(format: BankFormat, source: &mut Source) -> std::io::Result<(String, Outcome, Vec<Look>)> {
    let digest = source.digest()?;
    let mut file = source.open()?;
    let mut found: Vec<Look> = Vec::new();
    let mut open: Option<Open> = None;
    let outcome = files::read(format, &mut *file, &mut |part| {
        match part {
            Part::Head(head) => {
                let said = json!([
                    head.account,
                    head.reference,
                    head.sequence,
                    head.page,
                    minor(head.opening)
                ]);
                let mut hash = Sha256::new();
                hash.update(said.to_string());
                let look = Look {
                    head,
                    foot: Foot::default(),
                    content: String::new(),
                    lines: 0,
                    sum: 0,
                    one_currency: true,
                };
                open = Some(Open { look, hash });
            }
            Part::Entry(entry) => {
                let Some(open) = &mut open else { return true };
                let said = json!([
                    entry.amount.currency.code(),
                    entry.amount.minor,
                    entry.booked_at.to_string(),
                    entry.reference,
                    entry.description
                ]);
                open.hash.update(said.to_string());
                open.look.lines += 1;
                open.look.sum = open.look.sum.saturating_add(entry.amount.minor);
                let of_balance = open.look.head.opening.map(|opening| opening.currency);
                open.look.one_currency &= of_balance.is_none_or(|of| of == entry.amount.currency);
            }
            Part::Foot(foot) => {
                let Some(mut one) = open.take() else { return true };
                one.hash.update(json!([minor(foot.closing)]).to_string());
                one.look.content = hex(&one.hash.finalize());
                one.look.foot = foot;
                found.push(one.look);
            }
        }
        true
    });
    drop(file);
    Ok((digest, outcome, found))
}

fn minor(sum: Option<Sum>) -> Json {
    sum.map_or(Json::Null, |sum| json!([sum.currency.code(), sum.minor]))
}

/// Imports a file and answers with its statements.
pub async fn import(
    store: &Store,
    call: Call<'_>,
    command: &ImportStatements,
    mut source: Source,
) -> Result<Imported> {
    call.actor.require(Permission::SettlementsWrite)?;
    if source.size()? > MAX_BYTES {
        let refusal = Refusal::new(RefusalCode::LimitExceeded, "file", "is larger than 200 MB");
        return Err(Error::refused(refusal));
    }
    let format = command.format;
    let (looked, source) = tokio::task::spawn_blocking(move || (look(format, &mut source), source))
        .await
        .map_err(|error| Error::Internal(format!("a reader ended: {error}")))?;
    let (digest, outcome, looks) = looked.map_err(unreadable)?;
    refuse_faults(&outcome, &looks)?;
    let input = (command, &digest);
    let worker = store.ids().next();
    let (by, planned): (Uuid, Vec<(Uuid, bool)>) =
        once(store, call, "bankStatementImport", &input, |tx| {
            let (looks, digest) = (&looks, &digest);
            async move { Ok((worker, plan(&tx, call.actor, looks, digest).await?)) }
        })
        .await?;
    let duplicate = planned.iter().all(|(_, known)| *known);
    // Where another worker planned it, this is an answer that was given before.
    if !duplicate && by == worker {
        write(store, call.actor, (format, source), &looks, (&planned, &digest)).await?;
        let new: Vec<Uuid> =
            planned.iter().filter(|(_, known)| !known).map(|(id, _)| *id).collect();
        work::finish(store, &new).await?;
    }
    Ok(Imported { statements: planned.into_iter().map(|(id, _)| id).collect(), duplicate })
}

fn refuse_faults(outcome: &Outcome, looks: &[Look]) -> Result<()> {
    let mut refusals: Vec<Refusal> = outcome.faults.iter().map(Fault::refusal).collect();
    if outcome.fault_count > refusals.len() {
        let message = format!("and {} faults more", outcome.fault_count - refusals.len());
        refusals.push(Refusal::new(RefusalCode::FormatError, "file", message));
    }
    if looks.iter().any(|look| look.head.account.is_empty()) {
        let message = "a statement names no account";
        refusals.push(Refusal::new(RefusalCode::FormatError, "file", message));
    }
    if refusals.is_empty() { Ok(()) } else { Err(Error::Refused(refusals)) }
}

/// Which statements are known, and the ids of those that are not.
async fn plan(
    tx: &WriteTx,
    actor: &Actor,
    looks: &[Look],
    digest: &str,
) -> Result<Vec<(Uuid, bool)>> {
    let mut faults = Faults::default();
    let accounts: HashSet<&str> = looks.iter().map(|look| look.head.account.as_str()).collect();
    let reach = in_reach(tx, actor).await?;
    for account in accounts {
        let entity = crate::settlements::sql::entity_of_bank_account(tx, account).await?;
        let reached = |id: &Uuid| reach.as_ref().is_none_or(|entities| entities.contains(id));
        if !entity.as_ref().is_some_and(reached) {
            let message = format!(
                "whose account {account} is, is not known: name it in `bankAccounts` of a legal entity"
            );
            faults.add(RefusalCode::NotFound, "file", message);
        }
    }
    faults.check()?;
    let hashes: Vec<&str> = looks.iter().map(|look| look.content.as_str()).collect();
    let known = sql::statements_of_content(tx, &hashes).await?;
    let mut planned: Vec<(Uuid, bool)> = Vec::with_capacity(looks.len());
    for (place, look) in looks.iter().enumerate() {
        let same = |row: &&bank_statement::Model| {
            row.account == look.head.account && row.content_hash == look.content
        };
        let before = looks.iter().take(place).position(|other| {
            other.content == look.content && other.head.account == look.head.account
        });
        let twice = before.and_then(|before| planned.get(before)).map(|(id, _)| *id);
        planned.push(match (known.iter().find(same), twice) {
            (Some(row), _) => (row.id, true),
            (None, Some(id)) => (id, true),
            (None, None) => (tx.id(), false),
        });
    }
    let mut batch = Batch::default();
    let said = json!({ "content": digest, "statements": looks.len() });
    audit::record(tx, actor, &mut batch, None, &audit::made(&said));
    batch.insert(tx).await?;
    Ok(planned)
}

/// Writes the statements that are new, each with its entries first.
async fn write(
    store: &Store,
    actor: &Actor,
    (format, mut source): (BankFormat, Source),
    looks: &[Look],
    (planned, digest): (&[(Uuid, bool)], &str),
) -> Result<()> {
    let (send, mut receive) = tokio::sync::mpsc::channel::<(usize, Vec<Entry>, bool)>(2);
    let reader = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = source.open()?;
        let (mut place, mut chunk) = (0_usize, Vec::new());
        files::read(format, &mut *file, &mut |part| match part {
            Part::Head(_) => true,
            Part::Entry(entry) => {
                chunk.push(entry);
                chunk.len() < CHUNK
                    || send.blocking_send((place, std::mem::take(&mut chunk), false)).is_ok()
            }
            Part::Foot(_) => {
                let sent = send.blocking_send((place, std::mem::take(&mut chunk), true)).is_ok();
                place += 1;
                sent
            }
        });
        Ok(())
    });
    while let Some((place, entries, ends)) = receive.recv().await {
        let (Some((id, known)), Some(look)) = (planned.get(place), looks.get(place)) else {
            continue;
        };
        if *known {
            continue;
        }
        let entries = &entries;
        store
            .write(|tx| async move {
                let mut batch = Batch::default();
                for entry in entries {
                    batch.add(&line(&tx, *id, entry));
                }
                if ends {
                    publish(&tx, actor, &mut batch, (*id, format), look, digest).await?;
                }
                batch.insert(&tx).await
            })
            .await?;
    }
    let read = reader.await.map_err(|error| Error::Internal(format!("a reader ended: {error}")))?;
    read.map_err(unreadable)
}

fn line(tx: &WriteTx, statement: Uuid, entry: &Entry) -> bank_line::Model {
    let raw: serde_json::Map<String, Json> =
        entry.raw.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
    bank_line::Model {
        id: tx.id(),
        statement_id: statement,
        line_number: entry.number,
        state: SettlementLineState::Open,
        currency: entry.amount.currency.code().to_owned(),
        amount_minor: entry.amount.minor,
        booked_at: entry.booked_at.to_string(),
        value_date: entry.value_date.map(|day| day.to_string()),
        reference: entry.reference.clone(),
        description: entry.description.clone(),
        raw: Json::Object(raw),
    }
}

/// Makes a statement visible, and says what does not follow in it.
async fn publish(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (id, format): (Uuid, BankFormat),
    look: &Look,
    digest: &str,
) -> Result<()> {
    let account = &look.head.account;
    tx.lock(&format!("bank account {account}")).await?;
    let known = sql::statements_of_content(tx, &[&look.content]).await?;
    if known.iter().any(|row| row.account == *account) {
        // Somebody brought it at the same time.
        return Err(Error::Contended);
    }
    let entity = crate::settlements::sql::entity_of_bank_account(tx, account).await?;
    let entity = entity.ok_or(Error::Contended)?;
    let (opening, closing) = (look.head.opening, look.foot.closing);
    let to_day = look.head.to.or(look.foot.to).or(look.head.from);
    let row = bank_statement::Model {
        id,
        account: account.clone(),
        legal_entity_id: entity,
        format,
        reference: look.head.reference.clone(),
        sequence: look.head.sequence,
        page: look.head.page,
        from_day: look.head.from.map(|day| day.to_string()),
        to_day: to_day.map(|day| day.to_string()),
        currency: opening.map(|sum| sum.currency.code().to_owned()),
        opening_minor: opening.map(|sum| sum.minor),
        closing_currency: closing.map(|sum| sum.currency.code().to_owned()),
        closing_minor: closing.map(|sum| sum.minor),
        file_hash: digest.to_owned(),
        content_hash: look.content.clone(),
        line_count: i32::try_from(look.lines).unwrap_or(i32::MAX),
        imported_at: tx.now(),
    };
    let mut new: Vec<New> = Vec::new();
    let raise = |kind: Raised, minor: i64, explanation: String| New {
        kind,
        subject: id.to_string(),
        entity,
        provider: None,
        currency: row
            .currency
            .clone()
            .or_else(|| row.closing_currency.clone())
            .unwrap_or_else(|| "EUR".into()),
        minor,
        explanation,
        about: About { statement: Some(id), ..About::default() },
    };
    if let Some((minor, said)) = within(look) {
        new.push(raise(Raised::BalanceBreak, minor, said));
    }
    let (before, after) = sql::neighbours(tx, &row).await?;
    match before.as_ref().and_then(|before| between(before, &row)) {
        Some(Between::Gap(said)) => new.push(raise(Raised::StatementGap, 0, said)),
        Some(Between::Break(minor, said)) if new.is_empty() => {
            new.push(raise(Raised::BalanceBreak, minor, said));
        }
        Some(Between::Break(..)) | None => {}
    }
    exceptions::raise(tx, actor, batch, new).await?;
    if let Some(after) = after {
        work::close_gap(tx, actor, batch, (&row, &after)).await?;
    }
    let data =
        json!({ "account": row.account, "reference": row.reference, "lines": row.line_count });
    let event = NewEvent::new(events::BANK_STATEMENT_IMPORTED, ("bst", row.id), data);
    events::record(tx, actor, batch, event);
    batch.add(&row);
    Ok(())
}

/// Whether the entries lead from the one balance to the other.
fn within(look: &Look) -> Option<(i64, String)> {
    let (Some(opening), Some(closing)) = (look.head.opening, look.foot.closing) else {
        return None;
    };
    if opening.currency != closing.currency || !look.one_currency {
        let said = "Its balances and entries are in several currencies: they cannot be checked.";
        return Some((0, said.to_owned()));
    }
    let ends = opening.minor.saturating_add(look.sum);
    let code = opening.currency.code();
    (ends != closing.minor).then(|| {
        let said = format!(
            "It begins with {}, its entries come to {}, and it ends with {}.",
            units(code, opening.minor),
            units(code, look.sum),
            units(code, closing.minor)
        );
        (ends.saturating_sub(closing.minor), said)
    })
}

/// What is wrong between two statements of an account.
pub(super) enum Between {
    /// One is missing.
    Gap(String),
    /// The one does not begin where the other ended.
    Break(i64, String),
}

/// Whether a statement follows on the one before it.
pub(super) fn between(
    before: &bank_statement::Model,
    row: &bank_statement::Model,
) -> Option<Between> {
    if let (Some(last), Some(this)) = (before.sequence, row.sequence)
        && this > last + 1
    {
        let missing = match this - last {
            2 => format!("{} is missing", last + 1),
            _ => format!("{} to {} are missing", last + 1, this - 1),
        };
        let said = format!("Statement {this} follows on {last}: {missing}.");
        return Some(Between::Gap(said));
    }
    let (Some(ended), Some(begins)) = (before.closing_minor, row.opening_minor) else {
        return None;
    };
    let same = before.closing_currency == row.currency;
    (same && ended != begins).then(|| {
        let code = row.currency.as_deref().unwrap_or_default();
        let said = format!(
            "It begins with {}, the statement before it ended with {}.",
            units(code, begins),
            units(code, ended)
        );
        Between::Break(begins.saturating_sub(ended), said)
    })
}

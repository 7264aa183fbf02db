//! `exceptionResolve`, `exceptionDecide` and `exceptionReopen`: a person explains a difference.
//!
//! What is written off or moved to suspense is booked; a write-off above its author's refund limit waits for a second
//! person whose own limit suffices. What was booked for it is taken back when it is opened again.

use super::exceptions;
use super::matches::{self, CreateMatch, books_in_reach};
use super::{open, sql};
use crate::actor::Actor;
use crate::audit;
use crate::bank::sql as bank;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::ledger::chart::Account;
use crate::ledger::entry::Books;
use crate::ledger::reverse::reversal;
use crate::ledger::templates::{self, Explained};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    PayoutState, ReconciliationExceptionKind as Kind, ReconciliationExceptionState as State,
    ReconciliationResolution as Resolution, SettlementLineState, TransactionKind,
};
use entities::{match_row, reconciliation_exception as exception};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The rule of a step that was written off.
pub(super) const WRITTEN_OFF: &str = "written_off";
/// The rule of a step that was moved to suspense.
pub(super) const SUSPENDED: &str = "suspended";

/// How a difference is explained.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveException {
    /// Which.
    pub exception_id: Uuid,
    /// How.
    #[serde(serialize_with = "crate::as_column")]
    pub resolution: Resolution,
    /// With what it is matched, where it is.
    pub matching: Option<CreateMatch>,
    /// Why.
    pub note: String,
}

/// What a second person says.
#[derive(Debug, Clone, Serialize)]
pub struct DecideException {
    /// Of which.
    pub exception_id: Uuid,
    /// Whether they agree.
    pub grant: bool,
    /// Why.
    pub note: Option<String>,
}

/// What is to be looked at once more.
#[derive(Debug, Clone, Serialize)]
pub struct ReopenException {
    /// Which.
    pub exception_id: Uuid,
    /// Why.
    pub note: String,
}

fn refused(code: RefusalCode, field: &str, message: impl Into<String>) -> Error {
    Error::refused(Refusal::new(code, field, message))
}

/// A difference within reach, locked, and the books that it is about.
async fn take(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<(exception::Model, Books)> {
    let missing = || Error::refused(checks::not_found("exceptionId", "exception"));
    let row = sql::lock_exception(tx, id).await?.ok_or_else(missing)?;
    let books =
        books_in_reach(tx, actor, row.legal_entity_id, ("exceptionId", "exception")).await?;
    Ok((row, books))
}

/// Explains a difference and answers with its id.
pub async fn exception_resolve(
    store: &Store,
    call: Call<'_>,
    command: &ResolveException,
) -> Result<Uuid> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    let note = &checks::text(&mut faults, "note", &command.note, 1_000);
    if command.resolution == Resolution::Matched && command.matching.is_none() {
        faults.add(RefusalCode::Required, "match", "says with what it is matched");
    }
    let may_match = matches!(command.resolution, Resolution::Matched | Resolution::WrittenOff);
    if command.matching.is_some() && !may_match {
        faults.add(RefusalCode::Invalid, "match", "goes with MATCHED or WRITTEN_OFF alone");
    }
    faults.check()?;
    once(store, call, "exceptionResolve", command, |tx| async move {
        let (row, books) = take(&tx, call.actor, command.exception_id).await?;
        if row.state != State::Open {
            return Err(refused(RefusalCode::StateConflict, "exceptionId", "it is not open"));
        }
        let mut batch = Batch::default();
        let data = json!({ "resolution": command.resolution.to_value(), "note": note });
        audit::record(&tx, call.actor, &mut batch, Some(("rex", row.id)), &audit::made(&data));
        if command.resolution == Resolution::WrittenOff
            && beyond(&tx, call.actor, &row, books.clone()).await?
        {
            if command.matching.is_some() {
                let message =
                    "it is above your limit: write it off without a match, or match it first";
                return Err(refused(RefusalCode::PolicyViolation, "match", message));
            }
            let row = exception::Model {
                state: State::AwaitingApproval,
                resolution: Some(Resolution::WrittenOff),
                note: Some(note.clone()),
                wanted_by_kind: Some(call.actor.kind),
                wanted_by_id: call.actor.id,
                ..row
            };
            batch.save(&row);
            let told = exception::Model { resolution: None, ..row.clone() };
            exceptions::tell(&tx, call.actor, &mut batch, &told, events::EXCEPTION_AWAITS);
            batch.insert(&tx).await?;
            return Ok(row.id);
        }
        let how = (command.resolution, note.as_str());
        explain(&tx, call.actor, batch, (row, books), how, command.matching.as_ref()).await
    })
    .await
}

/// Whether a write-off passes the author's limit, in the currency of the books.
async fn beyond(
    tx: &WriteTx,
    actor: &Actor,
    row: &exception::Model,
    mut books: Books,
) -> Result<bool> {
    let Some(limit) = actor.limits.refund else { return Ok(false) };
    let currency = Currency::of_row(&row.currency)?;
    let worth = books.worth(tx, currency, row.amount_minor, tx.now()).await?;
    let limit = books.base.minor(limit.round_dp(books.base.digits())).unwrap_or(i64::MAX);
    Ok(worth.base > limit)
}

/// Agrees to a write-off or not, and answers with the id of the difference.
pub async fn exception_decide(
    store: &Store,
    call: Call<'_>,
    command: &DecideException,
) -> Result<Uuid> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    let note = &checks::optional(&mut faults, "note", command.note.as_deref(), 1_000);
    faults.check()?;
    once(store, call, "exceptionDecide", command, |tx| async move {
        let (row, books) = take(&tx, call.actor, command.exception_id).await?;
        if row.state != State::AwaitingApproval {
            return Err(refused(RefusalCode::StateConflict, "exceptionId", "it awaits nobody"));
        }
        if row.wanted_by_kind == Some(call.actor.kind) && row.wanted_by_id == call.actor.id {
            let message = "who wants to write it off does not agree to it too";
            return Err(refused(RefusalCode::PolicyViolation, "exceptionId", message));
        }
        let mut batch = Batch::default();
        let data = json!({ "grant": command.grant, "note": note });
        audit::record(&tx, call.actor, &mut batch, Some(("rex", row.id)), &audit::made(&data));
        if !command.grant {
            let row = exception::Model {
                state: State::Open,
                resolution: None,
                note: note.clone().or(row.note),
                wanted_by_kind: None,
                wanted_by_id: None,
                ..row
            };
            batch.save(&row);
            exceptions::tell(&tx, call.actor, &mut batch, &row, events::EXCEPTION_RAISED);
            batch.insert(&tx).await?;
            return Ok(row.id);
        }
        if beyond(&tx, call.actor, &row, books.clone()).await? {
            let message = "it is above your limit too";
            return Err(refused(RefusalCode::LimitExceeded, "exceptionId", message));
        }
        let said = note.clone().or_else(|| row.note.clone()).unwrap_or_default();
        explain(&tx, call.actor, batch, (row, books), (Resolution::WrittenOff, &said), None).await
    })
    .await
}

/// Where what a difference is about stands in the books, and how much of it: positive is to us.
struct Stake {
    account: Account,
    minor: i64,
    currency: Currency,
    keys: serde_json::Value,
}

async fn explain(
    tx: &WriteTx,
    actor: &Actor,
    mut batch: Batch,
    (row, mut books): (exception::Model, Books),
    (resolution, note): (Resolution, &str),
    matching: Option<&CreateMatch>,
) -> Result<Uuid> {
    if let Some(command) = matching {
        check_about(&row, command)?;
        let spare = if resolution == Resolution::WrittenOff { row.amount_minor } else { 0 };
        matches::create_in(tx, actor, command, spare).await?;
        let row = sql::lock_exception(tx, row.id).await?.ok_or(Error::Contended)?;
        let how = (resolution, Some(note.to_owned()));
        exceptions::resolved(tx, actor, &mut batch, &row, how);
        batch.insert(tx).await?;
        return Ok(row.id);
    }
    let books_it = match resolution {
        Resolution::WrittenOff => Some((false, Account::BadDebt)),
        Resolution::MovedToSuspense => Some((true, Account::Unallocated)),
        Resolution::Matched
        | Resolution::Unmatched
        | Resolution::Disputed
        | Resolution::Accepted => None,
    };
    if let Some((suspends, to)) = books_it
        && let Some(stake) = stake(tx, &row).await?
    {
        let amount = books.worth(tx, stake.currency, stake.minor, tx.now()).await?;
        let to = if to == Account::BadDebt && stake.account == Account::Bank {
            Account::BankCharges
        } else {
            to
        };
        let one = Explained {
            source: tx.id(),
            exception: row.id,
            at: tx.now(),
            currency: stake.currency,
            amount,
            account: stake.account,
            to,
            keys: &stake.keys,
            description: note,
        };
        let template = if suspends { "difference.suspended" } else { "difference.written_off" };
        books.write(tx, &mut batch, templates::explained(template, &one))?;
        settle_subject(tx, actor, &mut batch, &row, suspends).await?;
    }
    if matches!(resolution, Resolution::Unmatched | Resolution::Accepted) {
        set_lines(tx, &row, SettlementLineState::Settled).await?;
    }
    let blocks = matches!(row.kind, Kind::StatementGap | Kind::BalanceBreak);
    if blocks {
        crate::bank::work::look_again(tx, &mut batch, row.legal_entity_id);
    }
    let how = (resolution, Some(note.to_owned()));
    let row = exceptions::resolved(tx, actor, &mut batch, &row, how);
    let step = row.transaction_id.as_slice();
    open::settle(tx, batch, step, Some(tx.now())).await?;
    Ok(row.id)
}

/// What is matched is what the difference is about.
fn check_about(row: &exception::Model, command: &CreateMatch) -> Result<()> {
    let same_line =
        row.settlement_line_id.is_some() && row.settlement_line_id == command.settlement_line_id;
    let same_entry = row.bank_line_id.is_some() && row.bank_line_id == command.bank_line_id;
    if same_line || same_entry {
        return Ok(());
    }
    Err(refused(RefusalCode::Invalid, "match", "is of the line that the exception is about"))
}

async fn set_lines(tx: &WriteTx, row: &exception::Model, state: SettlementLineState) -> Result<()> {
    if let Some(line) = row.settlement_line_id {
        let open = sql::lines(tx, &[line]).await?;
        if open.first().is_some_and(|line| line.state != SettlementLineState::Matched) {
            sql::set_line_state(tx, &[line], state).await?;
        }
    }
    if let Some(line) = row.bank_line_id {
        let open = bank::lines(tx, &[line]).await?;
        if open.first().is_some_and(|line| line.state != SettlementLineState::Matched) {
            bank::set_state(tx, &[line], state).await?;
        }
    }
    Ok(())
}

/// What is at stake, where anything of it is not in the books yet.
async fn stake(tx: &WriteTx, row: &exception::Model) -> Result<Option<Stake>> {
    let keys = json!({ "exception": row.id });
    if let Some(line) = row.settlement_line_id {
        let line = sql::lines(tx, &[line]).await?.pop().ok_or(Error::Contended)?;
        if line.state != SettlementLineState::Open {
            return Ok(None);
        }
        let currency = Currency::of_row(&line.currency)?;
        let keys = sql::report(tx, line.report_id).await?.map_or(keys, |report| {
            json!({ "provider": report.provider, "account": report.provider_account, "exception": row.id })
        });
        return Ok(Some(Stake {
            account: Account::Clearing,
            minor: line.net_minor,
            currency,
            keys,
        }));
    }
    if let Some(line) = row.bank_line_id {
        let line = bank::lines(tx, &[line]).await?.pop().ok_or(Error::Contended)?;
        if line.state != SettlementLineState::Open {
            return Ok(None);
        }
        let currency = Currency::of_row(&line.currency)?;
        let keys = json!({ "bankLine": line.id, "exception": row.id });
        return Ok(Some(Stake {
            account: Account::Bank,
            minor: line.amount_minor,
            currency,
            keys,
        }));
    }
    let unsettled = matches!(row.kind, Kind::MissingInPsp | Kind::RefundNotSettled);
    if let (Some(step), true) = (row.transaction_id, unsettled) {
        let Some(step) = sql::candidates_by_ids(tx, &[step]).await?.pop() else { return Ok(None) };
        let open = step.amount - step.matched;
        let succeeded = step.state == entities::enums::TransactionState::Succeeded;
        if open == 0 || !step.in_books || !succeeded {
            return Ok(None);
        }
        let currency = Currency::of_row(&step.currency)?;
        let minor = if step.kind == TransactionKind::Capture { -open } else { open };
        let keys = json!({ "payment": step.payment, "exception": row.id });
        return Ok(Some(Stake { account: Account::Clearing, minor, currency, keys }));
    }
    if let (Some(payout), Kind::MissingBankCredit) = (row.payout_id, row.kind) {
        let Some(payout) = bank::lock_payouts(tx, &[payout]).await?.pop() else { return Ok(None) };
        let open = payout.amount_minor - payout.received_minor;
        let currency = Currency::of_row(&payout.currency)?;
        let keys = json!({ "payout": payout.id, "exception": row.id });
        let account = Account::PayoutsInTransit;
        return Ok(Some(Stake { account, minor: -open, currency, keys }));
    }
    Ok(None)
}

/// What the difference is about is settled by it.
async fn settle_subject(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &exception::Model,
    suspends: bool,
) -> Result<()> {
    let state =
        if suspends { SettlementLineState::Suspended } else { SettlementLineState::Settled };
    set_lines(tx, row, state).await?;
    if let (Some(id), None, None) = (row.transaction_id, row.settlement_line_id, row.bank_line_id) {
        let Some(step) = sql::candidates_by_ids(tx, &[id]).await?.pop() else { return Ok(()) };
        let rule = if suspends { SUSPENDED } else { WRITTEN_OFF };
        let open = (step.currency.as_str(), step.amount - step.matched);
        batch.add(&match_row::Model {
            transaction_id: Some(id),
            ..matches::new_match(tx, actor, open, (rule, 100))
        });
    }
    if let (Some(id), Kind::MissingBankCredit) = (row.payout_id, row.kind) {
        let Some(mut payout) = bank::lock_payouts(tx, &[id]).await?.pop() else { return Ok(()) };
        payout.received_minor = payout.amount_minor;
        payout.state = PayoutState::Failed;
        batch.save(&payout);
    }
    Ok(())
}

/// Opens a difference once more, takes back what was booked for it, and answers with its id.
pub async fn exception_reopen(
    store: &Store,
    call: Call<'_>,
    command: &ReopenException,
) -> Result<Uuid> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    let note = &checks::text(&mut faults, "note", &command.note, 1_000);
    faults.check()?;
    once(store, call, "exceptionReopen", command, |tx| async move {
        let (row, books) = take(&tx, call.actor, command.exception_id).await?;
        if row.state != State::Resolved {
            return Err(refused(RefusalCode::StateConflict, "exceptionId", "it is open"));
        }
        if row.resolution == Some(Resolution::Matched) {
            let message = "it was matched: undo the match";
            return Err(refused(RefusalCode::StateConflict, "exceptionId", message));
        }
        let mut batch = Batch::default();
        let data = json!({ "note": note });
        audit::record(&tx, call.actor, &mut batch, Some(("rex", row.id)), &audit::made(&data));
        for entry in sql::entries_about(&tx, ("rex", row.id)).await? {
            books.write(
                &tx,
                &mut batch,
                reversal(&tx, &entry, "a difference that is open again").await?,
            )?;
            if let (Some(id), Kind::MissingBankCredit) = (row.payout_id, row.kind) {
                let Some(mut payout) = bank::lock_payouts(&tx, &[id]).await?.pop() else {
                    continue;
                };
                payout.received_minor -= sql::cleared_by(&tx, entry.id).await?;
                payout.state = PayoutState::Missing;
                batch.save(&payout);
            }
        }
        if let (Some(step), None, None) =
            (row.transaction_id, row.settlement_line_id, row.bank_line_id)
        {
            sql::undo_explained(&tx, step, &[WRITTEN_OFF, SUSPENDED]).await?;
            sql::settle_items(&tx, &[step], None).await?;
        }
        set_lines(&tx, &row, SettlementLineState::Open).await?;
        let row = exception::Model {
            state: State::Open,
            resolved_at: None,
            resolved_by_kind: None,
            resolved_by_id: None,
            resolution: None,
            wanted_by_kind: None,
            wanted_by_id: None,
            note: Some(note.clone()),
            ..row
        };
        batch.save(&row);
        exceptions::tell(&tx, call.actor, &mut batch, &row, events::EXCEPTION_RAISED);
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

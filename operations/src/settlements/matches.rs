//! `matchCreate`, `matchConfirm` and `matchUndo`: what a person says explains a line.
//!
//! A line of a settlement settles steps of payments; an entry of a statement is payouts, invoices, or a transfer that was
//! recorded already. What is matched is booked; undoing books the opposite, and the difference is open again.

use super::exceptions::{self, About, New};
use super::pass::{Booked, book_line};
use super::terms::Tolerances;
use super::{open, sql, work};
use crate::actor::Actor;
use crate::audit;
use crate::bank::sql as bank;
use crate::bank::work::book_receipt;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::idempotency::{Call, once};
use crate::invoices::pay::pay;
use crate::ledger::entry::Books;
use crate::ledger::read::in_reach;
use crate::ledger::reverse::reversal;
use crate::ledger::templates::{self, BANK_TRANSFER, Settled};
use crate::money::Currency;
use crate::payments::in_hand::take;
use crate::payments::report::{self, News};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    MatchState, PayoutState, ReconciliationExceptionKind as Raised, ReconciliationExceptionState,
    ReconciliationResolution, SettlementLineKind, SettlementLineState, SettlementReportState,
    TransactionState,
};
use entities::{bank_line, match_row, payout, settlement_line};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What explains a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Target {
    /// A step of a payment.
    Transaction(Uuid),
    /// A payout.
    Payout(Uuid),
    /// An invoice.
    Invoice(Uuid),
}

/// What a person matches; exactly one of the two lines.
#[derive(Debug, Clone, Serialize)]
pub struct CreateMatch {
    /// A line of a settlement.
    pub settlement_line_id: Option<Uuid>,
    /// An entry of a statement.
    pub bank_line_id: Option<Uuid>,
    /// With what, and how much of it.
    pub targets: Vec<(Target, Decimal)>,
    /// What is said of it.
    pub note: Option<String>,
}

/// A match.
#[derive(Debug, Clone, Serialize)]
pub struct OneMatch {
    /// Which.
    pub match_id: Uuid,
    /// What is said of it.
    pub note: Option<String>,
}

/// Targets of one call at most.
const MAX_TARGETS: usize = 100;

/// Matches, and answers with the ids of what was made.
pub async fn match_create(
    store: &Store,
    call: Call<'_>,
    command: &CreateMatch,
) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::SettlementsWrite)?;
    once(store, call, "matchCreate", command, |tx| async move {
        create_in(&tx, call.actor, command, 0).await
    })
    .await
}

fn refused(code: RefusalCode, field: &str, message: impl Into<String>) -> Error {
    Error::refused(Refusal::new(code, field, message))
}

/// The same within a transaction; `spare` is how much of the line, in minor units, need not be explained by it.
pub(super) async fn create_in(
    tx: &WriteTx,
    actor: &Actor,
    command: &CreateMatch,
    spare: i64,
) -> Result<Vec<Uuid>> {
    let mut faults = Faults::default();
    let note = checks::optional(&mut faults, "note", command.note.as_deref(), 1_000);
    if command.targets.is_empty() || command.targets.len() > MAX_TARGETS {
        let message = format!("takes 1 to {MAX_TARGETS} targets");
        faults.add(RefusalCode::LimitExceeded, "targets", message);
    }
    if command.settlement_line_id.is_some() == command.bank_line_id.is_some() {
        let message = "exactly one of settlementLineId and bankLineId";
        faults.add(RefusalCode::Invalid, "settlementLineId", message);
    }
    faults.check()?;
    match (command.settlement_line_id, command.bank_line_id) {
        (Some(line), _) => settle(tx, actor, (line, spare), &command.targets, (note, None)).await,
        (None, Some(line)) => receive(tx, actor, (line, spare), &command.targets, note).await,
        (None, None) => Err(Error::Contended),
    }
}

/// A company's books, if the actor reaches them.
pub(super) async fn books_in_reach(
    tx: &WriteTx,
    actor: &Actor,
    entity: Uuid,
    (field, what): (&str, &str),
) -> Result<Books> {
    let reach = in_reach(tx, actor).await?;
    let missing = || Error::refused(checks::not_found(field, what));
    if reach.is_some_and(|entities| !entities.contains(&entity)) {
        return Err(missing());
    }
    Books::of_entity(tx, entity).await?.ok_or_else(missing)
}

async fn settle(
    tx: &WriteTx,
    actor: &Actor,
    (id, spare): (Uuid, i64),
    targets: &[(Target, Decimal)],
    (note, proposed): (Option<String>, Option<&match_row::Model>),
) -> Result<Vec<Uuid>> {
    let missing = || Error::refused(checks::not_found("settlementLineId", "settlement line"));
    let line = sql::lines(tx, &[id]).await?.pop().ok_or_else(missing)?;
    let mut report = sql::lock_report(tx, line.report_id).await?.ok_or_else(missing)?;
    let where_to = ("settlementLineId", "settlement line");
    let mut books = books_in_reach(tx, actor, report.legal_entity_id, where_to).await?;
    if report.state != SettlementReportState::Imported {
        return Err(missing());
    }
    let line = sql::lines(tx, &[id]).await?.pop().ok_or_else(missing)?;
    if line.state != SettlementLineState::Open {
        return Err(refused(
            RefusalCode::AlreadyReconciled,
            "settlementLineId",
            "it is explained already",
        ));
    }
    let mut ids = Vec::new();
    for (place, (target, _)) in targets.iter().enumerate() {
        match target {
            Target::Transaction(step) => ids.push(*step),
            Target::Payout(_) | Target::Invoice(_) => {
                let field = format!("targets.{place}.targetId");
                let message = "a line of a settlement settles steps of payments";
                return Err(refused(RefusalCode::Invalid, &field, message));
            }
        }
    }
    let currency = Currency::of_row(&line.gross_currency)?;
    let steps = sql::candidates_by_ids(tx, &ids).await?;
    let mut faults = Faults::default();
    let mut parts = Vec::new();
    let mut sum = 0_i64;
    for (place, (target, amount)) in targets.iter().enumerate() {
        let field = |name: &str| format!("targets.{place}.{name}");
        let Target::Transaction(step) = target else { continue };
        let step = steps.iter().find(|one| one.id == *step && one.entity == report.legal_entity_id);
        let Some(step) = step else {
            faults.push(checks::not_found(&field("targetId"), "transaction"));
            continue;
        };
        let Some(minor) = faults.take(&field("amount"), currency.minor(*amount)) else { continue };
        if step.currency != line.gross_currency {
            let message =
                format!("the payment is in {}, the line in {}", step.currency, line.gross_currency);
            faults.add(RefusalCode::CurrencyMismatch, &field("targetId"), message);
        } else if minor <= 0 || minor > step.amount - step.matched {
            let message =
                format!("{} of it is not settled", currency.decimal(step.amount - step.matched));
            faults.add(RefusalCode::AmountExceeded, &field("amount"), message);
        }
        sum = sum.saturating_add(minor);
        parts.push((step.clone(), minor));
    }
    let off = line.gross_minor.saturating_abs() - sum;
    let count = i64::try_from(parts.len()).unwrap_or(0);
    let tolerances = Tolerances::of_entity(tx, report.legal_entity_id).await?;
    let most = tolerances.of(&line.gross_currency).line.saturating_mul(count);
    if faults.is_empty() && off.abs() > spare.max(most) {
        let message = format!(
            "the line is about {}, the targets about {}",
            currency.decimal(line.gross_minor.abs()),
            currency.decimal(sum)
        );
        faults.add(RefusalCode::AmountExceeded, "targets", message);
    }
    faults.check()?;
    let mut batch = Batch::default();
    let booked = book_line(tx, &mut books, &report, &line, &parts).await?;
    let said = (note.as_deref(), proposed);
    let rows = write_rows(tx, actor, &mut batch, &line, (&parts, &booked), said);
    enter(
        tx,
        &mut batch,
        &books,
        &report,
        (rows.first().copied().unwrap_or(id), "settlement"),
        &booked,
    )?;
    sql::set_line_state(tx, &[line.id], SettlementLineState::Matched).await?;
    sql::drop_proposals(tx, "settlement_line_id", &[line.id]).await?;
    report.matched_count += 1;
    batch.save(&report);
    explained(tx, actor, &mut batch, &line.id.to_string()).await?;
    for (step, _) in &parts {
        explained(tx, actor, &mut batch, &step.id.to_string()).await?;
    }
    tell(
        tx,
        actor,
        &mut batch,
        (rows.first().copied().unwrap_or(id), &line.gross_currency, sum),
        (proposed.map_or(BY_HAND.0, |row| &row.rule), events::MATCH_MADE),
    );
    open::sum(tx, &mut batch, &report, std::iter::once(&line), true).await?;
    open::settle(tx, batch, &ids, report.booked_at.or(Some(tx.now()))).await?;
    Ok(rows)
}

/// The rows of a line that is matched by hand; the first one carries what it does to the books.
fn write_rows(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    line: &settlement_line::Model,
    (parts, booked): (&[(sql::Candidate, i64)], &Booked),
    (note, proposed): (Option<&str>, Option<&match_row::Model>),
) -> Vec<Uuid> {
    let by = proposed.map_or(BY_HAND, |row| (&row.rule, row.confidence_percent));
    let mut rows = Vec::with_capacity(parts.len());
    for (place, (step, minor)) in parts.iter().enumerate() {
        let first = place == 0;
        let made = new_match(tx, actor, (&line.gross_currency, *minor), by);
        let row = match_row::Model {
            id: proposed.map_or(made.id, |row| row.id),
            settlement_line_id: Some(line.id),
            transaction_id: Some(step.id),
            gross_base_minor: if first { booked.gross_base } else { 0 },
            came_to_base_minor: if first { booked.came_to_base } else { 0 },
            fee_base_minor: if first { booked.fee_base } else { 0 },
            note: note.map(str::to_owned),
            ..made
        };
        rows.push(row.id);
        batch.save(&row);
    }
    rows
}

/// A match that counts, of nothing yet.
pub(crate) fn new_match(
    tx: &WriteTx,
    actor: &Actor,
    (currency, minor): (&str, i64),
    (rule, confidence): (&str, i32),
) -> match_row::Model {
    match_row::Model {
        id: tx.id(),
        settlement_line_id: None,
        bank_line_id: None,
        transaction_id: None,
        payout_id: None,
        invoice_id: None,
        currency: currency.to_owned(),
        amount_minor: minor,
        gross_base_minor: 0,
        came_to_base_minor: 0,
        fee_base_minor: 0,
        state: MatchState::Confirmed,
        rule: rule.to_owned(),
        confidence_percent: confidence,
        note: None,
        matched_by_kind: actor.kind,
        matched_by_id: actor.id,
        matched_at: tx.now(),
    }
}

/// What a person says, for certain.
const BY_HAND: (&str, i32) = ("by_hand", 100);

fn enter(
    tx: &WriteTx,
    batch: &mut Batch,
    books: &Books,
    report: &entities::settlement_report::Model,
    (source, template): (Uuid, &'static str),
    booked: &Booked,
) -> Result<()> {
    let description = format!("Settlement {} of {}, by hand", report.reference, report.provider);
    let one = Settled {
        source,
        report: report.id,
        at: report.booked_at.unwrap_or_else(|| tx.now()),
        provider: &report.provider,
        account: report.provider_account.as_deref(),
        description: &description,
        effects: &booked.effects,
    };
    books.write(tx, batch, templates::settlement(template, &one))
}

/// What was open of a line is explained.
async fn explained(tx: &WriteTx, actor: &Actor, batch: &mut Batch, subject: &str) -> Result<()> {
    let lasting = [
        Raised::Chargeback,
        Raised::LateChargeback,
        Raised::RefundAndChargeback,
        Raised::RefundFailed,
    ];
    for row in sql::exceptions_about(tx, &[subject]).await? {
        if row.state != ReconciliationExceptionState::Resolved && !lasting.contains(&row.kind) {
            exceptions::resolved(tx, actor, batch, &row, (ReconciliationResolution::Matched, None));
        }
    }
    Ok(())
}

fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (id, currency, minor): (Uuid, &str, i64),
    (rule, kind): (&str, &'static EventKind),
) {
    let amount = Currency::from_code(currency).map(|currency| currency.decimal(minor));
    let data = json!({ "amount": amount, "currency": currency, "rule": rule });
    let event = NewEvent::new(kind, ("mat", id), data);
    audit::record(tx, actor, batch, Some(event.subject), &audit::made(&event.data));
    events::record(tx, actor, batch, event);
}

/// An entry of a statement, its statement and the books, if the actor reaches them.
async fn entry_in_reach(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
) -> Result<(bank_line::Model, Uuid, Books)> {
    let missing = || Error::refused(checks::not_found("bankLineId", "bank line"));
    let line = bank::lock_line(tx, id).await?.ok_or_else(missing)?;
    let statement = bank::statements(tx, &[line.statement_id]).await?.pop().ok_or_else(missing)?;
    let entity = statement.legal_entity_id;
    let books = books_in_reach(tx, actor, entity, ("bankLineId", "bank line")).await?;
    Ok((line, entity, books))
}

#[expect(
    clippy::too_many_lines,
    reason = "one check for each kind of target, then one step for each"
)]
async fn receive(
    tx: &WriteTx,
    actor: &Actor,
    (id, spare): (Uuid, i64),
    targets: &[(Target, Decimal)],
    note: Option<String>,
) -> Result<Vec<Uuid>> {
    let (line, entity, mut books) = entry_in_reach(tx, actor, id).await?;
    if line.state != SettlementLineState::Open {
        return Err(refused(
            RefusalCode::AlreadyReconciled,
            "bankLineId",
            "it is explained already",
        ));
    }
    let currency = Currency::of_row(&line.currency)?;
    let sign = if line.amount_minor < 0 { -1 } else { 1 };
    let ids: Vec<Uuid> = targets
        .iter()
        .filter_map(|(target, _)| if let Target::Payout(id) = target { Some(*id) } else { None })
        .collect();
    let mut payouts: Vec<payout::Model> = bank::lock_payouts(tx, &ids).await?;
    payouts.retain(|payout| payout.legal_entity_id == entity);
    let mut faults = Faults::default();
    let mut sum = 0_i64;
    let mut minors = Vec::new();
    for (place, (target, amount)) in targets.iter().enumerate() {
        let field = |name: &str| format!("targets.{place}.{name}");
        let minor = faults.take(&field("amount"), currency.minor(*amount)).unwrap_or(0);
        if minor <= 0 {
            faults.add(RefusalCode::Invalid, &field("amount"), "is above 0");
        }
        sum = sum.saturating_add(minor);
        minors.push(minor);
        if let Target::Payout(id) = target {
            match payouts.iter().find(|payout| payout.id == *id) {
                None => faults.push(checks::not_found(&field("targetId"), "payout")),
                Some(payout) => check_payout(&mut faults, &field, (payout, &line), minor * sign),
            }
        }
        if let Target::Transaction(id) = target {
            let step = sql::candidates_by_ids(tx, &[*id]).await?.pop();
            match step.filter(|step| step.entity == entity) {
                None => faults.push(checks::not_found(&field("targetId"), "transaction")),
                Some(step)
                    if sql::provider_of(tx, step.payment).await?.as_deref()
                        != Some(BANK_TRANSFER) =>
                {
                    let message = "a provider took it: match the payout that brought it";
                    faults.add(RefusalCode::Invalid, &field("targetId"), message);
                }
                Some(step) if minor > step.amount - step.matched => {
                    let message = format!(
                        "{} of it is not matched",
                        currency.decimal(step.amount - step.matched)
                    );
                    faults.add(RefusalCode::AmountExceeded, &field("amount"), message);
                }
                Some(_) => {}
            }
        }
    }
    let off = line.amount_minor.saturating_abs() - sum;
    if faults.is_empty() && off.abs() > spare {
        let message = format!(
            "the entry is about {}, the targets about {}",
            currency.decimal(line.amount_minor.abs()),
            currency.decimal(sum)
        );
        faults.add(RefusalCode::AmountExceeded, "targets", message);
    }
    faults.check()?;
    let mut batch = Batch::default();
    let (mut rows, mut steps) = (Vec::new(), Vec::new());
    for ((target, amount), minor) in targets.iter().zip(minors) {
        let mut row = match_row::Model {
            bank_line_id: Some(line.id),
            note: note.clone(),
            ..new_match(tx, actor, (&line.currency, minor * sign), BY_HAND)
        };
        match target {
            Target::Payout(id) => {
                let Some(payout) = payouts.iter_mut().find(|payout| payout.id == *id) else {
                    continue;
                };
                row.payout_id = Some(*id);
                take_in(tx, actor, &mut batch, &mut books, (payout, &line), &row, spare).await?;
            }
            Target::Invoice(id) => {
                row.invoice_id = Some(*id);
                let reference = line.reference.as_deref();
                let paid = pay(tx, actor, (*id, *amount), &line.booked_at, reference).await?;
                row.transaction_id = Some(paid);
            }
            Target::Transaction(id) => row.transaction_id = Some(*id),
        }
        rows.push(row.id);
        steps.extend(row.transaction_id);
        batch.add(&row);
    }
    for payout in &payouts {
        batch.save(payout);
    }
    bank::set_state(tx, &[line.id], SettlementLineState::Matched).await?;
    sql::drop_proposals(tx, "bank_line_id", &[line.id]).await?;
    explained(tx, actor, &mut batch, &line.id.to_string()).await?;
    tell(
        tx,
        actor,
        &mut batch,
        (rows.first().copied().unwrap_or(id), &line.currency, sum),
        (BY_HAND.0, events::MATCH_MADE),
    );
    open::settle(tx, batch, &steps, Some(tx.now())).await?;
    Ok(rows)
}

fn check_payout(
    faults: &mut Faults,
    field: &impl Fn(&str) -> String,
    (payout, line): (&payout::Model, &bank_line::Model),
    minor: i64,
) {
    let open = payout.amount_minor - payout.received_minor;
    if payout.currency != line.currency {
        let message =
            format!("the payout is in {}, the entry in {}", payout.currency, line.currency);
        faults.add(RefusalCode::CurrencyMismatch, &field("targetId"), message);
    } else if !payout.booked {
        let message = "its provider has not said that it was sent";
        faults.add(RefusalCode::StateConflict, &field("targetId"), message);
    } else if minor.abs() > open.abs() || (minor < 0) != (open < 0) {
        let message =
            format!("{} of it is on its way", super::totals::units(&payout.currency, open));
        faults.add(RefusalCode::AmountExceeded, &field("amount"), message);
    }
}

/// A payout is at the bank, by so much; what little remains of it is the bank's charge, and so is what a person spares.
async fn take_in(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    books: &mut Books,
    (payout, line): (&mut payout::Model, &bank_line::Model),
    row: &match_row::Model,
    spare: i64,
) -> Result<()> {
    let rest = payout.amount_minor - payout.received_minor - row.amount_minor;
    let tolerances = Tolerances::of_entity(tx, payout.legal_entity_id).await?;
    let abroad = payout.currency != books.base.code();
    let kept = rest.abs() <= tolerances.of(&payout.currency).of_bank(abroad).max(spare);
    let charge = if kept { rest } else { 0 };
    book_receipt(tx, batch, books, (payout, line), (row, charge)).await?;
    payout.received_minor += row.amount_minor + charge;
    if payout.received_minor == payout.amount_minor {
        payout.state = PayoutState::Received;
        events::record(tx, actor, batch, work::told(payout, events::PAYOUT_RECEIVED)?);
        for open in sql::exceptions_about(tx, &[&payout.id.to_string()]).await? {
            if open.kind == Raised::MissingBankCredit
                && open.state != ReconciliationExceptionState::Resolved
            {
                exceptions::resolved(
                    tx,
                    actor,
                    batch,
                    &open,
                    (ReconciliationResolution::Matched, None),
                );
            }
        }
    }
    Ok(())
}

/// Agrees to what was proposed, and answers with the id of the match.
pub async fn match_confirm(store: &Store, call: Call<'_>, command: &OneMatch) -> Result<Uuid> {
    call.actor.require(Permission::SettlementsWrite)?;
    once(store, call, "matchConfirm", command, |tx| async move {
        let missing = || Error::refused(checks::not_found("matchId", "match"));
        let actor = call.actor;
        let row = sql::lock_match(&tx, command.match_id).await?.ok_or_else(missing)?;
        if let (Some(line), Some(step)) = (row.settlement_line_id, row.transaction_id) {
            return confirm_settled(&tx, actor, (&row, line, step), command.note.clone()).await;
        }
        let (Some(line), Some(payout)) = (row.bank_line_id, row.payout_id) else {
            return Err(refused(
                RefusalCode::StateConflict,
                "matchId",
                "nothing of it is proposed",
            ));
        };
        let (line, _, mut books) = entry_in_reach(&tx, actor, line).await.map_err(|_| missing())?;
        if row.state != MatchState::Proposed {
            return Err(refused(
                RefusalCode::StateConflict,
                "matchId",
                "it is not proposed any longer",
            ));
        }
        let mut payout = bank::lock_payouts(&tx, &[payout]).await?.pop().ok_or_else(missing)?;
        let mut faults = Faults::default();
        check_payout(&mut faults, &|_| "matchId".to_owned(), (&payout, &line), row.amount_minor);
        faults.check()?;
        let others = bank::matches_of_lines(&tx, &[line.id]).await?;
        let confirmed: i64 = others
            .iter()
            .filter(|other| other.state == MatchState::Confirmed)
            .map(|other| other.amount_minor)
            .sum();
        let mut batch = Batch::default();
        let row = match_row::Model {
            state: MatchState::Confirmed,
            matched_by_kind: actor.kind,
            matched_by_id: actor.id,
            matched_at: tx.now(),
            note: command.note.clone().or(row.note),
            ..row
        };
        take_in(&tx, actor, &mut batch, &mut books, (&mut payout, &line), &row, 0).await?;
        batch.save(&payout);
        batch.save(&row);
        if confirmed + row.amount_minor == line.amount_minor {
            bank::set_state(&tx, &[line.id], SettlementLineState::Matched).await?;
            sql::drop_proposals(&tx, "bank_line_id", &[line.id]).await?;
            explained(&tx, actor, &mut batch, &line.id.to_string()).await?;
        }
        tell(
            &tx,
            actor,
            &mut batch,
            (row.id, &row.currency, row.amount_minor),
            (&row.rule, events::MATCH_MADE),
        );
        batch.insert(&tx).await?;
        Ok(row.id)
    })
    .await
}

/// A step that was proposed for a line of a settlement is it.
async fn confirm_settled(
    tx: &WriteTx,
    actor: &Actor,
    (row, line, step): (&match_row::Model, Uuid, Uuid),
    note: Option<String>,
) -> Result<Uuid> {
    if row.state != MatchState::Proposed {
        let message = "it is not proposed any longer";
        return Err(refused(RefusalCode::StateConflict, "matchId", message));
    }
    let amount = Currency::of_row(&row.currency)?.decimal(row.amount_minor);
    let targets = [(Target::Transaction(step), amount)];
    let note = note.or_else(|| row.note.clone());
    match settle(tx, actor, (line, 0), &targets, (note, Some(row))).await {
        Ok(_) => Ok(row.id),
        Err(Error::Refused(refusals)) => {
            let field = || vec!["matchId".to_owned()];
            let here = |refusal: Refusal| Refusal { field: field(), ..refusal };
            Err(Error::Refused(refusals.into_iter().map(here).collect()))
        }
        Err(error) => Err(error),
    }
}

/// Takes a match back with what it did, and answers with the ids of all that went with it: a line is explained as a whole.
pub async fn match_undo(store: &Store, call: Call<'_>, command: &OneMatch) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::SettlementsWrite)?;
    once(store, call, "matchUndo", command, |tx| async move {
        let missing = || Error::refused(checks::not_found("matchId", "match"));
        let row = sql::lock_match(&tx, command.match_id).await?.ok_or_else(missing)?;
        if row.state == MatchState::Undone {
            return Err(refused(
                RefusalCode::StateConflict,
                "matchId",
                "it was taken back already",
            ));
        }
        match (row.settlement_line_id, row.bank_line_id) {
            (Some(line), _) => {
                undo_settled(&tx, call.actor, &row, line, command.note.as_deref()).await
            }
            (None, Some(line)) => {
                undo_received(&tx, call.actor, &row, line, command.note.as_deref()).await
            }
            (None, None) => Err(refused(
                RefusalCode::StateConflict,
                "matchId",
                "it was written off: reopen the exception",
            )),
        }
    })
    .await
}

async fn undo_settled(
    tx: &WriteTx,
    actor: &Actor,
    row: &match_row::Model,
    line: Uuid,
    note: Option<&str>,
) -> Result<Vec<Uuid>> {
    let missing = || Error::refused(checks::not_found("matchId", "match"));
    let line = sql::lines(tx, &[line]).await?.pop().ok_or_else(missing)?;
    let mut report = sql::lock_report(tx, line.report_id).await?.ok_or_else(missing)?;
    let mut books = books_in_reach(tx, actor, report.legal_entity_id, ("matchId", "match")).await?;
    if row.state == MatchState::Proposed {
        let mut batch = Batch::default();
        take_back(tx, actor, &mut batch, std::slice::from_ref(row), note);
        batch.insert(tx).await?;
        return Ok(vec![row.id]);
    }
    if row.transaction_id.is_none() || line.kind == SettlementLineKind::RefundReversal {
        let message = "what a provider says of its own payouts and of refunds that failed stays";
        return Err(refused(RefusalCode::StateConflict, "matchId", message));
    }
    let rows = sql::matches_of_lines(tx, &[line.id]).await?;
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.transaction_id).collect();
    let steps = sql::candidates_by_ids(tx, &ids).await?;
    let parts: Vec<(sql::Candidate, i64)> = rows
        .iter()
        .filter_map(|row| {
            let step = steps.iter().find(|step| Some(step.id) == row.transaction_id)?;
            Some((step.clone(), row.amount_minor))
        })
        .collect();
    let booked = book_line(tx, &mut books, &report, &line, &parts).await?.opposite();
    let mut batch = Batch::default();
    let source = tx.id();
    enter(tx, &mut batch, &books, &report, (source, "settlement.undone"), &booked)?;
    take_back(tx, actor, &mut batch, &rows, note);
    sql::set_line_state(tx, &[line.id], SettlementLineState::Open).await?;
    report.matched_count -= 1;
    let new = New {
        kind: Raised::MissingInLedger,
        subject: line.id.to_string(),
        entity: report.legal_entity_id,
        provider: Some(report.provider.clone()),
        currency: line.gross_currency.clone(),
        minor: line.gross_minor,
        explanation: "Its match was taken back.".to_owned(),
        about: About { report: Some(report.id), line: Some(line.id), ..About::default() },
    };
    report.exception_count += reopen(tx, actor, &mut batch, new).await?;
    batch.save(&report);
    open::sum(tx, &mut batch, &report, std::iter::once(&line), false).await?;
    open::settle(tx, batch, &ids, None).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn take_back(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    rows: &[match_row::Model],
    note: Option<&str>,
) {
    for row in rows {
        let undone = match_row::Model {
            state: MatchState::Undone,
            note: note.map(str::to_owned).or_else(|| row.note.clone()),
            ..row.clone()
        };
        batch.save(&undone);
        tell(
            tx,
            actor,
            batch,
            (row.id, &row.currency, row.amount_minor),
            (&row.rule, events::MATCH_UNDONE),
        );
    }
}

/// Opens what a line had raised once more, or raises it.
async fn reopen(tx: &WriteTx, actor: &Actor, batch: &mut Batch, new: New) -> Result<i32> {
    let known = sql::exceptions_about(tx, &[&new.subject]).await?;
    let before =
        known.into_iter().find(|row| row.resolution == Some(ReconciliationResolution::Matched));
    let new = match before {
        Some(before) => New {
            kind: before.kind,
            minor: before.amount_minor,
            currency: before.currency,
            explanation: before.explanation,
            ..new
        },
        None => new,
    };
    exceptions::raise(tx, actor, batch, vec![new]).await
}

/// What an invoice was paid with was not meant for it: its order is owed as much again.
async fn unpay(tx: &WriteTx, actor: &Actor, capture: Uuid) -> Result<()> {
    let missing = || Error::refused(checks::not_found("matchId", "match"));
    let found = crate::payments::sql::transactions_by_ids(tx, &[capture]).await?.pop();
    let step = found.ok_or_else(missing)?;
    if step.state == TransactionState::Failed {
        return Ok(());
    }
    let taken = take(tx, actor, step.payment_id, None).await?;
    let news = News {
        kind: step.kind,
        state: TransactionState::Failed,
        minor: step.amount_minor,
        reference: step.provider_reference.clone(),
        message: Some("its match with an entry of the bank was undone".to_owned()),
        at: tx.now(),
    };
    if report::tell(tx, actor, taken, Some(&step), news).await? {
        return Ok(());
    }
    let message = "some of the payment was given back already: it stays";
    Err(refused(RefusalCode::StateConflict, "matchId", message))
}

async fn undo_received(
    tx: &WriteTx,
    actor: &Actor,
    row: &match_row::Model,
    line: Uuid,
    note: Option<&str>,
) -> Result<Vec<Uuid>> {
    let missing = || Error::refused(checks::not_found("matchId", "match"));
    let (line, entity, books) = entry_in_reach(tx, actor, line).await.map_err(|_| missing())?;
    let mut batch = Batch::default();
    if row.state == MatchState::Proposed {
        take_back(tx, actor, &mut batch, std::slice::from_ref(row), note);
        batch.insert(tx).await?;
        return Ok(vec![row.id]);
    }
    let mut rows = bank::matches_of_lines(tx, &[line.id]).await?;
    rows.retain(|row| row.state == MatchState::Confirmed);
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.payout_id).collect();
    let mut payouts = bank::lock_payouts(tx, &ids).await?;
    for row in &rows {
        if let (Some(_), Some(capture)) = (row.invoice_id, row.transaction_id) {
            unpay(tx, actor, capture).await?;
        }
        let of_row = payouts.iter_mut().find(|payout| Some(payout.id) == row.payout_id);
        let Some(payout) = of_row else { continue };
        let entry = sql::entry_of(tx, "payout.received", row.id).await?.ok_or(Error::Contended)?;
        let cleared = sql::cleared_by(tx, entry.id).await?;
        books.write(tx, &mut batch, reversal(tx, &entry, "a match that was undone").await?)?;
        payout.received_minor -= cleared;
        payout.state = PayoutState::InTransit;
    }
    for payout in &payouts {
        events::record(tx, actor, &mut batch, work::told(payout, events::PAYOUT_REOPENED)?);
        batch.save(payout);
    }
    bank::set_state(tx, &[line.id], SettlementLineState::Open).await?;
    let kind = if line.amount_minor < 0 {
        Raised::UnexpectedBankDebit
    } else {
        Raised::UnexpectedBankCredit
    };
    let new = New {
        kind,
        subject: line.id.to_string(),
        entity,
        provider: None,
        currency: line.currency.clone(),
        minor: line.amount_minor,
        explanation: "Its match was taken back.".to_owned(),
        about: About {
            statement: Some(line.statement_id),
            bank_line: Some(line.id),
            ..About::default()
        },
    };
    reopen(tx, actor, &mut batch, new).await?;
    take_back(tx, actor, &mut batch, &rows, note);
    let steps: Vec<Uuid> = rows.iter().filter_map(|row| row.transaction_id).collect();
    open::settle(tx, batch, &steps, None).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

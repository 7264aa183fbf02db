//! What is done with the lines of a report once it is visible: they are matched and booked, some at a time, in short
//! transactions that remember how far they came. Whoever finds a report that nobody works on goes on with it.

use super::import::GONE;
use super::totals::Total;
use super::{exceptions, pass, sql};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::ids::first_of;
use crate::ledger::entry::Books;
use crate::ledger::templates::{self, Transfer};
use crate::money::Currency;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    PayoutState, ReconciliationExceptionKind, ReconciliationResolution, SettlementFormat,
    SettlementReportState,
};
use entities::{payout, settlement_report};
use serde_json::json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Lines looked at in one transaction.
const LINES: i64 = 2_000;
/// Entries of a statement that is not there after so long will never have one.
const ORPHANED: time::Duration = time::Duration::hours(1);
/// Entries and matches taken back in one transaction.
const TAKEN_BACK: i64 = 100;

/// Goes on with a report until nothing remains to be done, with what it took the place of first.
pub(super) async fn finish(store: &Store, report: Uuid) -> Result<()> {
    let found = sql::report(&store.read(), report).await?;
    if let Some(before) = found.and_then(|report| report.supersedes_id) {
        while step(store, before).await? {}
    }
    while step(store, report).await? {}
    Ok(())
}

/// Goes on with reports that somebody began and nobody ends; says how many. One that is only half read ends as refused, and
/// what is left of statements that were never read to their end goes.
pub async fn resume(store: &Store) -> Result<usize> {
    let silent = store.read().now() - GONE;
    let reports = sql::unfinished(&store.read(), silent).await?;
    store
        .write(|tx| async move {
            let before = first_of(tx.now() - ORPHANED);
            crate::bank::sql::clear_orphans(&tx, before).await
        })
        .await?;
    for report in &reports {
        let done = match report.state {
            SettlementReportState::Importing => give_up(store, report).await,
            SettlementReportState::Imported | SettlementReportState::Superseded => {
                finish(store, report.id).await
            }
            SettlementReportState::Refused => Ok(()),
        };
        if let Err(error) = done {
            tracing::error!(report = %report.id, %error, "a settlement report cannot be gone on with");
        }
    }
    Ok(reports.len())
}

async fn give_up(store: &Store, report: &settlement_report::Model) -> Result<()> {
    let message = "whoever read it went away before its end: import it again";
    let code = crate::error::RefusalCode::FormatError;
    let faults = json!([crate::error::Refusal::new(code, "file", message)]);
    if sql::refuse(store, report.id, report.worker_id, &faults).await? {
        while sql::clear_lines(store, report.id, report.worker_id).await? > 0 {}
    }
    Ok(())
}

/// One transaction's worth of work; false where nothing remains.
async fn step(store: &Store, id: Uuid) -> Result<bool> {
    store
        .write(|tx| async move {
            let Some(report) = sql::lock_report(&tx, id).await? else { return Ok(false) };
            if report.worked_through == sql::ALL_LINES {
                return Ok(false);
            }
            let actor = Actor::system();
            match report.state {
                SettlementReportState::Imported => go_on(&tx, &actor, report).await?,
                SettlementReportState::Superseded => withdraw(&tx, &actor, report).await?,
                SettlementReportState::Importing | SettlementReportState::Refused => {
                    return Ok(false);
                }
            }
            Ok(true)
        })
        .await
}

async fn go_on(tx: &WriteTx, actor: &Actor, mut report: settlement_report::Model) -> Result<()> {
    report.beat_at = tx.now();
    let books = Books::of_entity(tx, report.legal_entity_id).await?;
    let mut books = books.ok_or_else(|| Error::Internal("a report of no company".into()))?;
    let lines = sql::lines_behind(tx, report.id, report.worked_through, LINES).await?;
    if let Some(last) = lines.last().map(|line| line.line_number) {
        let mut passed = pass::over(tx, actor, &mut report, books, &lines, false).await?;
        report.worked_through = last;
        passed.batch.save(&report);
        return passed.write(tx).await;
    }
    if report.worked_through < sql::LINES_ONCE {
        let mut batch = Batch::default();
        for payout in sql::payouts_of_report(tx, report.id).await? {
            send(tx, actor, &mut batch, &mut books, payout).await?;
        }
        report.worked_through = sql::LINES_ONCE;
        batch.save(&report);
        return batch.insert(tx).await;
    }
    if sweep(tx, &report).await? {
        let mut batch = Batch::default();
        batch.save(&report);
        return batch.insert(tx).await;
    }
    let lines = sql::open_lines(tx, report.id).await?;
    let mut passed = pass::over(tx, actor, &mut report, books, &lines, true).await?;
    report.worked_through = sql::ALL_LINES;
    let data = json!({
        "provider": report.provider,
        "reference": report.reference,
        "lines": report.line_count,
        "matched": report.matched_count,
        "exceptions": report.exception_count,
    });
    let event = NewEvent::new(events::SETTLEMENT_MATCHED, ("str", report.id), data);
    events::record(tx, actor, &mut passed.batch, event);
    passed.batch.save(&report);
    passed.write(tx).await
}

/// Lines of a balance from which money is withdrawn name no payout. What stays in it is the newest, as the oldest goes first:
/// what is older went with the withdrawal. Does some of that, and says whether it did.
async fn sweep(tx: &WriteTx, report: &settlement_report::Model) -> Result<bool> {
    if report.format != SettlementFormat::PaypalStl {
        return Ok(false);
    }
    let totals: BTreeMap<String, Total> =
        serde_json::from_value(report.totals.clone()).unwrap_or_default();
    for (currency, total) in &totals {
        let Some(closing) = total.closing else { continue };
        let which = (report, currency.as_str());
        for (line, payout, at) in sql::withdrawals(tx, report.id, currency).await? {
            let came_since = sql::net_behind(tx, (report.id, currency), (at, line)).await?;
            let Some(end) = oldest_left(tx, which, (at, line), closing - came_since).await? else {
                continue;
            };
            if sql::send_with(tx, which, end, payout).await? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The oldest line of which something is in the balance, where so much is left; none where nothing is older.
async fn oldest_left(
    tx: &WriteTx,
    which: (&settlement_report::Model, &str),
    mut before: (OffsetDateTime, Uuid),
    mut left: i64,
) -> Result<Option<(OffsetDateTime, Uuid)>> {
    while left > 0 {
        let lines = sql::newest_unsent(tx, which, before, LINES).await?;
        if lines.is_empty() {
            return Ok(None);
        }
        for (at, line, net) in lines {
            before = (at, line);
            left -= net;
            if left <= 0 {
                break;
            }
        }
    }
    Ok(Some(before))
}

/// The books say that a payout was sent, once.
async fn send(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    books: &mut Books,
    payout: payout::Model,
) -> Result<()> {
    if payout.booked || payout.state != PayoutState::InTransit {
        return Ok(());
    }
    let payout = payout::Model { booked: true, ..payout };
    let at = payout.paid_at.unwrap_or_else(|| tx.now());
    let currency = Currency::of_row(&payout.currency)?;
    let amount = books.worth(tx, currency, payout.amount_minor, at).await?;
    let entry = templates::payout_sent(&transfer(&payout, payout.id, currency, at), amount);
    let event = told(&payout, events::PAYOUT_SENT)?;
    let event = events::record(tx, actor, batch, event);
    books.write(tx, batch, entry.told_by(Some(event)))?;
    batch.save(&payout);
    crate::bank::work::look_again(tx, batch, payout.legal_entity_id);
    Ok(())
}

pub(crate) fn transfer(
    payout: &payout::Model,
    source: Uuid,
    currency: Currency,
    at: time::OffsetDateTime,
) -> Transfer<'_> {
    Transfer {
        source,
        payout: payout.id,
        provider: &payout.provider,
        account: payout.provider_account.as_deref(),
        at,
        currency,
    }
}

/// What happened to a payout, for the log.
pub(crate) fn told(payout: &payout::Model, kind: &'static events::EventKind) -> Result<NewEvent> {
    let currency = Currency::of_row(&payout.currency)?;
    let data = json!({
        "provider": payout.provider,
        "reference": payout.reference,
        "amount": currency.decimal(payout.amount_minor),
        "currency": payout.currency,
    });
    Ok(NewEvent::new(kind, ("pyo", payout.id), data))
}

/// Takes back what a version did that another one took the place of.
async fn withdraw(tx: &WriteTx, actor: &Actor, mut report: settlement_report::Model) -> Result<()> {
    let mut batch = Batch::default();
    let books = Books::of_entity(tx, report.legal_entity_id).await?;
    let books = books.ok_or_else(|| Error::Internal("a report of no company".into()))?;
    let entries = sql::entries_of_report(tx, report.id, TAKEN_BACK).await?;
    for entry in &entries {
        let reversal = crate::ledger::reverse::reversal(tx, entry, "a later version came").await?;
        books.write(tx, &mut batch, reversal)?;
    }
    let (undone, steps) = sql::undo_matches(tx, report.id, TAKEN_BACK * 20).await?;
    if entries.is_empty() && undone == 0 {
        sql::close_exceptions(tx, report.id, "A later version of the file took its place.").await?;
        report.worked_through = sql::ALL_LINES;
        report.matched_count = 0;
        let data = json!({ "provider": report.provider, "reference": report.reference, "version": report.version });
        let event = NewEvent::new(events::SETTLEMENT_SUPERSEDED, ("str", report.id), data);
        events::record(tx, actor, &mut batch, event);
    }
    report.beat_at = tx.now();
    batch.save(&report);
    super::open::settle(tx, batch, &steps, None).await
}

/// Looks once more at lines of which nobody knew a payment, since it may have been recorded; and at fees that were not as
/// agreed, since something else may be agreed by now. Says how many that explains.
pub async fn look_again(store: &Store) -> Result<usize> {
    Ok(unknown_again(store).await? + fees_again(store).await?)
}

async fn unknown_again(store: &Store) -> Result<usize> {
    let mut behind = Uuid::nil();
    let mut matched = 0;
    loop {
        let kinds = [ReconciliationExceptionKind::MissingInLedger];
        let open = sql::open_of_kinds(&store.read(), &kinds, behind, 500).await?;
        let Some(last) = open.last() else { return Ok(matched) };
        behind = last.id;
        let mut reports: Vec<Uuid> = open.iter().filter_map(|one| one.report_id).collect();
        reports.sort_unstable();
        reports.dedup();
        for id in reports {
            let lines: Vec<Uuid> = open
                .iter()
                .filter(|one| one.report_id == Some(id))
                .filter_map(|one| one.settlement_line_id)
                .collect();
            matched += once_more(store, id, &lines).await?;
        }
    }
}

async fn once_more(store: &Store, report: Uuid, lines: &[Uuid]) -> Result<usize> {
    let lines = lines.to_vec();
    store
        .write(|tx| {
            let lines = lines.clone();
            async move {
                let Some(mut report) = sql::lock_report(&tx, report).await? else { return Ok(0) };
                if report.state != SettlementReportState::Imported {
                    return Ok(0);
                }
                let lines = sql::lines(&tx, &lines).await?;
                let lines = lines.into_iter().filter(pass::is_open).collect::<Vec<_>>();
                let actor = Actor::system();
                let books = Books::of_entity(&tx, report.legal_entity_id).await?;
                let books =
                    books.ok_or_else(|| Error::Internal("a report of no company".into()))?;
                let before = report.matched_count;
                let mut passed = pass::over(&tx, &actor, &mut report, books, &lines, true).await?;
                if report.matched_count != before {
                    passed.batch.save(&report);
                }
                passed.write(&tx).await?;
                Ok(usize::try_from(report.matched_count - before).unwrap_or(0))
            }
        })
        .await
}

async fn fees_again(store: &Store) -> Result<usize> {
    let mut behind = Uuid::nil();
    let mut explained = 0;
    loop {
        let kinds = [ReconciliationExceptionKind::FeeVariance];
        let open = sql::open_of_kinds(&store.read(), &kinds, behind, 500).await?;
        let Some(last) = open.last() else { return Ok(explained) };
        behind = last.id;
        let open = &open;
        explained += store
            .write(|tx| async move {
                let actor = Actor::system();
                let mut batch = Batch::default();
                let agreed = pass::as_agreed(&tx, open).await?;
                for row in &agreed {
                    let note = Some("It is what is agreed now.".to_owned());
                    let how = (ReconciliationResolution::Accepted, note);
                    exceptions::resolved(&tx, &actor, &mut batch, row, how);
                }
                batch.insert(&tx).await?;
                Ok(agreed.len())
            })
            .await?;
    }
}

//! `settlementReportImport`: a provider's file, whole or not at all.
//!
//! A file is read twice. First it is only looked at: every fault is found, and what it comes to. Then its lines are written
//! in short transactions, under a report that is `IMPORTING` and that nobody sees lines of; the last transaction makes
//! it visible. The same bytes again are the same report; the same batch with other bytes is a new version of it.

use super::files::{self, Fault, Heading, Line, MAX_FAULTS};
use super::terms::Tolerances;
use super::totals::{Total, Totals};
use super::{exceptions, sql, work};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::entry::Books;
use crate::ledger::read::in_reach;
use crate::money::Currency;
use crate::permissions::Permission;
use crate::secrets::hex;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    PayoutState, SettlementFormat, SettlementLineKind, SettlementLineState, SettlementReportState,
};
use entities::{payout, settlement_line, settlement_report};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Bytes of a file at most.
pub const MAX_BYTES: u64 = 200 * 1024 * 1024;
/// Files up to this size are read, matched and booked before the answer; larger ones are read on after it.
const AT_ONCE: u64 = 2 * 1024 * 1024;
/// Lines that are written at a time.
const CHUNK: usize = 1_000;
/// A reader that has said nothing for so long is gone.
pub(super) const GONE: Duration = Duration::minutes(2);
/// Payouts that one file may be about.
const MAX_PAYOUTS: usize = 20_000;

/// A file of a provider.
#[derive(Debug, Clone, Serialize)]
pub struct ImportSettlement {
    /// The provider, as its payments name it.
    pub provider: String,
    /// How it is written.
    #[serde(serialize_with = "crate::as_column")]
    pub format: SettlementFormat,
    /// What it was called.
    pub file_name: Option<String>,
    /// Whether rows that cannot be read are left out; without it they refuse the file.
    pub partial: bool,
}

/// The bytes of a file.
#[derive(Debug)]
pub enum Source {
    /// In memory.
    Text(String),
    /// On disk.
    File(std::fs::File),
}

impl Source {
    pub(crate) fn size(&self) -> Result<u64> {
        match self {
            Self::Text(text) => Ok(u64::try_from(text.len()).unwrap_or(u64::MAX)),
            Self::File(file) => Ok(file.metadata().map_err(unreadable)?.len()),
        }
    }

    /// From its beginning.
    pub(crate) fn open(&mut self) -> std::io::Result<Box<dyn BufRead + Send + '_>> {
        Ok(match self {
            Self::Text(text) => Box::new(Cursor::new(text.as_bytes())),
            Self::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(BufReader::with_capacity(128 * 1024, file))
            }
        })
    }

    /// SHA-256 of all of it.
    pub(crate) fn digest(&mut self) -> std::io::Result<String> {
        let mut file = self.open()?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(hex(&hash.finalize()));
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
    }
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a file cannot be read: {error}"))
}

/// What came of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The report.
    pub report: Uuid,
    /// Whether the same bytes had come before.
    pub duplicate: bool,
}

/// What a look at the file showed.
#[derive(Debug)]
struct Look {
    hash: String,
    heading: Heading,
    totals: BTreeMap<String, Total>,
    sums: Totals,
    payouts: BTreeMap<(String, &'static str), Seen>,
    batches: BTreeMap<String, Option<String>>,
    /// When its last line came to the balance.
    booked_at: Option<OffsetDateTime>,
    /// When the first one in each currency of settlement did.
    begins: BTreeMap<&'static str, Option<OffsetDateTime>>,
}

/// A payout as lines tell of it.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// What its own line says was sent, if there is one.
    sent: Option<i64>,
    /// What lines that belong to it come to.
    lines: i64,
    at: Option<OffsetDateTime>,
}

/// A payout's lines are found by its name; those of an Adyen batch by the batch, which one payout line names.
fn look(format: SettlementFormat, source: &mut Source) -> std::io::Result<Look> {
    let hash = source.digest()?;
    let mut sums = Totals::new(format);
    let mut payouts: BTreeMap<(String, &'static str), Seen> = BTreeMap::new();
    let mut batches: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut booked_at = None;
    let mut begins: BTreeMap<&'static str, Option<OffsetDateTime>> = BTreeMap::new();
    let mut file = source.open()?;
    let mut too_many = false;
    let mut heading = files::read(format, &mut *file, &mut |line| {
        sums.add(&line);
        booked_at = booked_at.max(line.booked_at);
        let first = begins.entry(line.net.currency.code()).or_default();
        *first = match (*first, line.booked_at) {
            (Some(first), Some(at)) => Some(first.min(at)),
            (first, at) => first.or(at),
        };
        let is_payout = line.kind == SettlementLineKind::Payout;
        if let Some(batch) = line.batch.as_ref().filter(|_| is_payout) {
            batches.insert(batch.clone(), payout_name(&line));
        }
        if let Some(name) = payout_name(&line).filter(|_| line.payout.is_some() || is_payout) {
            let seen = payouts.entry((name, line.net.currency.code())).or_default();
            if is_payout {
                seen.sent = Some(seen.sent.unwrap_or(0).saturating_sub(line.net.minor));
                seen.at = line.booked_at;
            } else if line.kind != SettlementLineKind::PayoutReversal {
                seen.lines = seen.lines.saturating_add(line.net.minor);
            }
        }
        too_many = payouts.len() > MAX_PAYOUTS;
        !too_many
    });
    drop(file);
    if too_many {
        let message = format!("it tells of more than {MAX_PAYOUTS} payouts: split it");
        heading.faults.push(Fault::of_file(message));
        heading.fault_count += 1;
    }
    if heading.reference.is_none() {
        heading.reference = Some(hash.chars().take(16).collect());
    }
    let totals = sums.by_currency(&heading);
    Ok(Look { hash, heading, totals, sums, payouts, batches, booked_at, begins })
}

/// What a payout is called: as the line says, else after its batch.
fn payout_name(line: &Line) -> Option<String> {
    let batch = || line.batch.as_ref().map(|batch| format!("batch {batch}"));
    let own = || line.modification_reference.clone();
    if line.kind == SettlementLineKind::Payout {
        return line.payout.clone().or_else(batch).or_else(own);
    }
    line.payout.clone()
}

/// Imports a file and says under which report. What remains to be done of a large one goes on after the answer.
pub async fn import(
    store: &Store,
    call: Call<'_>,
    command: &ImportSettlement,
    mut source: Source,
) -> Result<Imported> {
    call.actor.require(Permission::SettlementsWrite)?;
    let mut faults = Faults::default();
    let provider = checks::text(&mut faults, "provider", &command.provider, 100);
    let name = checks::optional(&mut faults, "file", command.file_name.as_deref(), 255);
    let size = source.size()?;
    if size > MAX_BYTES {
        faults.add(RefusalCode::LimitExceeded, "file", "is larger than 200 MB");
    }
    faults.check()?;
    let format = command.format;
    let (look, source) = tokio::task::spawn_blocking(move || (look(format, &mut source), source))
        .await
        .map_err(|error| Error::Internal(format!("a reader ended: {error}")))?;
    let look = look.map_err(unreadable)?;
    refuse_faults(&look.heading, command.partial)?;
    let input = (command, &look.hash);
    let worker = store.ids().next();
    let begun: Begun = once(store, call, "settlementReportImport", &input, |tx| {
        let look = &look;
        let (provider, name) = (&provider, &name);
        async move { begin(&tx, call.actor, command, (provider, name), (look, worker)).await }
    })
    .await?;
    let imported = Imported { report: begun.report, duplicate: begun.duplicate };
    // Another worker began it: this is an answer that was given before.
    if begun.worker != Some(worker) {
        return Ok(imported);
    }
    let rest =
        Rest { store: store.clone(), actor: call.actor.clone(), begun, look, format, source };
    if size <= AT_ONCE {
        rest.finish().await?;
    } else {
        tokio::spawn(async move {
            let report = rest.begun.report;
            if let Err(error) = rest.finish().await {
                tracing::error!(%report, %error, "a settlement file was not read to its end");
            }
        });
    }
    Ok(imported)
}

/// Every fault at once, and how many more there are.
fn refuse_faults(heading: &Heading, partial: bool) -> Result<()> {
    if heading.fault_count == 0 || (partial && heading.lines > 0 && only_rows(heading)) {
        return Ok(());
    }
    let mut refusals: Vec<Refusal> = heading.faults.iter().map(Fault::refusal).collect();
    if heading.fault_count > refusals.len() {
        let more = heading.fault_count - refusals.len();
        let message = format!("and {more} faults more");
        refusals.push(Refusal::new(RefusalCode::FormatError, "file", message));
    }
    Err(Error::Refused(refusals))
}

/// Whether every fault is one of a row: a file that is cut off is no file.
fn only_rows(heading: &Heading) -> bool {
    heading.faults.iter().all(|fault| fault.line.is_some())
}

/// What was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Begun {
    report: Uuid,
    duplicate: bool,
    /// Who writes its lines; none where nothing remains to be done.
    worker: Option<Uuid>,
    /// Payouts by name and currency.
    payouts: Vec<(String, String, Uuid)>,
}

async fn begin(
    tx: &WriteTx,
    actor: &Actor,
    command: &ImportSettlement,
    (provider, name): (&str, &Option<String>),
    (look, worker): (&Look, Uuid),
) -> Result<Begun> {
    let account = look.heading.account.clone();
    let entity = whose(tx, actor, provider, account.as_deref()).await?;
    tx.lock(&format!("settlement {provider}")).await?;
    let known = sql::report_of_content(tx, provider, &look.hash).await?;
    if let Some(known) = &known {
        let alive =
            known.state != SettlementReportState::Importing || tx.now() - known.beat_at < GONE;
        if alive {
            let payouts = Vec::new();
            return Ok(Begun { report: known.id, duplicate: true, worker: None, payouts });
        }
    }
    let reference = look.heading.reference.clone().unwrap_or_default();
    let before = sql::current_version(tx, provider, account.as_deref(), &reference).await?;
    check_rates(tx, entity, look).await?;
    let now = tx.now();
    let faults: Vec<Refusal> = look.heading.faults.iter().map(Fault::refusal).collect();
    let row = settlement_report::Model {
        id: known.as_ref().map_or_else(|| tx.id(), |known| known.id),
        provider: provider.to_owned(),
        provider_account: account,
        legal_entity_id: entity,
        format: command.format,
        reference,
        file_name: name.clone(),
        content_hash: look.hash.clone(),
        state: SettlementReportState::Importing,
        faults: serde_json::to_value(&faults).unwrap_or_default(),
        totals: serde_json::to_value(&look.totals).unwrap_or_default(),
        differences: json!([]),
        line_count: i32::try_from(look.heading.lines).unwrap_or(i32::MAX),
        matched_count: 0,
        exception_count: 0,
        version: before.as_ref().map_or(1, |before| before.version + 1),
        supersedes_id: before.as_ref().map(|before| before.id),
        booked_at: look.booked_at,
        worked_through: 0,
        worker_id: worker,
        beat_at: now,
        imported_by_kind: actor.kind,
        imported_by_id: actor.id,
        imported_at: now,
    };
    let mut batch = Batch::default();
    batch.save(&row);
    let change = audit::made(
        &json!({ "provider": provider, "reference": row.reference, "content": look.hash }),
    );
    audit::record(tx, actor, &mut batch, Some(("str", row.id)), &change);
    batch.insert(tx).await?;
    let payouts = name_payouts(tx, provider, look).await?;
    Ok(Begun { report: row.id, duplicate: false, worker: Some(worker), payouts })
}

/// What a currency of settlement was worth must be known before anything of it is booked: the file is refused whole
/// otherwise.
async fn check_rates(tx: &WriteTx, entity: Uuid, look: &Look) -> Result<()> {
    let books = Books::of_entity(tx, entity).await?;
    let mut books = books.ok_or_else(|| Error::Internal("an account of no company".into()))?;
    let mut refusals = Vec::new();
    for (code, at) in &look.begins {
        let at = at.or(look.booked_at).unwrap_or_else(|| tx.now());
        match books.worth(tx, Currency::of_row(code)?, 1, at).await {
            Ok(_) => {}
            Err(Error::Refused(faults)) => {
                refusals.extend(faults.into_iter().map(|fault| fault.under("file")));
            }
            Err(error) => return Err(error),
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(Error::Refused(refusals)) }
}

/// Ids of the payouts that the file is about: of those that are known, and new ones.
async fn name_payouts(
    tx: &WriteTx,
    provider: &str,
    look: &Look,
) -> Result<Vec<(String, String, Uuid)>> {
    let mut names: Vec<(String, &str)> =
        look.payouts.keys().map(|(name, currency)| (name.clone(), *currency)).collect();
    if let Some(payout) = &look.heading.payout {
        names.push((payout.reference.clone(), payout.sum.currency.code()));
    }
    let wanted: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let known = sql::payouts_named(tx, provider, &wanted).await?;
    let known: BTreeMap<(String, String), Uuid> =
        known.into_iter().map(|row| ((row.reference, row.currency), row.id)).collect();
    Ok(names
        .into_iter()
        .map(|(name, currency)| {
            let key = (name, currency.to_owned());
            let id = known.get(&key).copied().unwrap_or_else(|| tx.id());
            (key.0, key.1, id)
        })
        .collect())
}

/// Whose an account is: as `LegalEntity.providerAccounts` says, else of the only company there is; within reach.
async fn whose(tx: &WriteTx, actor: &Actor, provider: &str, account: Option<&str>) -> Result<Uuid> {
    let found = sql::entity_of_account(tx, provider, account.unwrap_or_default()).await?;
    let reach = in_reach(tx, actor).await?;
    let found = found.filter(|id| reach.is_none_or(|entities| entities.contains(id)));
    found.ok_or_else(|| {
        let named =
            account.map_or_else(|| provider.to_owned(), |account| format!("{provider}:{account}"));
        let message = format!(
            "whose account {named} is, is not known: name it in `providerAccounts` of a legal entity"
        );
        Error::refused(Refusal::new(RefusalCode::NotFound, "file", message))
    })
}

/// What remains to be done of a file once its report has begun.
struct Rest {
    store: Store,
    actor: Actor,
    begun: Begun,
    look: Look,
    format: SettlementFormat,
    source: Source,
}

impl Rest {
    async fn finish(self) -> Result<()> {
        let Self { store, actor, begun, look, format, source } = self;
        let Some(worker) = begun.worker else { return Ok(()) };
        let report = begun.report;
        clear(&store, report, worker).await?;
        let staged = stage(&store, (&begun, worker), &look, format, source).await;
        let published = match staged {
            Ok(()) => publish(&store, &actor, &begun, worker, &look).await,
            Err(error) => Err(error),
        };
        if let Err(error) = published {
            refuse(&store, report, worker, &error).await?;
            return Err(error);
        }
        work::finish(&store, report).await
    }
}

/// Takes away what an earlier reader of the same bytes left, a piece at a time.
async fn clear(store: &Store, report: Uuid, worker: Uuid) -> Result<()> {
    while sql::clear_lines(store, report, worker).await? > 0 {}
    Ok(())
}

/// Writes the lines while another thread reads them.
async fn stage(
    store: &Store,
    (begun, worker): (&Begun, Uuid),
    look: &Look,
    format: SettlementFormat,
    mut source: Source,
) -> Result<()> {
    let (send, mut receive) = tokio::sync::mpsc::channel::<Vec<Line>>(2);
    let reader = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = source.open()?;
        let mut chunk = Vec::with_capacity(CHUNK);
        files::read(format, &mut *file, &mut |line| {
            chunk.push(line);
            chunk.len() < CHUNK || send.blocking_send(std::mem::take(&mut chunk)).is_ok()
        });
        if !chunk.is_empty() {
            let _gone = send.blocking_send(chunk);
        }
        Ok(())
    });
    let ids: BTreeMap<(&str, &str), Uuid> = begun
        .payouts
        .iter()
        .map(|(name, currency, id)| ((name.as_str(), currency.as_str()), *id))
        .collect();
    let mut written = 0_usize;
    while let Some(lines) = receive.recv().await {
        written += lines.len();
        let (lines, ids) = (&lines, &ids);
        store
            .write(|tx| async move {
                if !sql::beat(&tx, begun.report, worker).await? {
                    return Err(Error::Internal("somebody else reads the file now".into()));
                }
                let mut batch = Batch::default();
                for line in lines {
                    batch.add(&row(&tx, begun.report, line, (ids, look)));
                }
                batch.insert(&tx).await
            })
            .await?;
    }
    let read = reader.await.map_err(|error| Error::Internal(format!("a reader ended: {error}")))?;
    read.map_err(unreadable)?;
    if written == look.heading.lines {
        return Ok(());
    }
    Err(Error::Internal(format!("{written} lines of {} were read again", look.heading.lines)))
}

fn row(
    tx: &WriteTx,
    report: Uuid,
    line: &Line,
    (ids, look): (&BTreeMap<(&str, &str), Uuid>, &Look),
) -> settlement_line::Model {
    let of_batch =
        || line.batch.as_ref().and_then(|batch| look.batches.get(batch)).cloned().flatten();
    let of_file = || look.heading.payout.as_ref().map(|payout| payout.reference.clone());
    let name = payout_name(line).or_else(of_batch).or_else(of_file);
    let currency = line.net.currency.code();
    let payout = name.as_deref().and_then(|name| ids.get(&(name, currency)).copied());
    let mut raw = String::from("{");
    for (place, (column, text)) in line.raw.iter().enumerate() {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        raw.push_str(if place == 0 { "" } else { "," });
        raw.push_str(&quoted(column));
        raw.push(':');
        raw.push_str(&quoted(text));
    }
    raw.push('}');
    settlement_line::Model {
        id: tx.id(),
        report_id: report,
        line_number: line.number,
        kind: line.kind,
        state: SettlementLineState::Open,
        batch: line.batch.clone(),
        payout_reference: line.payout.clone(),
        payout_id: payout,
        provider_reference: line.provider_reference.clone(),
        modification_reference: line.modification_reference.clone(),
        merchant_reference: line.merchant_reference.clone(),
        gross_currency: line.gross.currency.code().to_owned(),
        gross_minor: line.gross.minor,
        currency: currency.to_owned(),
        fee_minor: line.fee,
        net_minor: line.net.minor,
        exchange_rate: line.rate.map(|rate| rate.normalize().to_string()),
        occurred_at: line.occurred_at,
        booked_at: line.booked_at,
        raw: serde_json::from_str(&raw).unwrap_or_default(),
    }
}

/// Makes the report visible, with its payouts and what does not add up; the version before it is withdrawn.
async fn publish(
    store: &Store,
    actor: &Actor,
    begun: &Begun,
    worker: Uuid,
    look: &Look,
) -> Result<()> {
    store
        .write(|tx| async move {
            if !sql::beat(&tx, begun.report, worker).await? {
                return Err(Error::Internal("somebody else reads the file now".into()));
            }
            let report = sql::lock_report(&tx, begun.report).await?.ok_or(Error::Contended)?;
            let mut batch = Batch::default();
            let mut report = report;
            report.state = SettlementReportState::Imported;
            if let Some(before) = report.supersedes_id {
                let before = sql::lock_report(&tx, before).await?.ok_or(Error::Contended)?;
                report.differences = json!(differences(&before, &report, look));
                sql::supersede(&tx, before.id).await?;
            }
            let known: Vec<Uuid> = begun.payouts.iter().map(|(_, _, id)| *id).collect();
            let known = sql::payouts(&tx, &known).await?;
            for (name, currency, id) in &begun.payouts {
                let before = known.iter().find(|row| row.id == *id);
                batch.save(&payout_row(&tx, &report, (name, currency, *id), look, before));
            }
            let tolerances = Tolerances::of_entity(&tx, report.legal_entity_id).await?;
            let found = &look.sums.findings(&look.heading, &tolerances);
            let payouts = &begun.payouts;
            report.exception_count +=
                exceptions::raise_findings(&tx, actor, &mut batch, &report, found, payouts).await?;
            let data = json!({
                "provider": report.provider,
                "reference": report.reference,
                "lines": report.line_count,
                "version": report.version,
            });
            let event = NewEvent::new(events::SETTLEMENT_IMPORTED, ("str", report.id), data);
            events::record(&tx, actor, &mut batch, event);
            batch.save(&report);
            batch.insert(&tx).await
        })
        .await
}

fn payout_row(
    tx: &WriteTx,
    report: &settlement_report::Model,
    (name, currency, id): (&str, &str, Uuid),
    look: &Look,
    before: Option<&payout::Model>,
) -> payout::Model {
    let seen = look.payouts.iter().find(|((seen, code), _)| seen == name && *code == currency);
    let seen = seen.map(|(_, seen)| seen.clone()).unwrap_or_default();
    let stated = look.heading.payout.as_ref().filter(|payout| payout.reference == name);
    let (amount, sent, at) = match (stated, seen.sent) {
        (Some(stated), _) => (stated.sum.minor, stated.sent, stated.at),
        (None, Some(sent)) => (sent, true, seen.at),
        (None, None) => (seen.lines, false, None),
    };
    if let Some(before) = before.filter(|before| before.booked || !sent) {
        // What is in the books already stays as it is: whoever looks for matches sees to the difference.
        return before.clone();
    }
    let at = at.or(report.booked_at).unwrap_or_else(|| tx.now());
    payout::Model {
        id,
        provider: report.provider.clone(),
        provider_account: report.provider_account.clone(),
        legal_entity_id: report.legal_entity_id,
        reference: name.to_owned(),
        currency: currency.to_owned(),
        amount_minor: amount,
        received_minor: before.map_or(0, |before| before.received_minor),
        state: if sent { PayoutState::InTransit } else { PayoutState::Expected },
        expected_at: Some(super::days::business_days_after(at, 2)),
        paid_at: sent.then_some(at),
        report_id: Some(report.id),
        booked: false,
    }
}

/// What changed since the version before, in words.
fn differences(
    before: &settlement_report::Model,
    now: &settlement_report::Model,
    look: &Look,
) -> Vec<String> {
    let mut said = Vec::new();
    if before.line_count != now.line_count {
        said.push(format!("{} lines instead of {}", now.line_count, before.line_count));
    }
    let old: BTreeMap<String, Total> =
        serde_json::from_value(before.totals.clone()).unwrap_or_default();
    let codes: std::collections::BTreeSet<&String> = old.keys().chain(look.totals.keys()).collect();
    for code in codes {
        let (was, is) = (
            old.get(code).cloned().unwrap_or_default(),
            look.totals.get(code).cloned().unwrap_or_default(),
        );
        for (what, was, is) in [
            ("gross", was.gross, is.gross),
            ("fees", was.fees, is.fees),
            ("net", was.net, is.net),
            ("payouts", was.payouts, is.payouts),
        ] {
            if was != is {
                let units = super::totals::units;
                said.push(format!("{what} {} instead of {}", units(code, is), units(code, was)));
            }
        }
    }
    if said.is_empty() {
        said.push("the same lines and totals in other words".to_owned());
    }
    said
}

/// The report of a file that could not be read on.
async fn refuse(store: &Store, report: Uuid, worker: Uuid, error: &Error) -> Result<()> {
    let faults = if let Error::Refused(refusals) = error {
        refusals.clone()
    } else {
        tracing::error!(%report, %error, "a settlement file was given up");
        let message = "it could not be read on: import it again";
        vec![Refusal::new(RefusalCode::FormatError, "file", message)]
    };
    let faults: Vec<Refusal> = faults.into_iter().take(MAX_FAULTS).collect();
    sql::refuse(store, report, worker, &serde_json::to_value(&faults).unwrap_or_default()).await?;
    clear(store, report, worker).await
}

/// The faults of a report.
pub fn faults(report: &settlement_report::Model) -> Vec<Refusal> {
    serde_json::from_value(report.faults.clone()).unwrap_or_default()
}

/// The totals of a report, by currency.
pub fn totals(report: &settlement_report::Model) -> BTreeMap<String, Total> {
    serde_json::from_value(report.totals.clone()).unwrap_or_default()
}

/// What changed since the version before, in words.
pub fn said_differences(report: &settlement_report::Model) -> Vec<String> {
    let said = report.differences.as_array().into_iter().flatten();
    said.filter_map(Json::as_str).map(str::to_owned).collect()
}

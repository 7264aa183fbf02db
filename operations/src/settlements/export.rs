//! A reconciliation as files for a spreadsheet: its figures, its steps one by one, or the differences it leaves.

use super::reconcile::{Asked, Bucket, Reconciliation, of_scope, scope};
use super::sql::{self, Scope, StepRow};
use crate::actor::Actor;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::ledger::export::write_row;
use crate::money::Currency;
use crate::orders::totals::share;
use crate::permissions::Permission;
use crate::sql::fixed_width;
use crate::store::Db;
use entities::{payout, reconciliation_exception, settlement_line};
use sea_orm::ActiveEnum;
use std::collections::{BTreeSet, HashMap};
use time::OffsetDateTime;
use uuid::Uuid;

/// Rows read at a time.
const CHUNK: i64 = 500;
const FIGURES: [&str; 4] = ["figure", "count", "amount", "currency"];
const STEPS: [&str; 21] = [
    "order",
    "channel",
    "step",
    "at",
    "amount",
    "currency",
    "provider",
    "provider_account",
    "method",
    "payment_reference",
    "step_reference",
    "settled",
    "unsettled",
    "settlement_currency",
    "fee",
    "net",
    "settled_at",
    "settlement",
    "payout",
    "payout_state",
    "exceptions",
];
const EXCEPTIONS: [&str; 12] = [
    "exception",
    "kind",
    "state",
    "amount",
    "currency",
    "provider",
    "raised_at",
    "explanation",
    "resolution",
    "resolved_at",
    "note",
    "payment",
];

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The figures of `reconciliation`.
    Summary,
    /// Captures, refunds and chargebacks of the period, with what became of each.
    Steps,
    /// Differences that were open in the period.
    Exceptions,
}

impl Part {
    /// What its files are called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Steps => "steps",
            Self::Exceptions => "exceptions",
        }
    }

    /// The part of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Summary, Self::Steps, Self::Exceptions].into_iter().find(|part| part.name() == name)
    }
}

/// What is wanted, with the companies that were in reach of who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which file.
    pub part: Part,
    /// From this moment on.
    pub from: OffsetDateTime,
    /// Before this one.
    pub to: OffsetDateTime,
    /// In which currency.
    pub currency: String,
    /// Of these companies; none for all.
    pub entities: Option<Vec<Uuid>>,
    /// Of one provider.
    pub provider: Option<String>,
    /// Of these channels.
    pub channels: Option<Vec<Uuid>>,
}

impl Wanted {
    /// Checks what an actor wants.
    pub async fn check(db: &Db, actor: &Actor, asked: &Asked, part: Part) -> Result<Self> {
        actor.require(Permission::SettlementsRead)?;
        asked.check()?;
        if Currency::ever(&asked.currency).is_none() {
            let message = "is a currency of ISO 4217 in three letters, such as EUR";
            let refusal = Refusal::new(RefusalCode::Invalid, "currencyCode", message);
            return Err(Error::refused(refusal));
        }
        let scope = scope(db, actor, asked).await?;
        // What is out of reach is not there, whether or not it is anywhere.
        let mut channels = scope.channels;
        if let (Some(ids), Some(reach)) = (&mut channels, &actor.reach.channels) {
            ids.retain(|id| reach.contains(id));
        }
        Ok(Self {
            part,
            from: asked.from,
            to: asked.to,
            currency: scope.currency,
            entities: scope.entities,
            provider: scope.provider,
            channels,
        })
    }

    /// What the file is called.
    pub fn file_name(&self) -> String {
        let day = |at: OffsetDateTime| at.to_offset(time::UtcOffset::UTC).date();
        let (from, to) = (day(self.from), day(self.to));
        format!("reconciliation-{}-{}-{from}-{to}.csv", self.part.name(), self.currency)
    }

    fn scope(&self) -> Scope {
        Scope {
            entities: self.entities.clone(),
            currency: self.currency.clone(),
            provider: self.provider.clone(),
            channels: self.channels.clone(),
        }
    }
}

/// A file in the making: its head, then part by part.
#[derive(Debug)]
pub struct Export {
    wanted: Wanted,
    currency: Currency,
    /// How ids are written.
    named: fn(&str, Uuid) -> String,
    behind: Option<(OffsetDateTime, Uuid)>,
    begun: bool,
    ended: bool,
}

impl Export {
    /// Opens what [`Wanted::check`] let through; none where the currency is none. `named` writes an id under its prefix.
    pub fn open(wanted: Wanted, named: fn(&str, Uuid) -> String) -> Option<Self> {
        let currency = Currency::ever(&wanted.currency)?;
        Some(Self { wanted, currency, named, behind: None, begun: false, ended: false })
    }

    /// The next part; none where the file ends.
    pub async fn next(&mut self, db: &Db) -> Result<Option<Vec<u8>>> {
        let mut part = Vec::new();
        if !self.begun {
            self.begun = true;
            let head: &[&str] = match self.wanted.part {
                Part::Summary => &FIGURES,
                Part::Steps => &STEPS,
                Part::Exceptions => &EXCEPTIONS,
            };
            write_row(&mut part, head.iter().map(|name| (*name).to_owned()))?;
        }
        if !self.ended {
            match self.wanted.part {
                Part::Summary => self.figures(db, &mut part).await?,
                Part::Steps => self.steps(db, &mut part).await?,
                Part::Exceptions => self.exceptions(db, &mut part).await?,
            }
        }
        Ok((!part.is_empty()).then_some(part))
    }

    async fn figures(&mut self, db: &Db, part: &mut Vec<u8>) -> Result<()> {
        self.ended = true;
        let time = (self.wanted.from, self.wanted.to);
        let found = of_scope(db, &self.wanted.scope(), time).await?;
        let amounts = amounts(&found);
        let mut write = |name: &str, count: String, minor: Option<i64>| {
            let amount = minor.map(|minor| self.currency.decimal(minor).to_string());
            let code = if amount.is_some() { self.currency.code() } else { "" };
            let row = [name.to_owned(), count, amount.unwrap_or_default(), code.to_owned()];
            write_row(part, row.into_iter())
        };
        for (name, minor) in amounts {
            write(name, String::new(), Some(minor))?;
        }
        write("open_exceptions", found.open_exceptions.to_string(), None)?;
        for Bucket { from_days, to_days, count, minor } in found.unsettled {
            let name = match to_days {
                Some(to) => format!("unsettled_{from_days}_to_{to}_business_days"),
                None => format!("unsettled_from_{from_days}_business_days"),
            };
            write(&name, count.to_string(), Some(minor))?;
        }
        Ok(())
    }

    async fn steps(&mut self, db: &Db, part: &mut Vec<u8>) -> Result<()> {
        let time = (self.wanted.from, self.wanted.to);
        let rows = sql::steps_of_period(db, &self.wanted.scope(), time, self.behind, CHUNK).await?;
        let Some(last) = rows.last() else {
            self.ended = true;
            return Ok(());
        };
        self.behind = Some((last.at, last.id));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let settled = Settled::load(db, &ids).await?;
        for row in &rows {
            write_row(part, self.step(row, &settled)?.into_iter())?;
        }
        Ok(())
    }

    fn step(&self, row: &StepRow, settled: &Settled) -> Result<[String; STEPS.len()]> {
        let done = settled.of(row.id)?;
        let text = |minor: i64| self.currency.decimal(minor).to_string();
        let sums = done.sums;
        let came = |of: fn(&(i64, i64)) -> i64| match &sums {
            Some((currency, sums)) => currency.decimal(of(sums)).to_string(),
            None => String::new(),
        };
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        Ok([
            row.order_number.clone(),
            row.channel.clone(),
            row.kind.clone(),
            fixed_width(row.at),
            text(row.minor),
            self.currency.code().to_owned(),
            row.provider.clone(),
            optional(&row.provider_account),
            row.method.clone(),
            optional(&row.payment_reference),
            optional(&row.step_reference),
            text(done.minor),
            text(row.minor - done.minor),
            sums.as_ref().map(|(currency, _)| currency.code().to_owned()).unwrap_or_default(),
            came(|(fee, _)| *fee),
            came(|(_, net)| *net),
            done.at.map(fixed_width).unwrap_or_default(),
            done.settlements,
            done.payouts,
            done.states,
            done.exceptions,
        ])
    }

    async fn exceptions(&mut self, db: &Db, part: &mut Vec<u8>) -> Result<()> {
        let time = (self.wanted.from, self.wanted.to);
        let rows =
            sql::exceptions_of_period(db, &self.wanted.scope(), time, self.behind, CHUNK).await?;
        let Some(last) = rows.last() else {
            self.ended = true;
            return Ok(());
        };
        self.behind = Some((last.raised_at, last.id));
        for row in &rows {
            write_row(part, self.exception(row).into_iter())?;
        }
        Ok(())
    }

    fn exception(&self, row: &reconciliation_exception::Model) -> [String; EXCEPTIONS.len()] {
        [
            (self.named)("rex", row.id),
            row.kind.to_value(),
            row.state.to_value(),
            self.currency.decimal(row.amount_minor).to_string(),
            self.currency.code().to_owned(),
            row.provider.clone().unwrap_or_default(),
            fixed_width(row.raised_at),
            row.explanation.clone(),
            row.resolution.map(|one| one.to_value()).unwrap_or_default(),
            row.resolved_at.map(fixed_width).unwrap_or_default(),
            row.note.clone().unwrap_or_default(),
            row.payment_id.map(|id| (self.named)("pay", id)).unwrap_or_default(),
        ]
    }
}

/// The amounts of a reconciliation by name, in its order.
fn amounts(found: &Reconciliation) -> [(&'static str, i64); 13] {
    [
        ("captured", found.captured),
        ("refunded", found.refunded),
        ("charged_back", found.charged_back),
        ("fees", found.fees),
        ("expected_net", found.expected_net()),
        ("settled_net", found.settled_net),
        ("paid_out", found.paid_out),
        ("received_at_bank", found.received),
        ("unexplained", found.unexplained()),
        ("clearing_balance", found.clearing),
        ("unsettled_captures", found.unsettled_captures),
        ("unsettled_refunds", found.unsettled_refunds),
        ("open_batch_items", found.open_items),
    ]
}

/// What settled some steps.
struct Settled {
    /// By step: the match's amount and the line, if a line settled it.
    matches: HashMap<Uuid, Vec<(i64, Option<Uuid>)>>,
    lines: HashMap<Uuid, settlement_line::Model>,
    references: HashMap<Uuid, String>,
    payouts: HashMap<Uuid, payout::Model>,
    exceptions: HashMap<Uuid, BTreeSet<String>>,
}

/// What became of one step, in words for a row.
#[derive(Default)]
struct Done {
    minor: i64,
    /// The currency of the settlement, with fee and net; none where nothing or several currencies settled it.
    sums: Option<(Currency, (i64, i64))>,
    at: Option<OffsetDateTime>,
    settlements: String,
    payouts: String,
    states: String,
    exceptions: String,
}

impl Settled {
    async fn load(db: &Db, steps: &[Uuid]) -> Result<Self> {
        let mut matches: HashMap<Uuid, Vec<(i64, Option<Uuid>)>> = HashMap::new();
        for (step, minor, line) in sql::settled_of_steps(db, steps).await? {
            matches.entry(step).or_default().push((minor, line));
        }
        let ids: BTreeSet<Uuid> =
            matches.values().flatten().filter_map(|(_, line)| *line).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let lines = sql::lines(db, &ids).await?;
        let distinct = |ids: BTreeSet<Uuid>| ids.into_iter().collect::<Vec<Uuid>>();
        let reports = distinct(lines.iter().map(|line| line.report_id).collect());
        let payouts = distinct(lines.iter().filter_map(|line| line.payout_id).collect());
        let mut exceptions: HashMap<Uuid, BTreeSet<String>> = HashMap::new();
        for (step, kind) in sql::open_about_steps(db, steps).await? {
            exceptions.entry(step).or_default().insert(kind);
        }
        Ok(Self {
            matches,
            lines: lines.into_iter().map(|line| (line.id, line)).collect(),
            references: sql::references_of_reports(db, &reports).await?.into_iter().collect(),
            payouts: sql::payouts(db, &payouts)
                .await?
                .into_iter()
                .map(|payout| (payout.id, payout))
                .collect(),
            exceptions,
        })
    }

    fn of(&self, step: Uuid) -> Result<Done> {
        let mut done = Done::default();
        let (mut settlements, mut payouts, mut states) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut by_currency: HashMap<&str, (i64, i64)> = HashMap::new();
        for (minor, line) in self.matches.get(&step).into_iter().flatten() {
            done.minor += minor;
            let Some(line) = line.and_then(|id| self.lines.get(&id)) else { continue };
            // A line may settle several steps: each has its share of fee and net.
            let whole = line.gross_minor.abs();
            let sums = by_currency.entry(&line.currency).or_default();
            sums.0 += share(line.fee_minor, minor.abs(), whole);
            sums.1 += share(line.net_minor, minor.abs(), whole);
            done.at = done.at.max(line.booked_at);
            let reference = self.references.get(&line.report_id).cloned().unwrap_or_default();
            settlements.insert(format!("{reference}:{}", line.line_number));
            if let Some(payout) = line.payout_id.and_then(|id| self.payouts.get(&id)) {
                payouts.insert(payout.reference.clone());
                states.insert(payout.state.to_value());
            }
        }
        let joined = |texts: BTreeSet<String>| texts.into_iter().collect::<Vec<_>>().join(" ");
        let mut sums = by_currency.into_iter();
        done.sums = match (sums.next(), sums.next()) {
            (Some((code, sums)), None) => Some((Currency::of_row(code)?, sums)),
            _ => None,
        };
        done.settlements = joined(settlements);
        done.payouts = joined(payouts);
        done.states = joined(states);
        done.exceptions = joined(self.exceptions.get(&step).cloned().unwrap_or_default());
        Ok(done)
    }
}

//! Makes believable files of providers and banks from the orders at hand, with faults of every kind that a
//! reconciliation should find, and the answer beside them.
//!
//! The faults are written from the formats' own rules: a line left out, a reference that nobody has, an amount typed
//! wrong. Nothing here asks how lines are matched.

use super::days::business_days_after;
use super::sql as queries;
use crate::error::Result;
use crate::money::Currency;
use crate::store::Store;
use entities::enums::SettlementLineKind as LineKind;
use entities::fee_agreement;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Simulate {
    /// The same seed and orders make the same files.
    pub seed: u64,
    /// How many of a thousand lines carry a fault.
    pub faults_per_mille: u32,
    /// Steps of a batch at most.
    pub batch: usize,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it lies below the folder, which an inbox understands: `adyen.ADYEN_SETTLEMENT_DETAILS/batch-1.csv`.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A difference that is to be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Expected {
    /// Its kind.
    pub kind: String,
    /// The file that has the fault.
    pub file: String,
    /// What it is about: a reference of a line, a payout or a statement.
    pub subject: String,
    /// What is at stake, in minor units.
    pub minor: i64,
}

/// The files, and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Simulated {
    /// The files, in the order in which they are to be read.
    pub files: Vec<File>,
    /// What a reconciliation should find, sorted.
    pub expected: Vec<Expected>,
    /// How many steps of payments the files tell of.
    pub steps: usize,
}

/// A step of a payment that a file is to tell of.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) kind: String,
    pub(super) minor: i64,
    pub(super) at: OffsetDateTime,
    pub(super) reference: Option<String>,
    pub(super) payment_reference: Option<String>,
    pub(super) currency: String,
    pub(super) provider: String,
    pub(super) account: Option<String>,
    pub(super) order_number: String,
    pub(super) shipped: bool,
    pub(super) closed: bool,
    /// Whether anything of the payment went back.
    pub(super) refunded: bool,
    /// How much of the payment a payer's bank can take without that being given back twice.
    pub(super) left: i64,
    pub(super) method: String,
    pub(super) entity: Uuid,
}

impl Step {
    fn is_capture(&self) -> bool {
        self.kind == "CAPTURE"
    }

    /// What may be kept of so much of it, as is agreed for its own method or else for all.
    fn agreed(&self, fees: &[fee_agreement::Model], kind: LineKind, minor: i64) -> Option<i64> {
        let day = self.at.date().to_string();
        let newest = |method: &str| {
            let of_step = |row: &&fee_agreement::Model| {
                row.legal_entity_id == self.entity
                    && row.provider == self.provider
                    && row.kind == kind
                    && row.method == method
                    && row.currency == self.currency
                    && row.from_day <= day
            };
            fees.iter().filter(of_step).max_by_key(|row| &row.from_day)
        };
        let row = newest(&self.method.to_lowercase())
            .filter(|row| row.rate.is_some())
            .or_else(|| newest("").filter(|row| row.rate.is_some()))?;
        let rate: Decimal = row.rate.as_deref()?.parse().ok()?;
        let share = (Decimal::from(minor) * rate).round_dp(0);
        Some(i64::try_from(share).ok()? + row.fixed_minor?)
    }
}

/// An authorization of which something is open and that ends within a day.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) reference: String,
    pub(super) minor: i64,
}

/// How a provider writes its files here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Adyen,
    Stripe,
    Paypal,
}

impl Layout {
    /// Providers of other names write as Adyen does.
    fn of(provider: &str) -> Self {
        match provider {
            "stripe" => Self::Stripe,
            "paypal" => Self::Paypal,
            _ => Self::Adyen,
        }
    }

    const fn format(self) -> &'static str {
        match self {
            Self::Adyen => "ADYEN_SETTLEMENT_DETAILS",
            Self::Stripe => "STRIPE_ITEMIZED",
            Self::Paypal => "PAYPAL_STL",
        }
    }
}

/// A line before it is written in a layout.
#[derive(Debug, Clone)]
struct Row {
    kind: &'static str,
    payment: String,
    step: String,
    order: String,
    gross: i64,
    fee: i64,
    currency: String,
    at: OffsetDateTime,
}

impl Row {
    const fn net(&self) -> i64 {
        self.gross - self.fee
    }
}

/// Makes files from the captures and refunds that no settlement told of.
pub async fn simulate(store: &Store, asked: Simulate) -> Result<Simulated> {
    let db = store.read();
    let steps = queries::steps_to_settle(&db).await?;
    let now = store.clock().now();
    let mut maker = Maker {
        asked,
        now,
        fees: queries::fees(&db).await?,
        charged: HashSet::new(),
        random: StdRng::seed_from_u64(asked.seed),
        made: Simulated::default(),
        payouts: Vec::new(),
        count: 0,
    };
    let mut groups: BTreeMap<(String, Option<String>, String), Vec<Step>> = BTreeMap::new();
    for step in steps {
        let key = (step.provider.clone(), step.account.clone(), step.currency.clone());
        groups.entry(key).or_default().push(step);
    }
    for ((provider, account, currency), steps) in groups {
        for batch in steps.chunks(asked.batch.max(1)) {
            maker.batch(&provider, account.as_deref(), &currency, batch);
        }
    }
    maker.statements();
    // No file tells of these: the clock does.
    for ending in queries::endings(&db, now + Duration::days(1)).await? {
        maker.expect("STALE_AUTHORIZATION", "", ending.reference, ending.minor);
    }
    maker.made.expected.sort();
    Ok(maker.made)
}

/// A payout that a bank is to tell of.
#[derive(Debug, Clone)]
struct Sent {
    provider: String,
    reference: String,
    currency: String,
    minor: i64,
    at: OffsetDateTime,
}

struct Maker {
    asked: Simulate,
    /// Nothing is told of the future.
    now: OffsetDateTime,
    random: StdRng,
    /// What is agreed with providers.
    fees: Vec<fee_agreement::Model>,
    /// Payments that were charged back and given back.
    charged: HashSet<String>,
    made: Simulated,
    payouts: Vec<Sent>,
    count: u32,
}

/// Faults of single lines.
const LINE_FAULTS: [&str; 11] = [
    "MISSING_IN_PSP",
    "MISSING_IN_LEDGER",
    "AMOUNT_MISMATCH",
    "CURRENCY_MISMATCH",
    "DUPLICATE_LINE",
    "DUPLICATE_CAPTURE",
    "UNKNOWN_TYPE",
    "CHARGEBACK",
    "REFUND_FAILED",
    "REFUND_AND_CHARGEBACK",
    "FEE_VARIANCE",
];

impl Maker {
    fn chance(&mut self) -> bool {
        self.random.random_range(0..1_000) < self.asked.faults_per_mille
    }

    /// Whether there are to be any faults.
    const fn faulty(&self) -> bool {
        self.asked.faults_per_mille > 0
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.faulty() && self.random.random_range(0..count) == 0
    }

    fn expect(&mut self, kind: &str, file: &str, subject: impl Into<String>, minor: i64) {
        let (kind, file) = (kind.to_owned(), file.to_owned());
        let expected = Expected { kind, file, subject: subject.into(), minor: minor.abs() };
        self.made.expected.push(expected);
    }

    /// One batch of a provider, in its own layout.
    fn batch(&mut self, provider: &str, account: Option<&str>, currency: &str, steps: &[Step]) {
        self.count += 1;
        let number = 1_000 + self.count;
        let layout = Layout::of(provider);
        let file = format!("{provider}.{}/batch-{number}.csv", layout.format());
        let last = steps.iter().map(|step| step.at).max();
        let booked = last.unwrap_or(OffsetDateTime::UNIX_EPOCH) + Duration::hours(20);
        let booked = booked.min(self.now);
        let mut rows = Vec::with_capacity(steps.len());
        for step in steps {
            self.made.steps += 1;
            let row = self.row(step, booked);
            self.put(&file, layout, step, row, &mut rows);
        }
        rows.push(own("fee", &format!("fees-{number}"), -75, currency, booked));
        let net: i64 = rows.iter().map(Row::net).sum();
        let reference = match layout {
            Layout::Adyen => format!("TX{number}000XT"),
            Layout::Stripe => format!("po_{number}"),
            Layout::Paypal => format!("77{number}"),
        };
        let mut sent = net;
        if net < 0 {
            if layout == Layout::Adyen {
                self.expect("NEGATIVE_BATCH", &file, number.to_string(), net);
            }
            sent = 0;
        } else if layout != Layout::Paypal && rows.len() > 1 && self.one_in(10) {
            // The payout is more than the lines by more than any rounding.
            sent = net + 5_00;
            self.expect("BATCH_OUT_OF_BALANCE", &file, reference.clone(), 5_00);
        }
        let batch = Batch {
            number,
            account: account.unwrap_or("Main"),
            booked,
            reference: &reference,
            sent,
            currency,
        };
        let content = match layout {
            Layout::Adyen => adyen(&batch, &rows),
            Layout::Stripe => stripe(&batch, &rows),
            Layout::Paypal => paypal(&batch, &rows),
        };
        self.made.files.push(File { name: file, content: content.into_bytes() });
        if sent > 0 {
            let at = (booked + Duration::hours(4)).min(self.now);
            self.payouts.push(Sent {
                provider: provider.to_owned(),
                reference,
                currency: currency.to_owned(),
                minor: sent,
                at,
            });
        }
    }

    /// A line, or what is wrong in its place.
    fn put(&mut self, file: &str, layout: Layout, step: &Step, row: Row, rows: &mut Vec<Row>) {
        if !self.chance() {
            rows.push(row);
            return;
        }
        let place = self.random.random_range(0..LINE_FAULTS.len());
        let fault = LINE_FAULTS.get(place).copied().unwrap_or_default();
        let capture = step.is_capture();
        let number = rows.len() + self.made.files.len() * 100_000;
        match fault {
            "MISSING_IN_PSP" => {
                let kind = if capture { fault } else { "REFUND_NOT_SETTLED" };
                self.expect(kind, file, row.payment, row.gross);
            }
            "MISSING_IN_LEDGER" => {
                let unknown = Row {
                    payment: format!("unknown-{}-{number}", self.count),
                    step: format!("unknown-step-{}-{number}", self.count),
                    order: String::new(),
                    ..row.clone()
                };
                self.expect(fault, file, unknown.payment.clone(), row.gross);
                rows.extend([row, unknown]);
            }
            "AMOUNT_MISMATCH" if capture && row.gross > 200 => {
                self.expect(fault, file, row.payment.clone(), 100);
                rows.push(Row { gross: row.gross - 100, ..row });
            }
            "CURRENCY_MISMATCH" if capture && layout == Layout::Adyen && row.currency == "EUR" => {
                self.expect(fault, file, row.payment.clone(), row.gross);
                rows.push(Row { kind: "capture in USD", ..row });
            }
            "DUPLICATE_LINE"
                if step.reference.is_some() && step.reference != step.payment_reference =>
            {
                self.expect(fault, file, row.payment.clone(), row.gross);
                rows.extend([row.clone(), row]);
            }
            "DUPLICATE_CAPTURE" if capture => {
                let again = Row { step: format!("{}-again-{number}", row.step), ..row.clone() };
                self.expect(fault, file, row.payment.clone(), row.gross);
                rows.extend([row, again]);
            }
            "UNKNOWN_TYPE" => {
                self.expect(fault, file, format!("bonus-{}-{number}", self.count), 150);
                let bonus = own(
                    "bonus",
                    &format!("bonus-{}-{number}", self.count),
                    150,
                    &row.currency,
                    row.at,
                );
                rows.extend([row, bonus]);
            }
            "CHARGEBACK" if capture && step.shipped && !step.refunded && row.gross > 2_000 => {
                let back = self.charged_back(layout, step, &row, number);
                let kind = if step.closed { "LATE_CHARGEBACK" } else { fault };
                self.expect(kind, file, row.payment.clone(), row.gross);
                rows.extend([row, back]);
            }
            "REFUND_AND_CHARGEBACK"
                if capture
                    && step.shipped
                    && step.left < row.gross
                    && self.charged.insert(row.payment.clone()) =>
            {
                let back = self.charged_back(layout, step, &row, number);
                let kind = if step.closed { "LATE_CHARGEBACK" } else { "CHARGEBACK" };
                self.expect(kind, file, row.payment.clone(), row.gross);
                self.expect(fault, file, row.payment.clone(), row.gross);
                rows.extend([row, back]);
            }
            "FEE_VARIANCE"
                if capture && step.agreed(&self.fees, LineKind::Capture, row.gross).is_some() =>
            {
                let off = row.fee + 1_00;
                self.expect(fault, file, row.payment.clone(), off);
                rows.push(Row { fee: row.fee + off, ..row });
            }
            "REFUND_FAILED" if !capture && layout != Layout::Paypal => {
                let back = Row { kind: "refund failed", gross: -row.gross, fee: 0, ..row.clone() };
                self.expect(fault, file, row.payment.clone(), row.gross);
                rows.extend([row, back]);
            }
            _ => rows.push(row),
        }
    }

    /// The line with which a payer's bank takes what was captured.
    fn charged_back(&self, layout: Layout, step: &Step, row: &Row, number: usize) -> Row {
        let agreed = step.agreed(&self.fees, LineKind::Chargeback, row.gross);
        Row {
            kind: "chargeback",
            step: format!("dispute-{}-{number}", self.count),
            gross: -row.gross,
            fee: agreed.unwrap_or(if layout == Layout::Paypal { 0 } else { 15_00 }),
            ..row.clone()
        }
    }

    /// A line as it should be: with the fee that is agreed, or else two percent and a quarter of a unit of a capture.
    fn row(&mut self, step: &Step, booked: OffsetDateTime) -> Row {
        let capture = step.is_capture();
        let usual = if capture {
            step.minor / 50 + 25
        } else {
            i64::from(self.random.random_range(0..2)) * 10
        };
        let kind = if capture { LineKind::Capture } else { LineKind::Refund };
        let payment = step.payment_reference.clone().unwrap_or_else(|| step.order_number.clone());
        Row {
            kind: if capture { "capture" } else { "refund" },
            step: step.reference.clone().unwrap_or_else(|| payment.clone()),
            payment,
            order: step.order_number.clone(),
            gross: if capture { step.minor } else { -step.minor },
            fee: step.agreed(&self.fees, kind, step.minor).unwrap_or(usual),
            currency: step.currency.clone(),
            at: step.at.min(booked),
        }
    }

    /// What the banks say of the payouts, in two formats.
    fn statements(&mut self) {
        let mut accounts: BTreeMap<(String, String), Vec<Sent>> = BTreeMap::new();
        for sent in std::mem::take(&mut self.payouts) {
            let key = (sent.currency.clone(), sent.provider.clone());
            accounts.entry(key).or_default().push(sent);
        }
        for (place, ((currency, provider), sent)) in accounts.into_iter().enumerate() {
            let account = format!("DE0212030000{:010}", 1_000 + place);
            let camt = place % 2 == 0;
            let name = |number: usize| {
                let (format, ending) = if camt { ("CAMT053", "xml") } else { ("MT940", "sta") };
                format!("bank.{format}/{currency}-{provider}-{number:04}.{ending}")
            };
            let write = |statement: &Statement<'_>, entries: &[Entry]| {
                if camt { camt053(statement, entries) } else { mt940(statement, entries) }
            };
            let mut statement = Statement {
                account: &account,
                number: 0,
                currency: &currency,
                opening: 100_000,
                off: 0,
                day: OffsetDateTime::UNIX_EPOCH.date(),
            };
            for payouts in sent.chunks(20) {
                statement.number += 1;
                let file = name(statement.number);
                let entries = self.entries(&file, payouts);
                let day = entries.iter().map(|entry| entry.at.date()).max();
                statement.day = day.unwrap_or(statement.day).max(statement.day);
                let content = write(&statement, &entries).into_bytes();
                self.made.files.push(File { name: file, content });
                statement.opening += entries.iter().map(|entry| entry.minor).sum::<i64>();
            }
            // The last one of an account is behind one that is missing, or does not add up.
            if !self.faulty() {
                continue;
            }
            statement.day = statement.day.next_day().unwrap_or(statement.day);
            if place % 2 == 0 {
                statement.number += 2;
                self.expect("STATEMENT_GAP", &name(statement.number), account.clone(), 0);
            } else {
                statement.number += 1;
                statement.off = 1_00;
                self.expect("BALANCE_BREAK", &name(statement.number), account.clone(), 1_00);
            }
            let content = write(&statement, &[]).into_bytes();
            self.made.files.push(File { name: name(statement.number), content });
        }
    }

    fn entries(&mut self, file: &str, payouts: &[Sent]) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(payouts.len() + 1);
        for sent in payouts {
            let text = format!("{} PAYOUT {}", sent.provider.to_uppercase(), sent.reference);
            let at = business_days_after(sent.at, 1).min(self.now);
            let mut entry = Entry { minor: sent.minor, at, text };
            let fault = if self.faulty() { self.random.random_range(0..25) } else { 25 };
            match fault {
                0 => {
                    self.expect("MISSING_BANK_CREDIT", file, sent.reference.clone(), sent.minor);
                    continue;
                }
                1 if sent.minor > 20_00 => {
                    entry.minor -= 7_00;
                    self.expect("BANK_SHORT", file, sent.reference.clone(), 7_00);
                }
                2 => {
                    entry.minor += 7_00;
                    self.expect("BANK_OVER", file, sent.reference.clone(), 7_00);
                }
                3 => {
                    let text = format!("Transfer {}", self.random.random_range(10_000..99_999));
                    self.expect("UNEXPECTED_BANK_CREDIT", file, text.clone(), 33_00);
                    entries.push(Entry { minor: 33_00, at, text });
                }
                4 => {
                    let text = format!("Direct debit {}", self.random.random_range(10_000..99_999));
                    self.expect("UNEXPECTED_BANK_DEBIT", file, text.clone(), 12_00);
                    entries.push(Entry { minor: -12_00, at, text });
                }
                // The bank keeps a little, which is booked and no difference.
                5 if sent.minor > 1_00 => entry.minor -= 10,
                _ => {}
            }
            entries.push(entry);
        }
        entries
    }
}

/// A line of the provider's own.
fn own(kind: &'static str, name: &str, minor: i64, currency: &str, at: OffsetDateTime) -> Row {
    Row {
        kind,
        payment: String::new(),
        step: name.to_owned(),
        order: String::new(),
        gross: minor,
        fee: 0,
        currency: currency.to_owned(),
        at,
    }
}

struct Batch<'a> {
    number: u32,
    account: &'a str,
    booked: OffsetDateTime,
    reference: &'a str,
    sent: i64,
    currency: &'a str,
}

fn units(currency: &str, minor: i64) -> Decimal {
    Currency::from_code(currency).map_or_else(|| Decimal::new(minor, 2), |one| one.decimal(minor))
}

/// `2026-01-31 09:30:00`.
fn stamp(at: OffsetDateTime, separator: char) -> String {
    let day = at.date().to_string().replace('-', &separator.to_string());
    format!("{day} {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

fn adyen(batch: &Batch<'_>, rows: &[Row]) -> String {
    let mut out = String::from(
        "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4\r\n",
    );
    let sides = |currency: &str, minor: i64| {
        let amount = units(currency, minor.abs());
        if minor < 0 { format!("{amount},") } else { format!(",{amount}") }
    };
    for row in rows {
        let bare = row.payment.is_empty();
        let kind = match row.kind {
            "refund" => "Refunded",
            "refund failed" => "RefundedReversed",
            "chargeback" => "Chargeback",
            "fee" => "Fee",
            "bonus" => "LoyaltyBonus",
            _ => "Settled",
        };
        let gross_in = if row.kind == "capture in USD" { "USD" } else { &row.currency };
        let gross = if bare {
            ",,".to_owned()
        } else {
            format!("{gross_in},{}", sides(gross_in, row.gross))
        };
        let fee = if bare { String::new() } else { units(&row.currency, row.fee).to_string() };
        let _infallible = write!(
            out,
            "Shop,{},{},{},card,{},UTC,{kind},{},{gross},1,{},{},{fee},,,,,,{},\r\n",
            batch.account,
            row.payment,
            row.order,
            stamp(row.at, '-'),
            row.step,
            row.currency,
            sides(&row.currency, row.net()),
            batch.number,
        );
    }
    if batch.sent != 0 {
        let _infallible = write!(
            out,
            "Shop,{},,,,{},UTC,MerchantPayout,\"{} batch {}, {}\",,,,,{},{},,,,,,,{},\r\n",
            batch.account,
            stamp(batch.booked, '-'),
            batch.reference,
            batch.number,
            batch.account,
            batch.currency,
            sides(batch.currency, -batch.sent),
            batch.number,
        );
    }
    out
}

fn stripe(batch: &Batch<'_>, rows: &[Row]) -> String {
    let mut out = String::from(
        "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,automatic_payout_id,payment_metadata[order_id]\n",
    );
    for (place, row) in rows.iter().enumerate() {
        let kind = match row.kind {
            "refund" => "refund",
            "refund failed" => "refund_failure",
            "chargeback" => "dispute",
            "fee" => "fee",
            "bonus" => "anniversary_bonus",
            _ => "charge",
        };
        let amount = |minor: i64| units(&row.currency, minor);
        let _infallible = writeln!(
            out,
            "txn_{}_{place},{},{},{},{},{},{},{kind},{},,,{},{},{}",
            batch.number,
            stamp(row.at, '-'),
            stamp(batch.booked, '-'),
            row.currency.to_lowercase(),
            amount(row.gross),
            amount(row.fee),
            amount(row.net()),
            row.step,
            row.payment,
            batch.reference,
            row.order,
        );
    }
    if batch.sent != 0 {
        let amount = units(batch.currency, -batch.sent);
        let _infallible = writeln!(
            out,
            "txn_{}_p,{at},{at},{},{amount},0,{amount},payout,{},STRIPE PAYOUT,,,{},",
            batch.number,
            batch.currency.to_lowercase(),
            batch.reference,
            batch.reference,
            at = stamp(batch.booked, '-'),
        );
    }
    out
}

fn paypal(batch: &Batch<'_>, rows: &[Row]) -> String {
    let at = |at: OffsetDateTime| format!("{} +0000", stamp(at, '/'));
    let booked = at(batch.booked);
    let mut out = format!(
        "\u{feff}\"RH\",{booked},\"{}\",\"{account}\",009,\n\"FH\",01\n\"SH\",{booked},{booked},\"{account}\",\"\"\n\"CH\",\"Transaction ID\",\"Invoice ID\",\"PayPal Reference ID\",\"PayPal Reference ID Type\",\"Transaction Event Code\",\"Transaction Initiation Date\",\"Transaction Completion Date\",\"Transaction Debit or Credit\",\"Gross Transaction Amount\",\"Gross Transaction Currency\",\"Fee Debit or Credit\",\"Fee Amount\",\"Fee Currency\",\"Custom Field\",\"Consumer ID\",\"Payment Tracking ID\",\"Store ID\",\"Bank Reference ID\"\n",
        batch.number,
        account = batch.account,
    );
    // Two implied decimals, whatever the currency.
    let hundredths = |minor: i64| {
        let scaled = units(batch.currency, minor.abs()) * Decimal::from(100);
        scaled.normalize().to_string()
    };
    let side = |minor: i64| if minor < 0 { "DR" } else { "CR" };
    let (mut came, mut went, mut returned, mut kept) = (0_i64, 0_i64, 0_i64, 0_i64);
    for row in rows {
        let code = match row.kind {
            "refund" => "T1107",
            "chargeback" => "T1201",
            "fee" => "T0100",
            "bonus" => "T9700",
            _ => "T0006",
        };
        came += row.gross.max(0);
        went += (-row.gross).max(0);
        returned += (-row.fee).max(0);
        kept += row.fee.max(0);
        let fee = if row.fee == 0 {
            "\"\",,\"\"".to_owned()
        } else {
            format!("\"{}\",{},\"{}\"", side(-row.fee), hundredths(row.fee), row.currency)
        };
        let _infallible = writeln!(
            out,
            "\"SB\",\"{}\",\"{}\",\"{}\",\"TXN\",\"{code}\",{moment},{moment},\"{}\",{},\"{}\",{fee},\"\",\"\",\"\",\"\",\"\"",
            row.step,
            row.order,
            row.payment,
            side(row.gross),
            hundredths(row.gross),
            row.currency,
            moment = at(row.at),
        );
    }
    let mut count = rows.len();
    if batch.sent != 0 {
        count += 1;
        went += batch.sent;
        let _infallible = writeln!(
            out,
            "\"SB\",\"W{}\",\"\",\"\",\"\",\"T0400\",{booked},{booked},\"DR\",{},\"{}\",\"\",,\"\",\"\",\"\",\"\",\"\",\"{}\"",
            batch.number,
            hundredths(batch.sent),
            batch.currency,
            batch.reference,
        );
    }
    let moved = came - went + returned - kept;
    let _infallible = writeln!(
        out,
        "\"SF\",\"{}\",{},{},{},{},\"CR\",0,\"{}\",{}\n\"SC\",{count}\n\"RC\",{count}\n\"FF\",{count}",
        batch.currency,
        hundredths(came),
        hundredths(went),
        hundredths(returned),
        hundredths(kept),
        side(moved),
        hundredths(moved),
    );
    out
}

struct Statement<'a> {
    account: &'a str,
    number: usize,
    currency: &'a str,
    opening: i64,
    /// By how much its end is wrong.
    off: i64,
    day: time::Date,
}

struct Entry {
    minor: i64,
    at: OffsetDateTime,
    text: String,
}

fn camt053(statement: &Statement<'_>, entries: &[Entry]) -> String {
    let amount = |minor: i64| {
        let sign = if minor < 0 { "DBIT" } else { "CRDT" };
        format!(
            "<Amt Ccy=\"{}\">{}</Amt><CdtDbtInd>{sign}</CdtDbtInd>",
            statement.currency,
            units(statement.currency, minor.abs())
        )
    };
    let balance = |code: &str, minor: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>{}</Dt></Dt></Bal>",
            amount(minor),
            statement.day
        )
    };
    let moved: i64 = entries.iter().map(|entry| entry.minor).sum();
    let closing = statement.opening + moved + statement.off;
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId></GrpHdr><Stmt><Id>{account}-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><FrToDt><FrDtTm>{day}T00:00:00</FrDtTm><ToDtTm>{day}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{}{}\n",
        balance("OPBD", statement.opening),
        balance("CLBD", closing),
        number = statement.number,
        account = statement.account,
        day = statement.day,
    );
    for (place, entry) in entries.iter().enumerate() {
        let _infallible = writeln!(
            out,
            "<Ntry>{}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{}-{}-{place}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
            amount(entry.minor),
            statement.account,
            statement.number,
            entry.text,
            day = entry.at.date(),
        );
    }
    out.push_str("</Stmt></BkToCstmrStmt></Document>\n");
    out
}

fn mt940(statement: &Statement<'_>, entries: &[Entry]) -> String {
    let short = |day: time::Date| {
        format!("{:02}{:02}{:02}", day.year().rem_euclid(100), u8::from(day.month()), day.day())
    };
    let comma = |minor: i64| units(statement.currency, minor.abs()).to_string().replace('.', ",");
    let mark = |minor: i64| if minor < 0 { "D" } else { "C" };
    let balance = |minor: i64| {
        let amount = comma(minor);
        let amount = if amount.contains(',') { amount } else { amount + "," };
        format!("{}{}{}{amount}", mark(minor), short(statement.day), statement.currency)
    };
    let moved: i64 = entries.iter().map(|entry| entry.minor).sum();
    let closing = statement.opening + moved + statement.off;
    let mut out = format!(
        ":20:STMT{number}\r\n:25:{}\r\n:28C:{number:05}/001\r\n:60F:{}\r\n",
        statement.account,
        balance(statement.opening),
        number = statement.number,
    );
    for (place, entry) in entries.iter().enumerate() {
        let amount = comma(entry.minor);
        let amount = if amount.contains(',') { amount } else { amount + "," };
        let day = entry.at.date();
        let _infallible = write!(
            out,
            ":61:{}{:02}{:02}{}{amount}NTRFNONREF//{}-{place}\r\n:86:{}\r\n",
            short(day),
            u8::from(day.month()),
            day.day(),
            mark(entry.minor),
            statement.number,
            entry.text,
        );
    }
    let _infallible = write!(out, ":62F:{}\r\n-\r\n", balance(closing));
    out
}

//! Readers of what providers settle: each format line by line into one model, in bounded memory.
//!
//! A reader takes columns by their names, ignores those that it does not know, and turns amounts into minor units by
//! the provider's own convention. Nothing is dropped: every field of a row is kept as it was written, and a type that is
//! not known becomes a line of kind `UNKNOWN`.

pub(crate) mod adyen;
pub(crate) mod generic;
pub(crate) mod mollie;
pub(crate) mod paypal;
pub(crate) mod stripe;
pub(crate) mod table;
pub(crate) mod values;

#[cfg(test)]
pub(crate) mod tests;

use crate::error::{Refusal, RefusalCode};
use crate::money::Currency;
use entities::enums::{SettlementFormat, SettlementLineKind};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::io::BufRead;
use time::OffsetDateTime;

/// Faults that are kept of one file.
pub(crate) const MAX_FAULTS: usize = 100;
/// Characters of a reference.
pub(crate) const MAX_REFERENCE: usize = 200;

/// An amount of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Its currency.
    pub currency: Currency,
    /// In minor units of the currency; positive is to us.
    pub minor: i64,
}

/// One line of a settlement file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where the row begins in the file, from 1.
    pub number: i32,
    /// What happened.
    pub kind: SettlementLineKind,
    /// The provider's account.
    pub account: Option<String>,
    /// The batch, where a file holds several.
    pub batch: Option<String>,
    /// The payout that it is part of.
    pub payout: Option<String>,
    /// What the provider calls the payment.
    pub provider_reference: Option<String>,
    /// What the provider calls this capture, refund or dispute.
    pub modification_reference: Option<String>,
    /// What we call it.
    pub merchant_reference: Option<String>,
    /// Of the payment, in its currency.
    pub gross: Sum,
    /// What the provider kept, in the currency of `net`; below zero it gave a fee back.
    pub fee: i64,
    /// What came to the balance.
    pub net: Sum,
    /// From the currency of `gross` to that of `net`.
    pub rate: Option<Decimal>,
    /// When it happened.
    pub occurred_at: Option<OffsetDateTime>,
    /// When it came to the balance.
    pub booked_at: Option<OffsetDateTime>,
    /// Every field as it was written, by column name, in the order of the file.
    pub raw: Vec<(String, String)>,
}

/// What a provider states of a currency, where it does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// The balance before.
    pub opening: Option<i64>,
    /// The balance after.
    pub closing: Option<i64>,
    /// What the lines should sum to, payouts included.
    pub net: Option<i64>,
}

/// Why a row, or the file, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row, from 1; none where it is about the file.
    pub line: Option<i32>,
    /// The column.
    pub column: Option<String>,
    /// A sentence for a person.
    pub message: String,
}

impl Fault {
    /// About the file as a whole.
    pub(crate) fn of_file(message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into() }
    }

    /// As a client reads it: `lines.12.Gross Amount`.
    pub(crate) fn refusal(&self) -> Refusal {
        let code = RefusalCode::FormatError;
        let Some(line) = self.line else {
            return Refusal::new(code, "file", self.message.clone());
        };
        let said = match &self.column {
            Some(column) => format!("line {line}, {column}: {}", self.message),
            None => format!("line {line}: {}", self.message),
        };
        let mut refusal = Refusal::new(code, "file", said);
        refusal.details = Some(serde_json::json!({ "line": line, "column": self.column }));
        refusal
    }
}

/// A payout that a file is about as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedPayout {
    /// What the bank shows of it.
    pub reference: String,
    /// How much; positive is sent to us.
    pub sum: Sum,
    /// Whether it was sent.
    pub sent: bool,
    /// When.
    pub at: Option<OffsetDateTime>,
}

/// What a file says as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// The provider's account, where the file names one.
    pub account: Option<String>,
    /// What tells the batch from others.
    pub reference: Option<String>,
    /// The payout of all lines, where the file is about one.
    pub payout: Option<StatedPayout>,
    /// By currency, what the provider states.
    pub stated: BTreeMap<&'static str, Stated>,
    /// The first faults.
    pub faults: Vec<Fault>,
    /// How many there were.
    pub fault_count: usize,
    /// How many lines could be read.
    pub lines: usize,
}

/// A file in the reading.
pub(crate) struct Reading<'a> {
    pub(crate) heading: Heading,
    keep: &'a mut dyn FnMut(Line) -> bool,
    /// Whether whoever takes the lines has gone away.
    pub(crate) ended: bool,
    /// Whether the last row was shorter than its table.
    pub(crate) cut: bool,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(keep: &'a mut dyn FnMut(Line) -> bool) -> Self {
        Self { heading: Heading::default(), keep, ended: false, cut: false }
    }

    /// A line that could be read.
    pub(crate) fn line(&mut self, mut line: Line) {
        for reference in [
            &mut line.account,
            &mut line.batch,
            &mut line.payout,
            &mut line.provider_reference,
            &mut line.modification_reference,
            &mut line.merchant_reference,
        ] {
            *reference = reference.take().and_then(values::reference);
        }
        self.heading.lines += 1;
        self.ended = !(self.keep)(line);
    }

    /// A row that could not.
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.heading.fault_count += 1;
        if self.heading.faults.len() < MAX_FAULTS {
            self.heading.faults.push(fault);
        }
    }

    /// What the provider states of a currency.
    pub(crate) fn stated(&mut self, currency: Currency) -> &mut Stated {
        self.heading.stated.entry(currency.code()).or_default()
    }
}

/// Reads a file to its end; `keep` takes its lines in order, and answers false where it wants no more.
pub fn read(
    format: SettlementFormat,
    file: &mut dyn BufRead,
    keep: &mut dyn FnMut(Line) -> bool,
) -> Heading {
    let mut reading = Reading::new(keep);
    let done = match format {
        SettlementFormat::AdyenSettlementDetails => adyen::read(file, &mut reading),
        SettlementFormat::StripeItemized => stripe::read(file, &mut reading),
        SettlementFormat::PaypalStl => paypal::read(file, &mut reading),
        SettlementFormat::MollieSettlement => mollie::read(file, &mut reading),
        SettlementFormat::GenericCsv => generic::read(file, &mut reading),
    };
    if let Err(fault) = done {
        reading.fault(fault);
    } else if reading.cut {
        reading.fault(Fault::of_file("it ends in the middle of a row: it is cut off"));
    }
    if reading.heading.lines == 0 && reading.heading.fault_count == 0 {
        reading.fault(Fault::of_file("there are no lines in it"));
    }
    reading.heading
}

//! Readers of bank statements: each format entry by entry into one model, in bounded memory.

pub(crate) mod bai2;
pub(crate) mod camt053;
pub(crate) mod generic;
mod lines;
pub(crate) mod mt940;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use crate::settlements::files::{Fault, MAX_FAULTS, Sum};
use entities::enums::BankFormat;
use std::io::BufRead;
use time::Date;

/// What a statement begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The account: an IBAN without blanks, or what the bank calls it.
    pub account: String,
    /// What the bank calls the statement.
    pub reference: String,
    /// Its number among those of the account, and its page.
    pub sequence: Option<i64>,
    /// Its page.
    pub page: Option<i64>,
    /// The first day.
    pub from: Option<Date>,
    /// The last one.
    pub to: Option<Date>,
    /// The booked balance before.
    pub opening: Option<Sum>,
}

/// An entry of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins in the file, or which one it is, from 1.
    pub number: i32,
    /// Positive is to us.
    pub amount: Sum,
    /// When the bank booked it.
    pub booked_at: Date,
    /// From when it bears interest.
    pub value_date: Option<Date>,
    /// What the bank or the payer calls it.
    pub reference: Option<String>,
    /// What is said of it.
    pub description: Option<String>,
    /// Every field as it was written.
    pub raw: Vec<(String, String)>,
}

/// What a statement ends with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Foot {
    /// The booked balance after.
    pub closing: Option<Sum>,
    /// The last day, where only the end names it.
    pub to: Option<Date>,
}

/// A file, part by part: of each statement its head, its entries and its foot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A statement begins.
    Head(Head),
    /// An entry of it.
    Entry(Entry),
    /// It ends.
    Foot(Foot),
}

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The first faults.
    pub faults: Vec<Fault>,
    /// How many there were.
    pub fault_count: usize,
    /// How many statements.
    pub statements: usize,
    /// How many entries.
    pub entries: usize,
    /// Entries that are announced and not booked: no money yet, so they are not kept.
    pub pending: usize,
}

/// A file in the reading.
pub(crate) struct Reading<'a> {
    pub(crate) outcome: Outcome,
    keep: &'a mut dyn FnMut(Part) -> bool,
    pub(crate) ended: bool,
}

impl Reading<'_> {
    pub(crate) fn part(&mut self, part: Part) {
        match &part {
            Part::Head(_) => self.outcome.statements += 1,
            Part::Entry(_) => self.outcome.entries += 1,
            Part::Foot(_) => {}
        }
        self.ended = !(self.keep)(part);
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.outcome.fault_count += 1;
        if self.outcome.faults.len() < MAX_FAULTS {
            self.outcome.faults.push(fault);
        }
    }

    /// A fault of a row.
    pub(crate) fn wrong(&mut self, line: i32, column: &str, message: impl Into<String>) {
        let column = Some(column.to_owned()).filter(|column| !column.is_empty());
        self.fault(Fault { line: Some(line), column, message: message.into() });
    }
}

/// Reads a file to its end; `keep` takes its parts in order, and answers false where it wants no more.
pub fn read(
    format: BankFormat,
    file: &mut dyn BufRead,
    keep: &mut dyn FnMut(Part) -> bool,
) -> Outcome {
    let mut reading = Reading { outcome: Outcome::default(), keep, ended: false };
    let done = match format {
        BankFormat::Camt053 => camt053::read(file, &mut reading),
        BankFormat::Mt940 => mt940::read(file, &mut reading),
        BankFormat::Bai2 => bai2::read(file, &mut reading),
        BankFormat::GenericCsv => generic::read(file, &mut reading),
    };
    if let Err(fault) = done {
        reading.fault(fault);
    }
    if reading.outcome.statements == 0 && reading.outcome.fault_count == 0 {
        reading.fault(Fault::of_file("there is no statement in it"));
    }
    reading.outcome
}

/// An account as it is compared: without blanks, in upper case.
pub fn account_key(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

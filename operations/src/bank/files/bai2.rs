//! BAI2, as US banks report cash: records of fields parted by commas, each ended by a slash; 88 goes on with the one before.
//!
//! Amounts are whole numbers in minor units of the currency; the type code says which way: below 400 to us, 400 to 699
//! from us. The funds type says how many fields follow it, so that a row is not merely split. The trailers 49, 98 and 99
//! state control totals and counts: they are checked, and a file that does not agree with its own is refused.

use super::lines::Lines;
use super::{Entry, Foot, Head, Part, Reading, account_key};
use crate::money::Currency;
use crate::settlements::files::{Fault, Sum, values};
use std::io::BufRead;
use time::Date;

/// Characters of a description.
const MAX_DESCRIPTION: usize = 2_000;
/// Characters of a record with all that goes on of it.
const MAX_RECORD: usize = 64 * 1024;

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut lines = Lines::new(file)?;
    let mut state = State::default();
    let mut record: Option<Record> = None;
    while let Some((number, line)) = lines.next()? {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        if let Some(more) = line.strip_prefix("88,") {
            let Some(record) = &mut record else {
                reading.wrong(number, "88", "there is nothing before it that it goes on with");
                continue;
            };
            record.more(more);
            continue;
        }
        if let Some(record) = record.take() {
            state.take(&record, reading);
        }
        record = Some(Record { number, text: line.to_owned(), lines: 1 });
        if reading.ended {
            return Ok(());
        }
    }
    if let Some(record) = record.take() {
        state.take(&record, reading);
    }
    if state.depth == 0 && state.closed {
        return Ok(());
    }
    Err(Fault::of_file("it ends before its trailer 99: it is cut off"))
}

struct Record {
    number: i32,
    text: String,
    /// Itself and what goes on of it.
    lines: i64,
}

impl Record {
    /// A slash ends the fields of a record; text goes on behind it.
    fn more(&mut self, more: &str) {
        self.lines += 1;
        if self.text.len() + more.len() > MAX_RECORD {
            return;
        }
        let ended = self.text.strip_suffix('/').map(str::len);
        match ended {
            Some(length) => {
                self.text.truncate(length);
                self.text.push(',');
            }
            None => self.text.push(' '),
        }
        self.text.push_str(more);
    }

    fn fields(&self) -> Vec<&str> {
        let text = self.text.strip_suffix('/').unwrap_or(&self.text);
        text.split(',').collect()
    }
}

/// Sums and counts for the trailers.
#[derive(Default)]
struct State {
    depth: u8,
    closed: bool,
    day: Option<Date>,
    group_currency: Option<Currency>,
    currency: Option<Currency>,
    account_total: i128,
    group_total: i128,
    file_total: i128,
    account_records: i64,
    group_records: i64,
    file_records: i64,
    closing: Option<Sum>,
}

impl State {
    fn take(&mut self, record: &Record, reading: &mut Reading<'_>) {
        let fields = record.fields();
        let field = |place: usize| fields.get(place).map(|text| text.trim()).unwrap_or_default();
        self.account_records += record.lines;
        self.group_records += record.lines;
        self.file_records += record.lines;
        match field(0) {
            "01" => self.depth = 1,
            "02" => {
                self.depth = 2;
                self.group_total = 0;
                self.group_records = record.lines;
                self.day = as_of(field(4));
                if self.day.is_none() {
                    reading.wrong(record.number, "02", "has no as-of date YYMMDD");
                }
                self.group_currency = values::currency(field(6)).ok();
            }
            "03" => self.account(record, &fields, reading),
            "16" => self.entry(record, reading),
            "49" => {
                let (total, records) = (self.account_total, self.account_records);
                check(record, reading, (field(1), total), (field(2), records));
                self.group_total += self.account_total;
                self.depth = 2;
                let foot = Foot { closing: self.closing.take(), to: self.day };
                reading.part(Part::Foot(foot));
            }
            "98" => {
                check(
                    record,
                    reading,
                    (field(1), self.group_total),
                    (field(3), self.group_records),
                );
                self.file_total += self.group_total;
                self.depth = 1;
            }
            "99" => {
                check(record, reading, (field(1), self.file_total), (field(3), self.file_records));
                self.depth = 0;
                self.closed = true;
            }
            other => {
                let message = format!("{} is no kind of record", values::shown(other));
                reading.wrong(record.number, "", message);
            }
        }
    }

    fn account(&mut self, record: &Record, fields: &[&str], reading: &mut Reading<'_>) {
        self.depth = 3;
        self.account_total = 0;
        self.account_records = record.lines;
        let field = |place: usize| fields.get(place).map(|text| text.trim()).unwrap_or_default();
        let currency = match field(2) {
            "" => Ok(self.group_currency.or_else(|| Currency::from_code("USD"))),
            text => values::currency(text).map(Some),
        };
        let currency = match currency {
            Ok(Some(currency)) => currency,
            Ok(None) => return,
            Err(message) => return reading.wrong(record.number, "03", message),
        };
        self.currency = Some(currency);
        let (mut opening, mut place) = (None, 3);
        self.closing = None;
        while place < fields.len() {
            let (code, amount) = (field(place), field(place + 1));
            if !amount.is_empty() {
                match whole(amount) {
                    Ok(minor) => {
                        self.account_total += i128::from(minor);
                        match code {
                            "010" => opening = Some(Sum { currency, minor }),
                            "015" => self.closing = Some(Sum { currency, minor }),
                            _ => {}
                        }
                    }
                    Err(message) => reading.wrong(record.number, "03", message),
                }
            }
            place += 3 + funds(fields, place + 3) + 1;
        }
        let account = account_key(field(1));
        let day = self.day.map(|day| day.to_string()).unwrap_or_default();
        reading.part(Part::Head(Head {
            reference: format!("{account} {day}"),
            account,
            sequence: None,
            page: None,
            from: self.day,
            to: self.day,
            opening,
        }));
    }

    fn entry(&mut self, record: &Record, reading: &mut Reading<'_>) {
        let fields = record.fields();
        let field = |place: usize| fields.get(place).map(|text| text.trim()).unwrap_or_default();
        let (Some(currency), Some(day), true) = (self.currency, self.day, self.depth == 3) else {
            return reading.wrong(record.number, "16", "an entry before the record 03");
        };
        let minor = match whole(field(2)) {
            Ok(minor) => minor,
            Err(message) => return reading.wrong(record.number, "16", message),
        };
        self.account_total += i128::from(minor);
        let code: u16 = field(1).parse().unwrap_or(0);
        let sign = match code {
            100..=399 => 1,
            400..=699 => -1,
            _ => {
                let message =
                    format!("{} is no type of a credit or debit", values::shown(field(1)));
                return reading.wrong(record.number, "16", message);
            }
        };
        let after = 4 + funds(&fields, 3);
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let text = fields.get(after + 2..).unwrap_or_default().join(",");
        let text: String = text.trim_end_matches('/').chars().take(MAX_DESCRIPTION).collect();
        reading.part(Part::Entry(Entry {
            number: record.number,
            amount: Sum { currency, minor: sign * minor },
            booked_at: day,
            value_date: value_date(&fields),
            reference: said(field(after))
                .or_else(|| said(field(after + 1)))
                .and_then(values::reference),
            description: said(&text),
            raw: vec![("16".to_owned(), record.text.clone())],
        }));
    }
}

/// How many fields a funds type has behind it.
fn funds(fields: &[&str], place: usize) -> usize {
    let field = |place: usize| fields.get(place).map(|text| text.trim()).unwrap_or_default();
    match field(place) {
        "V" => 2,
        "S" => 3,
        "D" => {
            let days: usize = field(place + 1).parse().unwrap_or(0);
            1 + 2 * days.min(fields.len())
        }
        _ => 0,
    }
}

fn value_date(fields: &[&str]) -> Option<Date> {
    (fields.get(3).map(|text| text.trim()) == Some("V")).then(|| as_of(fields.get(4)?)).flatten()
}

/// `YYMMDD`.
fn as_of(digits: &str) -> Option<Date> {
    let digits = digits.trim();
    (digits.len() == 6).then(|| values::compact_day(&format!("20{digits}"))).flatten()
}

fn whole(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{} is no whole number", values::shown(text)));
    }
    text.parse().map_err(|_| format!("{} is no whole number", values::shown(text)))
}

fn check(
    record: &Record,
    reading: &mut Reading<'_>,
    (said, total): (&str, i128),
    (said_count, count): (&str, i64),
) {
    let kind: String = record.text.chars().take(2).collect();
    if said.parse() != Ok(total) {
        let message =
            format!("the control total says {}, the records sum to {total}", values::shown(said));
        reading.wrong(record.number, &kind, message);
    }
    if said_count.parse() != Ok(count) {
        let message =
            format!("it says {} records, and there are {count}", values::shown(said_count));
        reading.wrong(record.number, &kind, message);
    }
}

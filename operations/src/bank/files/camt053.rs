//! ISO 20022 camt.053, versions 02 to 11 ([ISO 20022](https://www.iso20022.org/iso-20022-message-definitions)).
//!
//! Elements are known by their local names, whatever the namespace. Only booked entries are money: what is pending comes
//! again when it is booked. Of the ten kinds of balance only `OPBD`, else `PRCD`, and `CLBD` say what was booked before and
//! after.

use super::{Entry, Foot, Head, Part, Reading, account_key};
use crate::money::Currency;
use crate::settlements::files::table::without_mark;
use crate::settlements::files::{Fault, Sum, values};
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesStart, Event};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use time::{Date, UtcOffset};

/// Bytes between the beginning and the end of an element's own text.
const MAX_TEXT: u64 = 1024 * 1024;
/// Elements within elements.
const MAX_DEPTH: usize = 64;
/// Characters of a description.
const MAX_DESCRIPTION: usize = 2_000;
/// Fields that are kept of an entry as they were written.
const MAX_RAW: usize = 200;

/// Refuses text without end.
struct Guarded<'a, 'c> {
    file: &'a mut dyn BufRead,
    /// Bytes since the last event.
    since: &'c Cell<u64>,
}

impl Read for Guarded<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since.get() > MAX_TEXT {
            return Err(std::io::Error::other("an element is longer than a megabyte"));
        }
        let read = self.file.read(buffer)?;
        self.since.set(self.since.get() + u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    without_mark(file)?;
    let since = Cell::new(0);
    let guarded = BufReader::new(Guarded { file, since: &since });
    let mut xml = quick_xml::Reader::from_reader(DecodingReader::new(guarded));
    let mut state = State::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        since.set(0);
        let event = xml.read_event_into(&mut buffer).map_err(|error| {
            Fault::of_file(format!("is no XML: {error} at byte {}", xml.error_position()))
        })?;
        match event {
            Event::Start(start) => state.open(&start)?,
            Event::Empty(start) => {
                state.open(&start)?;
                state.close(reading);
            }
            Event::End(_) => state.close(reading),
            Event::Text(part) => state.text.push_str(&part.replace('\0', "")),
            Event::CData(part) => state.text.push_str(&part.replace('\0', "")),
            Event::GeneralRef(reference) => {
                let name = reference.to_string();
                let sign = reference.resolve_char_ref().ok().flatten();
                match sign.map(String::from).or_else(|| named(&name).map(str::to_owned)) {
                    Some(sign) => state.text.push_str(&sign.replace('\0', "")),
                    None => return Err(Fault::of_file(format!("&{name}; is not known in it"))),
                }
            }
            Event::DocType(_) => {
                return Err(Fault::of_file("a statement has no document type declaration"));
            }
            Event::Eof => break,
            Event::Decl(declared) => {
                if declared.encoding().is_some() {
                    let encoding = declared
                        .encoder()
                        .ok_or_else(|| Fault::of_file("its encoding is none that is known"))?;
                    xml.get_mut().set_encoding(encoding);
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
        }
        if state.text.len() > usize::try_from(MAX_TEXT).unwrap_or(usize::MAX) {
            return Err(Fault::of_file("an element is longer than a megabyte"));
        }
        if reading.ended {
            return Ok(());
        }
    }
    if state.path.is_empty() && state.documents > 0 {
        return Ok(());
    }
    Err(Fault::of_file("it ends before its last element does: it is cut off"))
}

fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

#[derive(Default)]
struct State {
    path: Vec<String>,
    text: String,
    currency: String,
    documents: usize,
    statement: Option<Statement>,
    entry: Option<Draft>,
    balance: Option<Balance>,
    count: i32,
}

#[derive(Default)]
struct Statement {
    head: Head,
    told: bool,
    previous: Option<Sum>,
    closing: Option<Sum>,
}

#[derive(Default)]
struct Balance {
    code: String,
    amount: Option<(String, String)>,
    credit: Option<bool>,
}

/// An entry as it is read.
#[derive(Default)]
struct Draft {
    amount: Option<(String, String)>,
    credit: Option<bool>,
    status: String,
    booked_at: Option<String>,
    value_date: Option<String>,
    own: Option<String>,
    bank: Option<String>,
    texts: Vec<String>,
    raw: BTreeMap<String, String>,
}

impl State {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        if self.path.len() >= MAX_DEPTH {
            return Err(Fault::of_file("its elements lie too deep"));
        }
        let name = start.local_name().as_ref().to_owned();
        self.text.clear();
        if name == "Amt" || name.ends_with("Amt") {
            let currency = start.attributes().flatten().find(|one| one.key.as_ref() == "Ccy");
            self.currency = currency.map(|one| one.value.into_owned()).unwrap_or_default();
        }
        match name.as_str() {
            "Stmt" => self.statement = Some(Statement::default()),
            "Bal" if self.inside("Stmt") => self.balance = Some(Balance::default()),
            "Ntry" if self.inside("Stmt") => {
                self.count = self.count.saturating_add(1);
                self.entry = Some(Draft::default());
            }
            _ => {}
        }
        self.path.push(name);
        Ok(())
    }

    /// Whether the element that is open now is this one.
    fn inside(&self, name: &str) -> bool {
        self.path.last().is_some_and(|last| last == name)
    }

    /// The names within the last element of a name, such as `BookgDt/Dt`.
    fn below(&self, outer: &str) -> String {
        let place = self.path.iter().rposition(|name| name == outer);
        place.and_then(|place| self.path.get(place + 1..)).unwrap_or_default().join("/")
    }

    fn close(&mut self, reading: &mut Reading<'_>) {
        let said = self.text.trim().to_owned();
        self.text.clear();
        if self.entry.is_some() {
            self.close_in_entry(&said, reading);
        } else if self.balance.is_some() {
            self.close_in_balance(&said, reading);
        } else if self.statement.is_some() {
            self.close_in_statement(&said, reading);
        }
        if self.inside("Document") || self.inside("BkToCstmrStmt") {
            self.documents += 1;
        }
        self.path.pop();
    }

    fn close_in_statement(&mut self, said: &str, reading: &mut Reading<'_>) {
        let within = self.below("Stmt");
        let Some(statement) = &mut self.statement else { return };
        let head = &mut statement.head;
        match within.as_str() {
            "" => {
                let Some(mut statement) = self.statement.take() else { return };
                statement.tell(reading);
                let (closing, to) = (statement.closing, statement.head.to);
                reading.part(Part::Foot(Foot { closing, to }));
            }
            "Id" => said.clone_into(&mut head.reference),
            "ElctrncSeqNb" => head.sequence = said.parse().ok(),
            "LglSeqNb" => head.sequence = head.sequence.or_else(|| said.parse().ok()),
            "StmtPgntn/PgNb" => head.page = said.parse().ok(),
            "FrToDt/FrDtTm" => head.from = day(said).ok(),
            "FrToDt/ToDtTm" => head.to = day(said).ok(),
            "Acct/Id/IBAN" | "Acct/Id/Othr/Id" => head.account = account_key(said),
            _ => {}
        }
    }

    fn close_in_balance(&mut self, said: &str, reading: &mut Reading<'_>) {
        let within = self.below("Bal");
        let Some(balance) = &mut self.balance else { return };
        match within.as_str() {
            "Tp/CdOrPrtry/Cd" => said.clone_into(&mut balance.code),
            "Amt" => balance.amount = Some((self.currency.clone(), said.to_owned())),
            "CdtDbtInd" => balance.credit = credit(said),
            "" => {
                let Some(balance) = self.balance.take() else { return };
                let Some(statement) = &mut self.statement else { return };
                if !matches!(balance.code.as_str(), "OPBD" | "PRCD" | "CLBD") {
                    return;
                }
                match signed(balance.amount.as_ref(), balance.credit) {
                    Ok(sum) => match balance.code.as_str() {
                        "OPBD" => statement.head.opening = Some(sum),
                        "PRCD" => statement.previous = Some(sum),
                        _ => statement.closing = Some(sum),
                    },
                    Err(message) => {
                        let message = format!("the balance {}: {message}", balance.code);
                        reading.fault(Fault::of_file(message));
                    }
                }
            }
            _ => {}
        }
    }

    fn close_in_entry(&mut self, said: &str, reading: &mut Reading<'_>) {
        let within = self.below("Ntry");
        let Some(entry) = &mut self.entry else { return };
        if !said.is_empty() && entry.raw.len() < MAX_RAW {
            let name = entry
                .raw
                .get(&within)
                .map_or_else(|| within.clone(), |_| format!("{within}[{}]", entry.raw.len()));
            entry.raw.insert(name, said.to_owned());
        }
        match within.as_str() {
            "" => {
                let Some(entry) = self.entry.take() else { return };
                if let Some(statement) = &mut self.statement {
                    statement.tell(reading);
                }
                match entry.finish(self.count) {
                    Ok(Some(entry)) => reading.part(Part::Entry(entry)),
                    Ok(None) => reading.outcome.pending += 1,
                    Err(message) => {
                        let column = Some("Ntry".to_owned());
                        reading.fault(Fault { line: Some(self.count), column, message });
                    }
                }
            }
            "Amt" => entry.amount = Some((self.currency.clone(), said.to_owned())),
            "CdtDbtInd" => entry.credit = credit(said),
            "Sts" if !said.is_empty() => said.clone_into(&mut entry.status),
            "Sts/Cd" | "Sts/Prtry" => said.clone_into(&mut entry.status),
            "BookgDt/Dt" | "BookgDt/DtTm" => entry.booked_at = Some(said.to_owned()),
            "ValDt/Dt" | "ValDt/DtTm" => entry.value_date = Some(said.to_owned()),
            "NtryRef" => entry.own = Some(said.to_owned()),
            "AcctSvcrRef" => entry.bank = Some(said.to_owned()),
            "NtryDtls/TxDtls/Refs/EndToEndId" if said == "NOTPROVIDED" => {}
            "NtryDtls/TxDtls/Refs/EndToEndId"
            | "NtryDtls/TxDtls/RmtInf/Ustrd"
            | "NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Ref"
            | "NtryDtls/TxDtls/RltdPties/Dbtr/Nm"
            | "NtryDtls/TxDtls/RltdPties/Dbtr/Pty/Nm"
            | "NtryDtls/TxDtls/AddtlTxInf"
            | "AddtlNtryInf"
                if entry.texts.len() < MAX_RAW =>
            {
                entry.texts.push(said.to_owned());
            }
            _ => {}
        }
    }
}

impl Statement {
    /// Its head, before the first entry or at its end.
    fn tell(&mut self, reading: &mut Reading<'_>) {
        if self.told {
            return;
        }
        self.told = true;
        let mut head = self.head.clone();
        head.opening = head.opening.or(self.previous);
        reading.part(Part::Head(head));
    }
}

impl Draft {
    /// An entry that is booked; none while it is only announced.
    fn finish(self, number: i32) -> Result<Option<Entry>, String> {
        if self.status != "BOOK" && !self.status.is_empty() {
            return Ok(None);
        }
        let amount = signed(self.amount.as_ref(), self.credit)?;
        let value_date = self.value_date.as_deref().map(day).transpose()?;
        let booked_at = self.booked_at.as_deref().map(day).transpose()?.or(value_date);
        let said: String = self.texts.join(" ").chars().take(MAX_DESCRIPTION).collect();
        Ok(Some(Entry {
            number,
            amount,
            booked_at: booked_at.ok_or("has no date of booking")?,
            value_date,
            reference: self.bank.or(self.own).and_then(values::reference),
            description: Some(said).filter(|said| !said.is_empty()),
            raw: self.raw.into_iter().collect(),
        }))
    }
}

fn credit(said: &str) -> Option<bool> {
    match said {
        "CRDT" => Some(true),
        "DBIT" => Some(false),
        _ => None,
    }
}

fn signed(amount: Option<&(String, String)>, credit: Option<bool>) -> Result<Sum, String> {
    let (currency, said) = amount.ok_or("has no amount")?;
    let credit = credit.ok_or("is neither CRDT nor DBIT")?;
    let currency: Currency = values::currency(currency)?;
    let minor = values::major(currency, said)?;
    if minor < 0 {
        return Err(format!("{} is negative", values::shown(said)));
    }
    Ok(Sum { currency, minor: if credit { minor } else { -minor } })
}

/// A day, or the day of a moment where it was.
fn day(said: &str) -> Result<Date, String> {
    match said.get(..10) {
        Some(day) if said.len() > 10 => {
            values::moment(said, UtcOffset::UTC)?;
            values::day(day)
        }
        _ => values::day(said.trim_end_matches('Z')),
    }
}

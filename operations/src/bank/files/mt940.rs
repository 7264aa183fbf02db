//! SWIFT MT940, as banks write it: with and without envelopes, many statements in a file.
//!
//! `:60F:` the balance before, `:61:` an entry, `:86:` what is said of it, `:62F:` the balance after. Amounts have a comma;
//! `RC` and `RD` take a credit or a debit back; a letter after the mark is one of the currency. An entry date has no year:
//! it is the one nearest to the value date. Days that no calendar has, such as 30 February, are the last of their month.

use super::lines::Lines;
use super::{Entry, Foot, Head, Part, Reading, account_key};
use crate::money::Currency;
use crate::settlements::files::{Fault, Sum, values};
use rust_decimal::Decimal;
use std::io::BufRead;
use time::{Date, Month};

/// Characters of a description.
const MAX_DESCRIPTION: usize = 2_000;
/// Lines that banks fill to this width go on in the next one, inside words too.
const WIDTH: usize = 65;

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut lines = Lines::new(file)?;
    let mut statement = Statement::default();
    let mut field: Option<Field> = None;
    let mut seen = false;
    while let Some((number, line)) = lines.next()? {
        let begins = tag(&line);
        let ends = line.trim() == "-" || line.starts_with("-}") || line.starts_with("-XXX");
        if begins.is_none() && !ends {
            if let Some(field) = &mut field {
                field.more(&line);
            }
            continue;
        }
        if let Some(field) = field.take() {
            statement.take(&field, reading);
        }
        if ends {
            statement.end(reading);
            continue;
        }
        let Some((name, value)) = begins else { continue };
        seen = true;
        if name == "20" {
            statement.end(reading);
        }
        field = Some(Field { name, number, lines: vec![value] });
        if reading.ended {
            return Ok(());
        }
    }
    if let Some(field) = field.take() {
        statement.take(&field, reading);
    }
    statement.end(reading);
    if seen { Ok(()) } else { Err(Fault::of_file("there is no field such as :20: in it")) }
}

/// `:61:` and what stands behind it.
fn tag(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("{4:").unwrap_or(line);
    let rest = line.strip_prefix(':')?;
    let (name, value) = rest.split_once(':')?;
    let digits = name.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let is_tag = (2..=3).contains(&digits.len())
        && name.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_tag.then(|| (name.to_owned(), value.to_owned()))
}

struct Field {
    name: String,
    number: i32,
    lines: Vec<String>,
}

impl Field {
    fn more(&mut self, line: &str) {
        if self.lines.len() < 100 {
            self.lines.push(line.to_owned());
        }
    }

    /// One text: a line that is full goes on in the next one.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut full = true;
        for line in &self.lines {
            if !full {
                text.push(' ');
            }
            text.push_str(line);
            full = line.chars().count() >= WIDTH;
        }
        text
    }
}

#[derive(Default)]
struct Statement {
    reference: String,
    account: String,
    sequence: Option<i64>,
    page: Option<i64>,
    currency: Option<Currency>,
    begun: bool,
    entry: Option<Entry>,
    last: Option<Date>,
}

impl Statement {
    fn take(&mut self, field: &Field, reading: &mut Reading<'_>) {
        let first = field.lines.first().map(String::as_str).unwrap_or_default();
        match field.name.as_str() {
            "20" => first.trim().clone_into(&mut self.reference),
            "25" | "25P" => self.account = account_key(first),
            "28" | "28C" => {
                let mut parts = first.split('/').map(|part| part.trim().parse().ok());
                self.sequence = parts.next().flatten();
                self.page = parts.next().flatten();
            }
            "60F" | "60M" => match balance(first) {
                Ok((day, opening)) => {
                    self.currency = Some(opening.currency);
                    self.begun = true;
                    reading.part(Part::Head(Head {
                        account: std::mem::take(&mut self.account),
                        reference: std::mem::take(&mut self.reference),
                        sequence: self.sequence.take().filter(|number| *number > 0),
                        page: self.page.take(),
                        from: Some(day),
                        to: None,
                        opening: Some(opening),
                    }));
                }
                Err(message) => reading.wrong(field.number, ":60F:", message),
            },
            "61" => self.take_entry(field, reading),
            "86" => {
                if let Some(entry) = &mut self.entry {
                    let said = field.text();
                    entry.description = description(&said);
                    entry.raw.push((":86:".to_owned(), field.lines.join("\n")));
                }
                self.told(reading);
            }
            "62F" | "62M" => {
                self.told(reading);
                match balance(first) {
                    Ok((day, closing)) if self.begun => {
                        self.begun = false;
                        reading.part(Part::Foot(Foot { closing: Some(closing), to: Some(day) }));
                    }
                    Ok(_) => reading.wrong(field.number, ":62F:", "no statement has begun"),
                    Err(message) => reading.wrong(field.number, ":62F:", message),
                }
            }
            _ => {}
        }
    }

    fn take_entry(&mut self, field: &Field, reading: &mut Reading<'_>) {
        self.told(reading);
        let Some(currency) = self.currency.filter(|_| self.begun) else {
            return reading.wrong(field.number, ":61:", "an entry before :60F:");
        };
        match entry(field, currency) {
            Ok(entry) => self.entry = Some(entry),
            Err(message) => reading.wrong(field.number, ":61:", message),
        }
    }

    /// The entry is whole.
    fn told(&mut self, reading: &mut Reading<'_>) {
        if let Some(entry) = self.entry.take() {
            self.last = Some(entry.booked_at);
            reading.part(Part::Entry(entry));
        }
    }

    fn end(&mut self, reading: &mut Reading<'_>) {
        self.told(reading);
        if std::mem::take(&mut self.begun) {
            reading.part(Part::Foot(Foot { closing: None, to: self.last.take() }));
        }
        *self = Self::default();
    }
}

/// Takes so many characters, if they are there.
fn split(text: &str, count: usize) -> Option<(&str, &str)> {
    Some((text.get(..count)?, text.get(count..)?))
}

/// `C131016EUR84349,74`.
fn balance(text: &str) -> Result<(Date, Sum), String> {
    let wrong = || format!("{} is no balance such as C260131EUR1234,56", values::shown(text));
    let (mark, rest) = split(text.trim(), 1).ok_or_else(wrong)?;
    let (day, rest) = split(rest, 6).ok_or_else(wrong)?;
    let (currency, amount) = split(rest, 3).ok_or_else(wrong)?;
    let day = short_day(day).ok_or_else(wrong)?;
    let currency = values::currency(currency)?;
    let minor = comma(currency, amount)?;
    let minor = match mark {
        "C" => minor,
        "D" => -minor,
        _ => return Err(wrong()),
    };
    Ok((day, Sum { currency, minor }))
}

/// `6800,` and `620,3` are amounts.
fn comma(currency: Currency, text: &str) -> Result<i64, String> {
    let wrong = || format!("{} is no amount such as 1234,56", values::shown(text));
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
        return Err(wrong());
    }
    let number = text.trim_start_matches('0').trim_end_matches(',').replace(',', ".");
    let amount: Decimal = match number.as_str() {
        "" => Decimal::ZERO,
        number => values::decimal(number).map_err(|_| wrong())?,
    };
    values::exact(currency, amount)
}

/// `YYMMDD`.
fn short_day(digits: &str) -> Option<Date> {
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = digits.get(..2)?.parse().ok()?;
    let century = if year < 80 { 2000 } else { 1900 };
    clamped(century + year, digits.get(2..)?)
}

/// `MMDD` of a year; a day beyond its month is the last one of it.
fn clamped(year: i32, digits: &str) -> Option<Date> {
    let month: u8 = digits.get(..2)?.parse().ok()?;
    let day: u8 = digits.get(2..)?.parse().ok()?;
    let month = Month::try_from(month).ok()?;
    if !(1..=31).contains(&day) {
        return None;
    }
    Date::from_calendar_date(year, month, day.min(month.length(year))).ok()
}

/// The day of the year nearest to another one.
fn nearest(digits: &str, to: Date) -> Option<Date> {
    let years = [to.year() - 1, to.year(), to.year() + 1];
    let days = years.into_iter().filter_map(|year| clamped(year, digits));
    days.min_by_key(|day| (*day - to).whole_days().abs())
}

fn entry(field: &Field, currency: Currency) -> Result<Entry, String> {
    let first = field.lines.first().map(String::as_str).unwrap_or_default().trim_end();
    let wrong = |what: &str| format!("{} has no {what}", values::shown(first));
    let (day, rest) = split(first, 6).ok_or_else(|| wrong("value date YYMMDD"))?;
    let value_date = short_day(day).ok_or_else(|| wrong("value date YYMMDD"))?;
    let booked = rest.get(..4).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    let rest = if booked.is_some() { rest.get(4..).unwrap_or_default() } else { rest };
    let booked_at = match booked {
        Some(day) => nearest(day, value_date).ok_or_else(|| wrong("entry date MMDD"))?,
        None => value_date,
    };
    let (sign, rest) = match rest.as_bytes() {
        [b'R', b'C', ..] | [b'E', b'D', ..] => (-1, rest.get(2..)),
        [b'R', b'D', ..] | [b'E', b'C', ..] => (1, rest.get(2..)),
        [b'C', ..] => (1, rest.get(1..)),
        [b'D', ..] => (-1, rest.get(1..)),
        _ => return Err(wrong("mark C, D, RC or RD")),
    };
    let rest = rest.unwrap_or_default();
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let (amount, rest) = split(rest, end).unwrap_or((rest, ""));
    let minor = comma(currency, amount)?;
    let kind: String = rest.chars().take(4).collect();
    let references = rest.get(kind.len()..).unwrap_or_default();
    let (own, bank) = references.split_once("//").unwrap_or((references, ""));
    let more = field.lines.get(1..).unwrap_or_default().join(" ");
    let said = |text: &str| {
        let text = text.trim();
        (!text.is_empty() && text != "NONREF").then(|| text.to_owned())
    };
    Ok(Entry {
        number: field.number,
        amount: Sum { currency, minor: sign * minor },
        booked_at,
        value_date: Some(value_date),
        reference: said(bank).or_else(|| said(own)).and_then(values::reference),
        description: said(&more),
        raw: vec![(":61:".to_owned(), field.lines.join("\n"))],
    })
}

/// What is said, whether free, in sub-fields such as `?20`, or under keys such as `/REMI/`.
fn description(text: &str) -> Option<String> {
    let mut parts = text.split('?');
    let before = parts.next().unwrap_or_default();
    let fields: Vec<(&str, &str)> = parts.filter_map(|part| split(part, 2)).collect();
    let structured = fields.iter().any(|(code, _)| code.starts_with('2'));
    let said = if structured {
        let of = |codes: &[&str], with: &str| {
            let texts = fields.iter().filter(|(code, _)| codes.iter().any(|c| code.starts_with(c)));
            texts.map(|(_, text)| *text).collect::<Vec<_>>().join(with)
        };
        let (purpose, name) = (of(&["2", "6"], ""), of(&["32", "33"], ""));
        let kind = of(&["00"], "");
        [kind, purpose, name].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        let rest = fields.iter().flat_map(|(code, text)| ["?", code, text]);
        std::iter::once(before).chain(rest).collect()
    };
    let said: String = said.trim().chars().take(MAX_DESCRIPTION).collect();
    (!said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_nearest_to_the_value_date() {
        let value = short_day("251231").expect("a day");
        assert_eq!(nearest("0102", value).map(|day| day.to_string()), Some("2026-01-02".into()));
        let value = short_day("260101").expect("a day");
        assert_eq!(nearest("1230", value).map(|day| day.to_string()), Some("2025-12-30".into()));
        assert_eq!(short_day("260230").map(|day| day.to_string()), Some("2026-02-28".into()));
        assert_eq!(short_day("261301"), None);
    }

    #[test]
    fn marks_say_which_way_money_went() {
        let euro = Currency::from_code("EUR").expect("a currency");
        let minor = |line: &str| {
            let field = Field { name: "61".into(), number: 1, lines: vec![line.into()] };
            entry(&field, euro).map(|entry| entry.amount.minor)
        };
        assert_eq!(minor("2601310131CR10,5NTRFNONREF"), Ok(1_050));
        assert_eq!(minor("2601310131DR10,5NTRFNONREF"), Ok(-1_050));
        assert_eq!(minor("260131RC6800,NTRFNONREF"), Ok(-680_000));
        assert_eq!(minor("260131RDR000001,00NTRFNONREF//B1"), Ok(100));
        assert!(minor("260131X1,00NTRF").is_err());
        assert!(minor("260131C1.00NTRF").is_ok_and(|minor| minor == 100));
    }
}

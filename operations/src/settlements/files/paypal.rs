//! `PayPal`'s settlement report, STL: rows that say in their first field what they are
//! ([PayPal](https://developer.paypal.com/docs/reports/sftp-reports/settlement-report/)).
//!
//! Amounts are unsigned whole numbers with two implied decimals in every currency, yen too; `CR` is to us and `DR` from us,
//! for the amount and for its fee apart. The footer of a section states what its rows sum to and the balance before and
//! after.

use super::table::{Columns, Row, Rows};
use super::{Fault, Line, Reading, Sum, values};
use crate::money::Currency;
use csv::StringRecord;
use entities::enums::SettlementLineKind as Kind;
use std::io::BufRead;
use time::UtcOffset;

const MANDATORY: [&str; 9] = [
    "Transaction ID",
    "Invoice ID",
    "PayPal Reference ID",
    "Transaction Event Code",
    "Transaction Initiation Date",
    "Transaction Completion Date",
    "Transaction Debit or Credit",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
];

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut rows = Rows::new(file, b',')?;
    let mut columns: Option<Columns> = None;
    let mut begun: Option<String> = None;
    let mut window: Option<String> = None;
    let mut counted = 0_usize;
    while let Some((number, record)) = rows.next()? {
        let field = |place: usize| record.get(place).map(str::trim).unwrap_or_default();
        match field(0) {
            "SH" => {
                let account = Some(field(3).to_owned()).and_then(values::reference);
                reading.heading.account = reading.heading.account.take().or(account);
                begun = begun
                    .or_else(|| values::day(field(1).get(..10)?).ok().map(|day| day.to_string()));
            }
            "CH" => columns = Some(Columns::new(&record, &MANDATORY)?),
            "SB" => {
                let head = columns.as_ref().ok_or_else(|| unheaded(number))?;
                body(reading, head, &record, number);
                counted += 1;
            }
            "SF" => footer(reading, &record, number),
            "SC" | "RC" => check_count(reading, number, field(1), counted),
            "RH" => {
                window = Some(field(2).to_owned()).and_then(values::reference);
                let account = Some(field(3).to_owned()).and_then(values::reference);
                reading.heading.account = reading.heading.account.take().or(account);
            }
            "FH" | "RF" | "FF" => {}
            other => {
                let message = format!("{} is no kind of row of this report", values::shown(other));
                reading.fault(Fault { line: Some(number), column: None, message });
            }
        }
        if reading.ended {
            break;
        }
    }
    if columns.is_none() {
        return Err(Fault::of_file("there is no row CH that names the columns"));
    }
    // A day may have a file for each of its windows.
    reading.heading.reference = match (begun, window) {
        (Some(day), Some(window)) => Some(format!("{day}-{window}")),
        (day, window) => day.or(window),
    };
    Ok(())
}

fn unheaded(number: i32) -> Fault {
    let message = "a row SB stands before the row CH that names the columns".to_owned();
    Fault { line: Some(number), column: None, message }
}

fn body(reading: &mut Reading<'_>, columns: &Columns, record: &StringRecord, number: i32) {
    let mut row = Row::new(columns, record, number);
    row.check_width();
    let line = line(&mut row, reading.heading.account.as_ref());
    if let (true, Some(line)) = (row.tell_faults(reading), line) {
        reading.line(line);
    }
}

fn line(row: &mut Row<'_>, account: Option<&String>) -> Option<Line> {
    let currency = values::currency(row.get("Gross Transaction Currency"));
    let currency = row.take("Gross Transaction Currency", currency)?;
    let gross = sided(row, currency, "Gross Transaction Amount", "Transaction Debit or Credit")?;
    let kept = sided(row, currency, "Fee Amount", "Fee Debit or Credit")?;
    let fee_in = row.get("Fee Currency");
    if kept != 0 && !fee_in.is_empty() && !fee_in.eq_ignore_ascii_case(currency.code()) {
        row.wrong("Fee Currency", format!("is not {}, that of the amount", currency.code()));
    }
    let code = row.get("Transaction Event Code");
    let kind = kind(code, gross);
    let id = row.said("Transaction ID");
    let parent = row.said("PayPal Reference ID");
    let occurred_at = row.moment("Transaction Initiation Date", UtcOffset::UTC);
    let booked_at = row.moment("Transaction Completion Date", UtcOffset::UTC).or(occurred_at);
    let payout = match kind {
        Kind::Payout | Kind::PayoutReversal => row.said("Bank Reference ID").or_else(|| id.clone()),
        Kind::Capture
        | Kind::Refund
        | Kind::RefundReversal
        | Kind::Chargeback
        | Kind::ChargebackReversal
        | Kind::Fee
        | Kind::Conversion
        | Kind::Reserve
        | Kind::Correction
        | Kind::BalanceTransfer
        | Kind::Unknown => None,
    };
    Some(Line {
        number: row.number,
        kind,
        account: account.cloned(),
        batch: None,
        payout,
        provider_reference: parent.or_else(|| id.clone()),
        modification_reference: id,
        merchant_reference: row.said("Invoice ID"),
        gross: Sum { currency, minor: gross },
        fee: -kept,
        net: Sum { currency, minor: gross.saturating_add(kept) },
        rate: None,
        occurred_at,
        booked_at,
        raw: row.raw(),
    })
}

/// An amount with its direction in another column.
fn sided(row: &mut Row<'_>, currency: Currency, amount: &str, side: &str) -> Option<i64> {
    let value = values::hundredths(currency, row.get(amount));
    let value = row.take(amount, value)?;
    let signed = signed(value, row.get(side));
    row.take(side, signed)
}

fn signed(amount: i64, side: &str) -> Result<i64, String> {
    match side {
        "CR" => Ok(amount),
        "DR" => Ok(-amount),
        "" if amount == 0 => Ok(0),
        other => Err(format!("{} is neither CR nor DR", values::shown(other))),
    }
}

/// `SF`: currency; credits and debits; fees credited and debited; the balance before and after.
fn footer(reading: &mut Reading<'_>, record: &StringRecord, number: i32) {
    let field = |place: usize| record.get(place).unwrap_or_default();
    let read = || {
        let currency = values::currency(field(1))?;
        let amount = |place: usize| values::hundredths(currency, field(place));
        let moved = amount(2)? - amount(3)? + amount(4)? - amount(5)?;
        let opening = signed(amount(7)?, field(6).trim())?;
        let closing = signed(amount(9)?, field(8).trim())?;
        Ok::<_, String>((currency, moved, opening, closing))
    };
    match read() {
        Ok((currency, moved, opening, closing)) => {
            let stated = reading.stated(currency);
            stated.net = Some(stated.net.unwrap_or(0).saturating_add(moved));
            stated.opening = Some(stated.opening.unwrap_or(0).saturating_add(opening));
            stated.closing = Some(stated.closing.unwrap_or(0).saturating_add(closing));
        }
        Err(message) => {
            reading.fault(Fault { line: Some(number), column: Some("SF".to_owned()), message });
        }
    }
}

/// `SC` and `RC` say how many body rows there should have been.
fn check_count(reading: &mut Reading<'_>, number: i32, said: &str, counted: usize) {
    if said.parse() != Ok(counted) {
        let message = format!("it says {} rows, and there are {counted}", values::shown(said));
        reading.fault(Fault { line: Some(number), column: None, message });
    }
}

/// What an event code is to us.
fn kind(code: &str, gross: i64) -> Kind {
    match code {
        "T1106" | "T1201" | "T1205" => return Kind::Chargeback,
        "T1107" => return Kind::Refund,
        "T1108" => return Kind::Fee,
        "T1202" | "T1208" => return Kind::ChargebackReversal,
        "T1110" | "T1111" => return Kind::Reserve,
        _ => {}
    }
    match code.get(..3).unwrap_or_default() {
        "T00" => Kind::Capture,
        "T01" => Kind::Fee,
        "T02" => Kind::Conversion,
        "T03" => Kind::BalanceTransfer,
        "T04" if gross > 0 => Kind::PayoutReversal,
        "T04" => Kind::Payout,
        "T12" => Kind::Correction,
        "T15" | "T21" => Kind::Reserve,
        _ => Kind::Unknown,
    }
}

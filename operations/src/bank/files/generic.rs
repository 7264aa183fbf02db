//! A table of our own, for banks that have no reader: comma-separated, with these columns in any order.
//!
//! | column | |
//! |---|---|
//! | `account` | an IBAN, or what the bank calls it |
//! | `currency` | |
//! | `date` | when it was booked, such as `2026-01-31` |
//! | `amount` | signed units with a point; positive is to us |
//! | `value_date`, `reference`, `description` | optional |
//! | `statement` | optional; rows of one account and statement stand together |
//! | `balance` | optional; the balance after the row |

use super::{Entry, Foot, Head, Part, Reading, account_key};
use crate::settlements::files::table::{Columns, Row, Rows};
use crate::settlements::files::{Fault, Reading as Faults, Sum, values};
use std::io::BufRead;
use time::Date;

const MANDATORY: [&str; 4] = ["account", "currency", "date", "amount"];

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut rows = Rows::new(file, b',')?;
    let (_, head) = rows.next()?.ok_or_else(|| Fault::of_file("it is empty"))?;
    let columns = Columns::new(&head, &MANDATORY)?;
    let mut open: Option<Open> = None;
    let mut cut = false;
    while let Some((number, record)) = rows.next()? {
        let mut row = Row::new(&columns, &record, number);
        row.check_width();
        let read = one(&mut row);
        let mut never = |_| true;
        let mut faults = Faults::new(&mut never);
        let sound = row.tell_faults(&mut faults);
        cut = faults.cut;
        for fault in faults.heading.faults {
            reading.fault(fault);
        }
        let (true, Some(read)) = (sound, read) else { continue };
        let key = (read.account.clone(), read.statement.clone());
        if open.as_ref().is_none_or(|open| open.key != key) {
            if let Some(open) = open.take() {
                reading.part(Part::Foot(open.foot()));
            }
            let currency = read.entry.amount.currency;
            let opening = read.balance.map(|balance| balance - read.entry.amount.minor);
            reading.part(Part::Head(Head {
                reference: read.statement.unwrap_or_else(|| read.entry.booked_at.to_string()),
                account: read.account,
                sequence: None,
                page: None,
                from: Some(read.entry.booked_at),
                to: None,
                opening: opening.map(|minor| Sum { currency, minor }),
            }));
            open = Some(Open { key, last: None, closing: None });
        }
        if let Some(open) = &mut open {
            open.last = open.last.max(Some(read.entry.booked_at));
            let currency = read.entry.amount.currency;
            open.closing = read.balance.map(|minor| Sum { currency, minor });
        }
        reading.part(Part::Entry(read.entry));
        if reading.ended {
            break;
        }
    }
    if let Some(open) = open {
        reading.part(Part::Foot(open.foot()));
    }
    if cut {
        return Err(Fault::of_file("it ends in the middle of a row: it is cut off"));
    }
    Ok(())
}

/// A statement whose rows are read.
struct Open {
    key: (String, Option<String>),
    last: Option<Date>,
    closing: Option<Sum>,
}

impl Open {
    const fn foot(&self) -> Foot {
        Foot { closing: self.closing, to: self.last }
    }
}

struct Read {
    account: String,
    statement: Option<String>,
    balance: Option<i64>,
    entry: Entry,
}

fn one(row: &mut Row<'_>) -> Option<Read> {
    let currency = values::currency(row.get("currency"));
    let currency = row.take("currency", currency);
    let booked_at = values::day(row.get("date"));
    let booked_at = row.take("date", booked_at);
    let value_date = match row.get("value_date") {
        "" => None,
        text => row.take("value_date", values::day(text)),
    };
    let account = account_key(row.get("account"));
    if account.is_empty() {
        row.wrong("account", "is missing");
    }
    let currency = currency?;
    if row.get("amount").is_empty() {
        row.wrong("amount", "is missing");
    }
    let amount = values::major(currency, row.get("amount"));
    let amount = row.take("amount", amount);
    let balance = match row.get("balance") {
        "" => None,
        text => row.take("balance", values::major(currency, text)),
    };
    Some(Read {
        account,
        statement: row.said("statement").and_then(values::reference),
        balance,
        entry: Entry {
            number: row.number,
            amount: Sum { currency, minor: amount? },
            booked_at: booked_at?,
            value_date,
            reference: row.said("reference").and_then(values::reference),
            description: row.said("description"),
            raw: row.raw(),
        },
    })
}

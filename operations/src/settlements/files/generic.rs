//! A table of our own, for providers that have no reader: comma-separated, with these columns in any order.
//!
//! | column | |
//! |---|---|
//! | `type` | a kind of settlement line, such as `CAPTURE`, `REFUND`, `FEE`, `PAYOUT`; another word becomes `UNKNOWN` |
//! | `currency` | of `gross` |
//! | `gross`, `net` | signed units with a point; positive is to us |
//! | `fee` | optional; what the provider kept, in the currency of `net` |
//! | `settlement_currency` | optional; of `net` and `fee`, where it is not `currency` |
//! | `exchange_rate` | optional; from `currency` to `settlement_currency` |
//! | `provider_reference`, `modification_reference`, `merchant_reference` | optional; of the payment, of the single step, and ours |
//! | `occurred_at`, `booked_at` | optional; such as `2026-01-31 09:30:00`, UTC unless an offset stands behind it |
//! | `account`, `batch`, `payout` | optional; of the provider |
//! | `card_last4` | optional; the end of the card's number, by which a line without references is proposed for a step |

use super::table::{Columns, Row, Rows};
use super::{Fault, Line, Reading, Sum, values};
use entities::enums::SettlementLineKind;
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use std::io::BufRead;
use time::UtcOffset;

const MANDATORY: [&str; 4] = ["type", "currency", "gross", "net"];

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut rows = Rows::new(file, b',')?;
    let (_, head) = rows.next()?.ok_or_else(|| Fault::of_file("it is empty"))?;
    let columns = Columns::new(&head, &MANDATORY)?;
    let (mut first, mut last): (Option<String>, Option<String>) = (None, None);
    while let Some((number, record)) = rows.next()? {
        let mut row = Row::new(&columns, &record, number);
        row.check_width();
        let line = line(&mut row);
        if let (true, Some(line)) = (row.tell_faults(reading), line) {
            if reading.heading.account.is_none() {
                reading.heading.account.clone_from(&line.account);
            }
            if let Some(name) = line.batch.as_ref().or(line.payout.as_ref()) {
                first = first.or_else(|| Some(name.clone()));
                last = Some(name.clone());
            }
            reading.line(line);
        }
        if reading.ended {
            break;
        }
    }
    reading.heading.reference = match (first, last) {
        (Some(first), Some(last)) if first != last => Some(format!("{first}-{last}")),
        (first, _) => first,
    };
    Ok(())
}

fn line(row: &mut Row<'_>) -> Option<Line> {
    let gross_in = values::currency(row.get("currency"));
    let gross_in = row.take("currency", gross_in);
    let net_in = match row.get("settlement_currency") {
        "" => gross_in,
        text => row.take("settlement_currency", values::currency(text)),
    };
    let (gross_in, net_in) = (gross_in?, net_in?);
    let gross = values::major(gross_in, row.get("gross"));
    let gross = row.take("gross", gross);
    let net = values::major(net_in, row.get("net"));
    let net = row.take("net", net);
    let fee = values::major(net_in, row.get("fee"));
    let fee = row.take("fee", fee);
    let (gross, net, fee) = (gross?, net?, fee?);
    if gross_in == net_in && gross.saturating_sub(fee) != net {
        row.wrong("net", "is not gross less fee");
    }
    let rate = match row.get("exchange_rate") {
        "" => None,
        text => row.take("exchange_rate", values::decimal(text)),
    };
    let occurred_at = row.moment("occurred_at", UtcOffset::UTC);
    let booked_at = row.moment("booked_at", UtcOffset::UTC).or(occurred_at);
    let word = row.get("type").to_ascii_uppercase().replace([' ', '-'], "_");
    if word.is_empty() {
        row.wrong("type", "is missing");
    }
    Some(Line {
        number: row.number,
        kind: SettlementLineKind::try_from_value(&word).unwrap_or(SettlementLineKind::Unknown),
        account: row.said("account"),
        batch: row.said("batch"),
        payout: row.said("payout"),
        provider_reference: row.said("provider_reference"),
        modification_reference: row.said("modification_reference"),
        merchant_reference: row.said("merchant_reference"),
        gross: Sum { currency: gross_in, minor: gross },
        fee,
        net: Sum { currency: net_in, minor: net },
        rate: rate.filter(|rate| *rate != Decimal::ZERO && gross_in != net_in),
        occurred_at,
        booked_at,
        raw: row.raw(),
    })
}

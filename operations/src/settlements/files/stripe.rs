//! Stripe's itemized balance change and payout reconciliation reports
//! ([Stripe](https://docs.stripe.com/reports/report-types)).
//!
//! Amounts are signed units with a point, in the currency of the settlement; `net` is `gross` less `fee`. A captured part
//! of an authorization shows as the whole and a negative `partial_capture_reversal`: both are lines of the capture.

use super::table::{Columns, Row, Rows};
use super::{Fault, Line, Reading, Sum, values};
use entities::enums::SettlementLineKind as Kind;
use std::io::BufRead;
use time::UtcOffset;

const MANDATORY: [&str; 6] =
    ["balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category"];

/// What merchants call their own id, best first; else any other field of `payment_metadata`.
const OURS: [&str; 4] = [
    "payment_metadata[order]",
    "payment_metadata[order_id]",
    "payment_metadata[order_number]",
    "payment_metadata[external_identifier]",
];

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut rows = Rows::new(file, b',')?;
    let (_, head) = rows.next()?.ok_or_else(|| Fault::of_file("it is empty"))?;
    let columns = Columns::new(&head, &MANDATORY)?;
    if !columns.has("created") && !columns.has("created_utc") {
        return Err(Fault::of_file("columns are missing: created or created_utc"));
    }
    let metadata: Vec<&str> = columns.named(|name| name.starts_with("payment_metadata[")).collect();
    let ours: Vec<&str> = OURS.into_iter().chain(metadata).collect();
    let (mut first, mut last) = (None, None);
    while let Some((number, record)) = rows.next()? {
        let mut row = Row::new(&columns, &record, number);
        row.check_width();
        let line = line(&mut row, &ours);
        if let (true, Some(line)) = (row.tell_faults(reading), line) {
            if reading.heading.account.is_none() {
                reading.heading.account.clone_from(&line.account);
            }
            if line.payout.is_some() {
                first = first.or_else(|| line.payout.clone());
                last.clone_from(&line.payout);
            }
            if reading.heading.reference.is_none() {
                reading.heading.reference = row_name(&line);
            }
            reading.line(line);
        }
        if reading.ended {
            break;
        }
    }
    match (first, last) {
        (Some(first), Some(last)) if first != last => {
            reading.heading.reference = Some(format!("{first}-{last}"));
        }
        (Some(first), _) => reading.heading.reference = Some(first),
        (None, _) => {}
    }
    Ok(())
}

/// What tells a file without payouts from others: where it begins.
fn row_name(line: &Line) -> Option<String> {
    let name =
        |(column, _): &&(String, String)| column.eq_ignore_ascii_case("balance_transaction_id");
    line.raw.iter().find(name).map(|(_, text)| text.trim().to_owned())
}

fn line(row: &mut Row<'_>, ours: &[&str]) -> Option<Line> {
    let currency = values::currency(row.get("currency"));
    let currency = row.take("currency", currency)?;
    let amount = |row: &mut Row<'_>, name: &'static str| {
        let value = values::major(currency, row.get(name));
        row.take(name, value)
    };
    let (gross, fee, net) = (amount(row, "gross"), amount(row, "fee"), amount(row, "net"));
    let (gross, fee, mut net) = (gross?, fee?, net?);
    let kind = kind(row.get("reporting_category"));
    // Some exports show a payout as they show money that comes: what it does to the balance is known.
    match kind {
        Kind::Payout => net = -net.saturating_abs(),
        Kind::PayoutReversal => net = net.saturating_abs(),
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
        | Kind::Unknown => {
            if gross.saturating_sub(fee) != net {
                row.wrong("net", "is not gross less fee");
            }
        }
    }
    let transfer = matches!(kind, Kind::Payout | Kind::PayoutReversal);
    let occurred_at = match row.moment("created_utc", UtcOffset::UTC) {
        None => row.moment("created", UtcOffset::UTC),
        at => at,
    };
    let booked_at = match row.moment("available_on_utc", UtcOffset::UTC) {
        None => row.moment("available_on", UtcOffset::UTC),
        at => at,
    };
    let source = row.said("source_id");
    let payout = row.said("automatic_payout_id");
    Some(Line {
        number: row.number,
        kind,
        account: row.first(&["account", "account_id", "gateway_account"]),
        batch: None,
        payout: if transfer { payout.or_else(|| source.clone()) } else { payout },
        provider_reference: row.first(&["payment_intent_id", "charge_id"]),
        modification_reference: source,
        merchant_reference: row.first(ours),
        gross: Sum { currency, minor: if transfer { net } else { gross } },
        fee: if transfer { 0 } else { fee },
        net: Sum { currency, minor: net },
        rate: None,
        occurred_at,
        booked_at: booked_at.or(occurred_at),
        raw: row.raw(),
    })
}

/// What a reporting category is to us.
fn kind(word: &str) -> Kind {
    match word {
        "charge" | "partial_capture_reversal" => Kind::Capture,
        "refund" => Kind::Refund,
        "refund_failure" => Kind::RefundReversal,
        "dispute" => Kind::Chargeback,
        "dispute_reversal" => Kind::ChargebackReversal,
        "fee" | "network_cost" | "tax" => Kind::Fee,
        "risk_reserved_funds" | "reserve_transaction" | "reserved_funds" => Kind::Reserve,
        "other_adjustment" | "advance" | "advance_funding" => Kind::Correction,
        "transfer"
        | "transfer_reversal"
        | "topup"
        | "topup_reversal"
        | "connect_collection_transfer"
        | "connect_reserved_funds" => Kind::BalanceTransfer,
        "payout" => Kind::Payout,
        "payout_reversal" => Kind::PayoutReversal,
        _ => Kind::Unknown,
    }
}

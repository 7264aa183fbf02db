//! Adyen's settlement details report, in both of its layouts: the columns of 2016, and the wider ones since 2023
//! ([Adyen](https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report/)).
//!
//! Amounts are units with a point, in a debit or a credit column: a credit is to us. The direction is never taken from the
//! type: a settled line may be a debit.

use super::table::{Columns, Row, Rows};
use super::{Fault, Line, Reading, Sum, values};
use crate::money::Currency;
use entities::enums::SettlementLineKind as Kind;
use rust_decimal::Decimal;
use std::io::BufRead;
use time::UtcOffset;

const MANDATORY: [&str; 15] = [
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Creation Date",
    "TimeZone",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Exchange Rate",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Batch Number",
];

/// What the provider keeps of a line; `Payment Fees (NC)` repeats their sum.
const FEES: [&str; 4] = ["Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"];

pub(super) fn read(file: &mut dyn BufRead, reading: &mut Reading<'_>) -> Result<(), Fault> {
    let mut rows = Rows::new(file, b',')?;
    let (_, head) = rows.next()?.ok_or_else(|| Fault::of_file("it is empty"))?;
    let columns = Columns::new(&head, &MANDATORY)?;
    let mut batches = Batches::default();
    while let Some((number, record)) = rows.next()? {
        let mut row = Row::new(&columns, &record, number);
        row.check_width();
        let line = line(&mut row);
        if let (true, Some(line)) = (row.tell_faults(reading), line) {
            batches.see(&line);
            reading.line(line);
        }
        if reading.ended {
            break;
        }
    }
    reading.heading.account = batches.account;
    reading.heading.reference = match (batches.first, batches.last) {
        (Some(first), Some(last)) if first != last => Some(format!("{first}-{last}")),
        (first, _) => first,
    };
    Ok(())
}

#[derive(Default)]
struct Batches {
    account: Option<String>,
    first: Option<String>,
    last: Option<String>,
}

impl Batches {
    fn see(&mut self, line: &Line) {
        if self.account.is_none() {
            self.account.clone_from(&line.account);
        }
        if self.first.is_none() {
            self.first.clone_from(&line.batch);
        }
        self.last.clone_from(&line.batch);
    }
}

fn line(row: &mut Row<'_>) -> Option<Line> {
    let word = row.get("Type");
    let kind = kind(word);
    if word.is_empty() {
        row.wrong("Type", "is missing");
    }
    let net_in = values::currency(row.get("Net Currency"));
    let net_in = row.take("Net Currency", net_in);
    let gross_in = match row.get("Gross Currency") {
        "" => net_in,
        text => row.take("Gross Currency", values::currency(text)),
    };
    let (net_in, gross_in) = (net_in?, gross_in?);
    let gross = sided(row, gross_in, "Gross Debit (GC)", "Gross Credit (GC)")?;
    let net = sided(row, net_in, "Net Debit (NC)", "Net Credit (NC)")?;
    let mut fee = 0_i64;
    for name in FEES {
        let amount = values::major(net_in, row.get(name));
        fee = fee.saturating_add(row.take(name, amount).unwrap_or(0));
    }
    let rate = match row.get("Exchange Rate") {
        "" => None,
        text => row.take("Exchange Rate", values::decimal(text)),
    };
    // A line of its own has no gross: what it takes or gives is its net.
    let bare = gross == 0 && fee == 0;
    let gross = if bare {
        Sum { currency: net_in, minor: net }
    } else {
        Sum { currency: gross_in, minor: gross }
    };
    let rate = rate.filter(|rate| *rate != Decimal::ZERO && gross.currency != net_in);
    let zone = |row: &mut Row<'_>, name: &str| {
        let offset = values::zone(row.get(name));
        row.take(name, offset).unwrap_or(UtcOffset::UTC)
    };
    let created = zone(row, "TimeZone");
    let booked = zone(row, "Booking Date TimeZone");
    let occurred_at = row.moment("Creation Date", created);
    let booked_at = row.moment("Booking Date", booked).or(occurred_at);
    let batch = row.said("Batch Number");
    let modification = row.said("Modification Reference");
    let dispute = row.said("Dispute Reference");
    let is_payout = matches!(kind, Kind::Payout | Kind::PayoutReversal);
    let payout = modification.as_deref().filter(|_| is_payout).and_then(transfer);
    let modification_reference = modification.or(dispute);
    Some(Line {
        number: row.number,
        kind,
        account: row.said("Merchant Account"),
        batch,
        payout,
        provider_reference: row.said("Psp Reference"),
        modification_reference,
        merchant_reference: row.said("Merchant Reference"),
        gross,
        fee,
        net: Sum { currency: net_in, minor: net },
        rate,
        occurred_at,
        booked_at,
        raw: row.raw(),
    })
}

/// Credit less debit.
fn sided(row: &mut Row<'_>, currency: Currency, debit: &str, credit: &str) -> Option<i64> {
    let taken = values::major(currency, row.get(debit));
    let taken = row.take(debit, taken);
    let given = values::major(currency, row.get(credit));
    let given = row.take(credit, given);
    Some(given?.saturating_sub(taken?))
}

/// `TX…XT`, which the bank shows too.
fn transfer(text: &str) -> Option<String> {
    text.split([' ', ','])
        .find(|word| word.starts_with("TX") && word.ends_with("XT"))
        .map(str::to_owned)
}

/// What a type of the journal is to us.
fn kind(word: &str) -> Kind {
    match word {
        "Settled"
        | "SettledBulk"
        | "SettledInstallment"
        | "SettledExternally"
        | "SettledInInstallments"
        | "SettledBulkInstallment" => Kind::Capture,
        "Refunded" | "RefundedBulk" | "RefundedExternally" | "RefundedInInstallments" => {
            Kind::Refund
        }
        "RefundedReversed" => Kind::RefundReversal,
        "Chargeback" | "SecondChargeback" | "ChargebackExternally" => Kind::Chargeback,
        "ChargebackReversed" | "ChargebackReversedExternally" => Kind::ChargebackReversal,
        "Fee" | "MiscCosts" | "InvoiceDeduction" | "PaymentCost" => Kind::Fee,
        "ReserveAdjustment" | "DepositCorrection" => Kind::Reserve,
        "ManualCorrected" | "MatchedStatement" => Kind::Correction,
        "Balancetransfer" | "BalanceTransfer" => Kind::BalanceTransfer,
        "MerchantPayout" => Kind::Payout,
        "BankInstructionReturned" => Kind::PayoutReversal,
        _ => Kind::Unknown,
    }
}

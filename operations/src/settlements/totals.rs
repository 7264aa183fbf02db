//! What the lines of a file sum to, and whether that is what the provider says.

use super::files::{Heading, Line};
use super::terms::Tolerances;
use entities::enums::{ReconciliationExceptionKind, SettlementFormat, SettlementLineKind as Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a file comes to in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// What payers paid and got back.
    pub gross: i64,
    /// What the provider kept.
    pub fees: i64,
    /// What came to the balance, before payouts.
    pub net: i64,
    /// What was sent to the bank.
    pub payouts: i64,
    /// The balance before, where the provider states it.
    pub opening: Option<i64>,
    /// The balance after, where the provider states it.
    pub closing: Option<i64>,
}

/// Something that does not add up, or is to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `BATCH_OUT_OF_BALANCE` or `NEGATIVE_BATCH`.
    pub kind: ReconciliationExceptionKind,
    /// In which currency.
    pub currency: String,
    /// By how much, without a sign.
    pub minor: i64,
    /// In words, with amounts in minor units already turned into units.
    pub explanation: String,
    /// The payout that it is about.
    pub payout: Option<String>,
}

/// The lines of one batch or payout, in one currency.
#[derive(Debug, Clone, Default)]
struct Group {
    lines: i64,
    net: i64,
    paid: i64,
    has_payout: bool,
}

/// Sums over the lines of a file.
#[derive(Debug, Clone)]
pub struct Totals {
    format: SettlementFormat,
    by_currency: BTreeMap<&'static str, Total>,
    groups: BTreeMap<(Option<String>, &'static str), Group>,
    lines: BTreeMap<&'static str, i64>,
}

impl Totals {
    /// Sums of nothing.
    pub fn new(format: SettlementFormat) -> Self {
        let (by_currency, groups, lines) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { format, by_currency, groups, lines }
    }

    /// One line more.
    pub fn add(&mut self, line: &Line) {
        let code = line.net.currency.code();
        let total = self.by_currency.entry(code).or_default();
        let is_payout = matches!(line.kind, Kind::Payout | Kind::PayoutReversal);
        if is_payout {
            total.payouts = total.payouts.saturating_sub(line.net.minor);
        } else {
            total.fees = total.fees.saturating_add(line.fee);
            total.net = total.net.saturating_add(line.net.minor);
        }
        *self.lines.entry(code).or_default() += 1;
        let group = match self.format {
            SettlementFormat::AdyenSettlementDetails => line.batch.clone(),
            SettlementFormat::StripeItemized => match &line.payout {
                Some(payout) => Some(payout.clone()),
                None => return self.add_gross(line),
            },
            SettlementFormat::GenericCsv => line.batch.clone().or_else(|| line.payout.clone()),
            SettlementFormat::PaypalStl | SettlementFormat::MollieSettlement => None,
        };
        let group = self.groups.entry((group, code)).or_default();
        if is_payout {
            group.paid = group.paid.saturating_sub(line.net.minor);
            group.has_payout = true;
        } else {
            group.net = group.net.saturating_add(line.net.minor);
            group.lines += 1;
        }
        self.add_gross(line);
    }

    /// Gross is a total of its own currency, which need not be that of the settlement.
    fn add_gross(&mut self, line: &Line) {
        if !matches!(line.kind, Kind::Payout | Kind::PayoutReversal) {
            let total = self.by_currency.entry(line.gross.currency.code()).or_default();
            total.gross = total.gross.saturating_add(line.gross.minor);
        }
    }

    /// Totals by currency, with what the provider states.
    pub fn by_currency(&self, heading: &Heading) -> BTreeMap<String, Total> {
        let mut all: BTreeMap<String, Total> = self
            .by_currency
            .iter()
            .map(|(code, total)| ((*code).to_owned(), total.clone()))
            .collect();
        for (code, stated) in &heading.stated {
            let total = all.entry((*code).to_owned()).or_default();
            total.opening = stated.opening;
            total.closing = stated.closing;
        }
        if let Some(payout) = &heading.payout {
            let total = all.entry(payout.sum.currency.code().to_owned()).or_default();
            total.payouts = total.payouts.saturating_add(payout.sum.minor);
        }
        all
    }

    /// What does not add up by more than rounding may do, as far as that is set.
    pub fn findings(&self, heading: &Heading, tolerances: &Tolerances) -> Vec<Finding> {
        let mut found = Vec::new();
        match self.format {
            SettlementFormat::AdyenSettlementDetails => {
                self.check_batches(&mut found, tolerances, true);
            }
            SettlementFormat::GenericCsv => self.check_batches(&mut found, tolerances, false),
            SettlementFormat::StripeItemized => self.check_payouts(&mut found, tolerances),
            SettlementFormat::PaypalStl | SettlementFormat::MollieSettlement => {}
        }
        for (code, stated) in &heading.stated {
            let of_lines = heading.payout.is_some();
            self.check_stated(&mut found, (code, stated), tolerances, of_lines);
        }
        found
    }

    /// A batch sums to nothing with its payout; one that owes the provider has none.
    fn check_batches(&self, found: &mut Vec<Finding>, tolerances: &Tolerances, always: bool) {
        for ((batch, code), group) in &self.groups {
            let name = batch.as_deref().unwrap_or("without a number");
            if group.has_payout {
                let off = group.net.saturating_sub(group.paid);
                if off.abs() > tolerances.of(code).of_batch(group.lines) {
                    let said = format!(
                        "The lines of batch {name} come to {}, and {} was sent.",
                        units(code, group.net),
                        units(code, group.paid)
                    );
                    found.push(out_of_balance(code, off, said, batch.clone()));
                }
            } else if group.net < 0 {
                found.push(Finding {
                    kind: ReconciliationExceptionKind::NegativeBatch,
                    currency: (*code).to_owned(),
                    minor: group.net.abs(),
                    explanation: format!(
                        "Batch {name} comes to {}: nothing is sent, and it is carried on.",
                        units(code, group.net)
                    ),
                    payout: None,
                });
            } else if always && group.net > 0 {
                let said = format!(
                    "The lines of batch {name} come to {}, and no payout is among them.",
                    units(code, group.net)
                );
                found.push(out_of_balance(code, group.net, said, None));
            }
        }
    }

    /// A payout whose lines are here is their sum.
    fn check_payouts(&self, found: &mut Vec<Finding>, tolerances: &Tolerances) {
        for ((payout, code), group) in &self.groups {
            let off = group.net.saturating_sub(group.paid);
            let most = tolerances.of(code).of_batch(group.lines);
            if group.has_payout && group.lines > 0 && off.abs() > most {
                let said = format!(
                    "The lines of payout {} come to {}, and {} was sent.",
                    payout.as_deref().unwrap_or_default(),
                    units(code, group.net),
                    units(code, group.paid)
                );
                found.push(out_of_balance(code, off, said, payout.clone()));
            }
        }
    }

    /// What a footer states is what the lines say.
    fn check_stated(
        &self,
        found: &mut Vec<Finding>,
        (code, stated): (&'static str, &super::files::Stated),
        tolerances: &Tolerances,
        is_payout: bool,
    ) {
        let total = self.by_currency.get(code).cloned().unwrap_or_default();
        let lines = self.lines.get(code).copied().unwrap_or(0);
        let read = if is_payout { total.net } else { total.net.saturating_sub(total.payouts) };
        let most = if is_payout { tolerances.of(code).of_batch(lines) } else { 0 };
        if let Some(net) = stated.net
            && read.saturating_sub(net).abs() > most
        {
            let said = format!(
                "The lines in {code} come to {}, and the provider states {}.",
                units(code, read),
                units(code, net)
            );
            found.push(out_of_balance(code, read.saturating_sub(net), said, None));
        }
        if let (Some(opening), Some(closing), Some(net)) =
            (stated.opening, stated.closing, stated.net)
            && opening.saturating_add(net) != closing
        {
            let said = format!(
                "The balance in {code} was {} and became {}, and the provider states that {} moved.",
                units(code, opening),
                units(code, closing),
                units(code, net)
            );
            let off = opening.saturating_add(net).saturating_sub(closing);
            found.push(out_of_balance(code, off, said, None));
        }
    }
}

fn out_of_balance(code: &str, off: i64, explanation: String, payout: Option<String>) -> Finding {
    Finding {
        kind: ReconciliationExceptionKind::BatchOutOfBalance,
        currency: code.to_owned(),
        minor: off.saturating_abs(),
        explanation,
        payout,
    }
}

/// Minor units as a person reads them.
pub(crate) fn units(code: &str, minor: i64) -> String {
    match crate::money::Currency::ever(code) {
        Some(currency) => format!("{} {code}", currency.decimal(minor)),
        None => format!("{minor} {code}"),
    }
}

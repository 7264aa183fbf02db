//! What has to be invoiced: what left, at the shares that were frozen, less what was invoiced before.
//!
//! What an order invoiced follows what left of it is worth. Where goods leave, that is an invoice; where what left
//! comes to cost another cent because the rest was called off, it is a correction: an invoice or a credit note of it.

use crate::money::{largest_remainder, tax_minor};
use crate::orders::pricing::{self, TaxPart};
use crate::orders::totals::{share, standing};
use entities::enums::{AdjustmentKind, TaxScheme};
use entities::{invoice_line, order, order_adjustment, order_line};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What an amount belongs to: a line, or what stands beside the lines for one reason, at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) line: Option<Uuid>,
    pub(crate) beside: Option<AdjustmentKind>,
    pub(crate) rate_ppm: i32,
}

/// Units and amounts of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Worth {
    pub(crate) units: i64,
    /// Price times units, as the channel has prices.
    pub(crate) list: i64,
    pub(crate) discount: i64,
    pub(crate) net: i64,
    pub(crate) tax: i64,
}

impl Worth {
    pub(crate) const fn gross(self) -> i64 {
        self.net + self.tax
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            units: self.units + other.units,
            list: self.list + other.list,
            discount: self.discount + other.discount,
            net: self.net + other.net,
            tax: self.tax + other.tax,
        }
    }

    const fn less(self, other: Self) -> Self {
        Self {
            units: self.units - other.units,
            list: self.list - other.list,
            discount: self.discount - other.discount,
            net: self.net - other.net,
            tax: self.tax - other.tax,
        }
    }

    const fn negative(self) -> Self {
        Self { units: 0, list: 0, discount: 0, net: 0, tax: 0 }.less(self)
    }
}

/// A line of a document in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) part: Part,
    pub(crate) worth: Worth,
    pub(crate) sku: Option<String>,
    pub(crate) description: String,
    pub(crate) unit_price: i64,
    pub(crate) scheme: TaxScheme,
    pub(crate) country: Option<String>,
}

/// What left of an order, part by part.
fn left<'a>(
    order: &order::Model,
    lines: &(impl Iterator<Item = &'a order_line::Model> + Clone),
    adjustments: &[order_adjustment::Model],
) -> Vec<Item> {
    let worth = |units: i64, list: i64, total: i64, tax: i64| {
        let discount = if order.tax_included { list - total } else { list + tax - total };
        Worth { units, list, discount, net: total - tax, tax }
    };
    let mut items = Vec::new();
    for line in lines.clone().filter(|line| line.quantity_fulfilled > 0) {
        let units = i64::from(line.quantity_fulfilled);
        let total = share(line.total_minor, units, standing(line));
        let tax = share(line.tax_minor, units, standing(line));
        items.push(Item {
            part: Part { line: Some(line.id), beside: None, rate_ppm: line.tax_rate_ppm },
            worth: worth(units, units * line.unit_price_minor, total, tax),
            sku: Some(line.sku.clone()),
            description: line.name.clone(),
            unit_price: line.unit_price_minor,
            scheme: line.tax_scheme,
            country: line.tax_country.clone(),
        });
    }
    if items.is_empty() {
        return items;
    }
    for row in adjustments.iter().filter(|row| !pricing::taken_off(row.kind)) {
        for part in parts_of(row) {
            let same = |line: &&order_line::Model| line.tax_rate_ppm == part.rate_ppm;
            let like = lines.clone().find(same).or_else(|| lines.clone().next());
            let total = if order.tax_included { part.amount } else { part.amount + part.tax };
            let key = Part { line: None, beside: Some(row.kind), rate_ppm: part.rate_ppm };
            let more = worth(0, part.amount, total, part.tax);
            if let Some(item) = items.iter_mut().find(|item: &&mut Item| item.part == key) {
                item.worth = item.worth.plus(more);
                item.unit_price += part.amount;
                continue;
            }
            items.push(Item {
                part: key,
                worth: more,
                sku: None,
                description: row.label.clone(),
                unit_price: part.amount,
                scheme: like.map_or(TaxScheme::Domestic, |line| line.tax_scheme),
                country: like.and_then(|line| line.tax_country.clone()),
            });
        }
    }
    items
}

/// What an amount beside the lines bears at which rate; all of it at its own where that was not noted.
fn parts_of(row: &order_adjustment::Model) -> Vec<TaxPart> {
    let noted = row.tax_parts.clone().and_then(|json| serde_json::from_value(json).ok());
    noted.unwrap_or_else(|| {
        let rate_ppm = row.tax_rate_ppm.unwrap_or(0);
        vec![TaxPart { rate_ppm, amount: row.amount_minor, tax: row.tax_minor }]
    })
}

/// What is still to be invoiced, and what is to be taken back: both in positive amounts.
pub(crate) fn due<'a>(
    order: &order::Model,
    lines: &(impl Iterator<Item = &'a order_line::Model> + Clone),
    adjustments: &[order_adjustment::Model],
    before: &BTreeMap<Part, Invoiced>,
) -> (Vec<Item>, Vec<Item>) {
    let (mut owed, mut back) = (Vec::new(), Vec::new());
    let now = left(order, lines, adjustments);
    for item in &now {
        let invoiced = before.get(&item.part).map(|one| one.worth).unwrap_or_default();
        let mut item = item.clone();
        item.worth = item.worth.less(invoiced);
        if item.worth.gross() > 0 || item.worth.units > 0 {
            owed.push(item);
        } else if item.worth.gross() < 0 {
            item.worth = item.worth.negative();
            back.push(item);
        }
    }
    for (part, invoiced) in before {
        if invoiced.worth.gross() != 0 && now.iter().all(|item| item.part != *part) {
            back.push(Item { worth: invoiced.worth, ..invoiced.item(*part) });
        }
    }
    (owed, back)
}

/// An amount taken off an invoice, by tax: in proportion to what its lines are worth with the tax.
pub(crate) fn allowance<'a>(
    lines: impl Iterator<Item = &'a invoice_line::Model>,
    amount: i64,
    reason: &str,
) -> Vec<Item> {
    let mut groups: Vec<(Part, TaxScheme, Option<String>, i64)> = Vec::new();
    for line in lines {
        let part = Part { line: None, beside: None, rate_ppm: line.tax_rate_ppm };
        let gross = line.net_minor + line.tax_minor;
        let same = |group: &&mut (Part, TaxScheme, Option<String>, i64)| {
            group.0 == part && group.1 == line.tax_scheme && group.2 == line.tax_country
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.3 += gross,
            None => groups.push((part, line.tax_scheme, line.tax_country.clone(), gross)),
        }
    }
    let weights: Vec<i64> = groups.iter().map(|group| group.3).collect();
    let shares = largest_remainder(amount, &weights);
    let item =
        |((part, scheme, country, _), gross): ((Part, TaxScheme, Option<String>, i64), i64)| {
            let tax = tax_minor(gross, part.rate_ppm, true);
            Item {
                part,
                worth: Worth { units: 0, list: gross, discount: 0, net: gross - tax, tax },
                sku: None,
                description: reason.to_owned(),
                unit_price: gross,
                scheme,
                country,
            }
        };
    groups.into_iter().zip(shares).filter(|(_, share)| *share > 0).map(item).collect()
}

/// What was invoiced of a part, and where last.
#[derive(Debug, Clone)]
pub(crate) struct Invoiced {
    pub(crate) worth: Worth,
    pub(crate) invoice: Uuid,
    pub(crate) sku: Option<String>,
    pub(crate) description: String,
    pub(crate) unit_price: i64,
    pub(crate) scheme: TaxScheme,
    pub(crate) country: Option<String>,
}

impl Invoiced {
    fn item(&self, part: Part) -> Item {
        Item {
            part,
            worth: self.worth,
            sku: self.sku.clone(),
            description: self.description.clone(),
            unit_price: self.unit_price,
            scheme: self.scheme,
            country: self.country.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::totals::{deal_out, reprice, value_of_what_left};
    use crate::samples;
    use entities::enums::TaxRounding;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    /// An order as somebody may place it.
    #[derive(Debug, Clone)]
    struct Placed {
        /// Units, price and rate.
        lines: Vec<(i32, i64, i32)>,
        shipping: i64,
        /// In percent.
        discount: i64,
        fee: i64,
        included: bool,
        rounding: TaxRounding,
        /// Which line moves by how many units, in which step.
        moves: Vec<(usize, i32)>,
        /// In thousandths of what was invoiced.
        refunds: Vec<i64>,
    }

    fn placed() -> impl Strategy<Value = Placed> {
        let rate = prop::sample::select(vec![0, 50_000, 70_000, 77_500, 190_000, 230_000]);
        let line = (1_i32..12, 0_i64..200_000, rate);
        let rounding = prop::sample::select(vec![TaxRounding::Document, TaxRounding::Line]);
        (
            prop::collection::vec(line, 1..6),
            (0_i64..3_000, 0_i64..=100, 0_i64..500),
            (any::<bool>(), rounding),
            prop::collection::vec((0_usize..6, 1_i32..8), 0..6),
            prop::collection::vec(0_i64..=1_000, 1..4),
        )
            .prop_map(
                |(lines, (shipping, discount, fee), (included, rounding), moves, refunds)| Placed {
                    lines,
                    shipping,
                    discount,
                    fee,
                    included,
                    rounding,
                    moves,
                    refunds,
                },
            )
    }

    /// What was invoiced of each part, less what was taken back.
    fn book(before: &mut BTreeMap<Part, Invoiced>, items: Vec<Item>, back: bool) {
        for item in items {
            let worth = if back { item.worth.negative() } else { item.worth };
            let one = before.entry(item.part).or_insert_with(|| Invoiced {
                worth: Worth::default(),
                invoice: Uuid::nil(),
                sku: None,
                description: String::new(),
                unit_price: 0,
                scheme: item.scheme,
                country: None,
            });
            one.worth = one.worth.plus(worth);
        }
    }

    fn sums(before: &BTreeMap<Part, Invoiced>) -> (i64, i64) {
        let worth = before.values().map(|one| one.worth);
        worth.fold((0, 0), |(net, tax), worth| (net + worth.net, tax + worth.tax))
    }

    /// Ships an order in parts, invoices each, gives part of it back, and takes all of it back: nothing is off by a cent.
    fn check(placed: &Placed) -> Result<(), TestCaseError> {
        let mut order = samples::order();
        (order.tax_included, order.tax_rounding) = (placed.included, placed.rounding);
        let rows = (1..).zip(&placed.lines);
        let mut lines: Vec<order_line::Model> =
            rows.map(|(number, one)| samples::line(number, one.0, one.1, one.2)).collect();
        let worth: i64 = placed.lines.iter().map(|one| i64::from(one.0) * one.1).sum();
        let mut adjustments = vec![
            samples::adjustment(AdjustmentKind::Discount, worth * placed.discount / 100),
            samples::adjustment(AdjustmentKind::Shipping, placed.shipping),
            samples::adjustment(AdjustmentKind::Fee, placed.fee),
        ];
        let given: Vec<pricing::PriceAdjustment> = adjustments
            .iter()
            .map(|row| pricing::PriceAdjustment {
                kind: row.kind,
                amount: row.amount_minor,
                rate_ppm: None,
            })
            .collect();
        deal_out(&order, &mut lines.iter_mut().collect::<Vec<_>>(), &given);
        reprice(&mut order, &mut lines.iter_mut().collect::<Vec<_>>(), &mut adjustments);
        let mut before: BTreeMap<Part, Invoiced> = BTreeMap::new();
        let all = (0..lines.len()).map(|index| (index, i32::MAX));
        for (index, units) in placed.moves.iter().copied().chain(all.clone()) {
            let count = lines.len();
            let Some(line) = lines.get_mut(index % count) else { continue };
            line.quantity_fulfilled =
                line.quantity_fulfilled.saturating_add(units).min(line.quantity);
            let (owed, back) = due(&order, &lines.iter(), &adjustments, &before);
            prop_assert!(back.is_empty(), "what ships takes nothing back: {back:?}");
            prop_assert!(owed.iter().all(|item| item.worth.net >= 0 && item.worth.tax >= 0));
            book(&mut before, owed, false);
            let (net, tax) = sums(&before);
            prop_assert_eq!(net + tax, value_of_what_left(&order, &lines));
        }
        let (net, tax) = sums(&before);
        prop_assert_eq!((net + tax, tax), (order.grand_total_minor, order.tax_minor));
        // Given back without goods: each amount is dealt out to the rates without a rest.
        let document: Vec<invoice_line::Model> = before
            .iter()
            .map(|(part, one)| invoice_line::Model {
                net_minor: one.worth.net,
                tax_minor: one.worth.tax,
                tax_rate_ppm: part.rate_ppm,
                ..samples::invoice_line()
            })
            .collect();
        for thousandths in &placed.refunds {
            let amount = (net + tax) * thousandths / 1_000;
            let items = allowance(document.iter(), amount, "x");
            let gross: i64 = items.iter().map(|item| item.worth.gross()).sum();
            prop_assert_eq!(gross, amount);
            prop_assert!(items.iter().all(|item| item.worth.net >= 0 && item.worth.tax >= 0));
        }
        // Everything comes back in parts: the credit notes cancel the invoices.
        for (index, units) in placed.moves.iter().copied().chain(all) {
            let count = lines.len();
            let Some(line) = lines.get_mut(index % count) else { continue };
            line.quantity_fulfilled = line.quantity_fulfilled.saturating_sub(units).max(0);
            let (owed, back) = due(&order, &lines.iter(), &adjustments, &before);
            prop_assert!(owed.iter().all(|item| item.worth.gross() == 0), "{owed:?}");
            book(&mut before, back, true);
        }
        prop_assert_eq!(sums(&before), (0, 0));
        prop_assert!(before.values().all(|one| one.worth.net == 0 && one.worth.tax == 0));
        Ok(())
    }

    #[test]
    fn invoices_and_credit_notes_sum_to_the_cent() {
        let full = std::env::var("TEST_FULL").is_ok();
        let seed = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed: u64 = seed.unwrap_or(if full { rand::random() } else { 7 });
        let cases = if full { 1_000_000 } else { 500 };
        eprintln!("TEST_SEED={seed}, {cases} orders");
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let outcome = TestRunner::new_with_rng(config, rng).run(&placed(), |placed| check(&placed));
        assert!(outcome.is_ok(), "TEST_SEED={seed}: {outcome:?}");
    }
}

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

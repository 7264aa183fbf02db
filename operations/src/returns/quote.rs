//! What a return is worth, to the cent, before anything happens: the shares of price, discount and tax that were frozen for the units
//! when the order was placed. The last unit of a line takes the odd cent.

use super::policy::is_sellers;
use super::promotions::Promotions;
use crate::error::Result;
use crate::invoices::document::Worth;
use crate::invoices::sql as invoices;
use crate::orders::totals::{share, standing};
use crate::payments::purse;
use crate::store::Db;
use entities::enums::{AdjustmentKind, InvoiceCause, InvoiceKind, ReturnReason};
use entities::{
    invoice, invoice_line, order, order_adjustment, order_line, payment, return_policy,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Units of a line of an order that come back, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) line: Uuid,
    pub(super) quantity: i64,
    pub(super) reason: ReturnReason,
    /// Whether something else is wanted for it.
    pub(super) exchanged: bool,
}

/// Gross and the tax in it, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sum {
    /// With the tax.
    pub gross: i64,
    /// Of it, what is tax.
    pub tax: i64,
}

impl Sum {
    pub(super) const fn plus(self, other: Self) -> Self {
        Self { gross: self.gross + other.gross, tax: self.tax + other.tax }
    }

    pub(super) const fn less(self, other: Self) -> Self {
        Self { gross: self.gross - other.gross, tax: self.tax - other.tax }
    }

    fn part(self, part: i64, whole: i64) -> Self {
        Self { gross: share(self.gross, part, whole), tax: share(self.tax, part, whole) }
    }

    const fn of(worth: Worth) -> Self {
        Self { gross: worth.gross(), tax: worth.tax }
    }
}

/// What would be paid back and why, in minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Quote {
    /// The goods that are paid back.
    pub items: Sum,
    /// The goods for which others are wanted.
    #[serde(default)]
    pub exchanged: Sum,
    /// Those others.
    #[serde(default)]
    pub instead: Sum,
    /// Their delivery.
    pub shipping: Sum,
    /// What is kept of it for restocking.
    pub restocking: Sum,
    /// What is kept of it for the way back.
    pub return_shipping: Sum,
    /// What is kept of it because what stays no longer earns its discounts; below zero where such is given back.
    #[serde(default)]
    pub promotions: Sum,
    /// Which payment gets how much back.
    pub tenders: Vec<(Uuid, i64)>,
    /// What the goods are worth by line, before anything that was given up of the order.
    pub(super) lines: Vec<(Uuid, i64, Sum)>,
    /// The same of each of the units that were asked about.
    #[serde(skip)]
    pub(super) units: Vec<Sum>,
}

impl Quote {
    /// What is paid back; what is below zero is owed on the order in exchange.
    pub const fn total(&self) -> i64 {
        self.credited() - self.instead.gross
    }

    /// The part of it that is tax.
    pub const fn tax(&self) -> i64 {
        let given = self.items.tax + self.exchanged.tax + self.shipping.tax;
        let kept = self.restocking.tax + self.return_shipping.tax + self.promotions.tax;
        given - kept - self.instead.tax
    }

    /// What is taken back of what was sold, less what is kept.
    pub const fn credited(&self) -> i64 {
        let given = self.items.gross + self.exchanged.gross + self.shipping.gross;
        given - self.restocking.gross - self.return_shipping.gross - self.promotions.gross
    }

    /// What the goods that are paid back are worth, less what is kept of their discounts.
    pub const fn goods(&self) -> i64 {
        self.items.gross - self.promotions.gross
    }

    /// What the new goods cost more than those that they stand for.
    pub const fn exchange_difference(&self) -> Sum {
        self.instead.less(self.exchanged)
    }
}

/// What is known of an order's worth: what was invoiced of each part, and what was credited of it for goods that came back.
pub(super) struct Worths {
    /// By line: what it is worth and how many units, and the same of what was credited.
    lines: BTreeMap<Uuid, (Sum, i64, Sum, i64)>,
    shipping: Sum,
    shipping_credited: Sum,
    promotions: Promotions,
    /// What may be credited of it at most.
    left: i64,
}

impl Worths {
    /// Reads what an order is worth.
    pub(super) async fn load(
        db: &Db,
        order: &order::Model,
        lines: &[order_line::Model],
        adjustments: &[order_adjustment::Model],
    ) -> Result<Self> {
        let one = std::slice::from_ref(order);
        let mut found = Self::load_many(db, one, lines, adjustments).await?;
        Ok(found.remove(&order.id).unwrap_or_else(|| Self::new(order)))
    }

    /// Reads what orders are worth: in the books what their documents say, elsewhere what their lines say.
    pub(super) async fn load_many(
        db: &Db,
        orders: &[order::Model],
        lines: &[order_line::Model],
        adjustments: &[order_adjustment::Model],
    ) -> Result<HashMap<Uuid, Self>> {
        let ids: Vec<Uuid> =
            orders.iter().filter(|order| order.in_books).map(|order| order.id).collect();
        let documents =
            if ids.is_empty() { Vec::new() } else { invoices::of_orders(db, &ids).await? };
        let document_ids: Vec<Uuid> = documents.iter().map(|one| one.id).collect();
        let rows = if document_ids.is_empty() {
            Vec::new()
        } else {
            invoices::lines_of(db, &document_ids).await?
        };
        let mut promotions = Promotions::of_orders(db, lines, adjustments).await?;
        let mut worths = HashMap::new();
        for order in orders {
            let mut one = Self::new(order);
            one.promotions = promotions.remove(&order.id).unwrap_or_default();
            if order.in_books {
                let own: Vec<&invoice::Model> =
                    documents.iter().filter(|document| document.order_id == order.id).collect();
                one.of_documents(&own, &rows);
            } else {
                let own = |id: Uuid| id == order.id;
                one.of_lines(
                    order,
                    lines.iter().filter(|line| own(line.order_id)),
                    adjustments.iter().filter(|row| own(row.order_id)),
                );
            }
            worths.insert(order.id, one);
        }
        Ok(worths)
    }

    fn new(order: &order::Model) -> Self {
        let whole = if order.in_books { order.invoiced_minor } else { order.grand_total_minor };
        Self {
            lines: BTreeMap::new(),
            shipping: Sum::default(),
            shipping_credited: Sum::default(),
            promotions: Promotions::default(),
            left: whole - order.credited_minor,
        }
    }

    fn of_documents(&mut self, documents: &[&invoice::Model], rows: &[invoice_line::Model]) {
        for (part, invoiced) in invoices::what_left(documents, rows) {
            let sum = Sum::of(invoiced.worth);
            match (part.line, part.beside) {
                (Some(line), _) => {
                    let known = self.lines.entry(line).or_default();
                    known.0 = known.0.plus(sum);
                    known.1 += invoiced.worth.units;
                }
                (None, Some(AdjustmentKind::Shipping)) => self.shipping = self.shipping.plus(sum),
                (None, _) => {}
            }
        }
        let is_return = |one: &&&invoice::Model| {
            one.kind == InvoiceKind::CreditNote && one.cause == InvoiceCause::Return
        };
        for document in documents.iter().filter(is_return) {
            for line in rows.iter().filter(|line| line.invoice_id == document.id) {
                let sum = Sum { gross: line.net_minor + line.tax_minor, tax: line.tax_minor };
                match (line.order_line_id, line.adjustment_kind) {
                    (Some(id), _) => {
                        let known = self.lines.entry(id).or_default();
                        known.2 = known.2.plus(sum);
                        known.3 += i64::from(line.quantity);
                    }
                    (None, Some(AdjustmentKind::Shipping)) => {
                        self.shipping_credited = self.shipping_credited.plus(sum);
                    }
                    (None, Some(AdjustmentKind::Discount)) => {
                        self.promotions.kept = self.promotions.kept.less(sum);
                    }
                    (None, _) => {}
                }
            }
        }
    }

    fn of_lines<'a>(
        &mut self,
        order: &order::Model,
        lines: impl Iterator<Item = &'a order_line::Model>,
        adjustments: impl Iterator<Item = &'a order_adjustment::Model>,
    ) {
        for line in lines {
            let units = standing(line);
            let all = Sum { gross: line.total_minor, tax: line.tax_minor };
            let back = i64::from(line.quantity_returned);
            self.lines.insert(line.id, (all, units, all.part(back, units), back));
        }
        for row in adjustments.filter(|row| row.kind == AdjustmentKind::Shipping) {
            let tax = if order.tax_included { 0 } else { row.tax_minor };
            let sum = Sum { gross: row.amount_minor + tax, tax: row.tax_minor };
            self.shipping = self.shipping.plus(sum);
        }
    }

    /// What so many units more of a line are worth.
    fn units(&self, line: Uuid, quantity: i64) -> Sum {
        let Some((all, units, credited, back)) = self.lines.get(&line) else {
            return Sum::default();
        };
        let through = (back + quantity).min(*units);
        all.part(through, *units).less(*credited)
    }
}

/// Quotes units that come back under a policy.
pub(super) fn quote(
    order: &order::Model,
    (lines, worths): (&[order_line::Model], &Worths),
    policy: Option<&return_policy::Model>,
    (units, instead): (&[Unit], Sum),
    payments: &[payment::Model],
) -> Quote {
    let mut quote = Quote { instead, ..Quote::default() };
    let mut by_line: BTreeMap<Uuid, i64> = BTreeMap::new();
    for unit in units {
        // Units of one line for several reasons are worth together what they are worth.
        let before = by_line.get(&unit.line).copied().unwrap_or(0);
        let through = worths.units(unit.line, before + unit.quantity);
        let sum = through.less(worths.units(unit.line, before));
        let sum = if before == 0 { through } else { sum };
        *by_line.entry(unit.line).or_default() += unit.quantity;
        match quote.lines.iter_mut().find(|(line, _, _)| *line == unit.line) {
            Some((_, quantity, all)) => {
                *quantity += unit.quantity;
                *all = all.plus(sum);
            }
            None => quote.lines.push((unit.line, unit.quantity, sum)),
        }
        quote.units.push(sum);
        if unit.exchanged {
            quote.exchanged = quote.exchanged.plus(sum);
            continue;
        }
        quote.items = quote.items.plus(sum);
        let rate = policy.map_or(0, |policy| i64::from(policy.restocking_rate_ppm));
        if !is_sellers(unit.reason) {
            quote.restocking = quote.restocking.plus(sum.part(rate, 1_000_000));
        }
    }
    let all_back = lines.iter().all(|line| {
        let back = i64::from(line.quantity_returned) + by_line.get(&line.id).copied().unwrap_or(0);
        back >= standing(line)
    });
    let sellers = !units.is_empty() && units.iter().all(|unit| is_sellers(unit.reason));
    let by_law = policy.is_some_and(|policy| policy.statutory);
    // What is exchanged is a sale still, and its delivery was for it.
    let none_stays = units.iter().all(|unit| !unit.exchanged);
    if all_back && none_stays && (by_law || sellers) {
        quote.shipping = delivery(order, worths, policy);
    }
    if order.in_books {
        quote.promotions = promotions(order, (lines, worths), policy, &quote, units);
    }
    let most = worths.left.max(0);
    let goods = quote.items.plus(quote.exchanged);
    let whole = goods.gross + quote.shipping.gross - quote.promotions.gross;
    if whole > most {
        // Something of it was given back already, as a courtesy.
        let kept = |sum: Sum| sum.part(most, whole);
        let all = kept(goods.plus(quote.shipping).less(quote.promotions));
        quote.shipping = kept(quote.shipping);
        quote.promotions = kept(quote.promotions);
        let goods = all.plus(quote.promotions).less(quote.shipping);
        let no_items = quote.items == Sum::default();
        quote.exchanged = if no_items { goods } else { kept(quote.exchanged) };
        quote.items = goods.less(quote.exchanged);
        quote.restocking = kept(quote.restocking);
    }
    if let Some(policy) = policy.filter(|policy| policy.customer_pays_shipping && !sellers)
        && policy.fee_currency.as_deref() == Some(order.currency.as_str())
    {
        let fee = policy.return_shipping_minor.unwrap_or(0).min(quote.total().max(0));
        let goods = quote.items.plus(quote.exchanged);
        let taxed = share(goods.tax, fee, goods.gross);
        quote.return_shipping = Sum { gross: fee, tax: taxed };
    }
    quote.tenders = purse::tenders(payments, quote.total().max(0));
    quote
}

impl Quote {
    /// The same where less is given: the rest is kept for what the goods are worth less.
    pub(super) fn lowered(&mut self, total: i64, payments: &[payment::Model]) {
        let less = (self.total() - total).max(0);
        let taxed = share(self.items.tax, less, self.items.gross);
        self.restocking = self.restocking.plus(Sum { gross: less, tax: taxed });
        self.tenders = purse::tenders(payments, self.total().max(0));
    }
}

/// What is kept of discounts that what stays no longer earns, or given back of what was kept: never more than what goes back, and nothing
/// more where the seller answers for what comes back, or the policy does not ask for it.
fn promotions(
    order: &order::Model,
    (lines, worths): (&[order_line::Model], &Worths),
    policy: Option<&return_policy::Model>,
    quote: &Quote,
    units: &[Unit],
) -> Sum {
    let known = &worths.promotions;
    let mut back: BTreeMap<Uuid, i64> = BTreeMap::new();
    for unit in units.iter().filter(|unit| !unit.exchanged) {
        *back.entry(unit.line).or_default() += unit.quantity;
    }
    // What comes back and is not paid for moves nothing.
    if units.is_empty() {
        return Sum::default();
    }
    let more = known.unearned(order, lines, &back) - known.kept.gross;
    if more < 0 {
        return known.kept.part(more, known.kept.gross);
    }
    let asked = policy.is_some_and(|policy| policy.recompute_promotions)
        && !units.iter().any(|unit| is_sellers(unit.reason));
    if !asked {
        return Sum::default();
    }
    let left = quote.items.plus(quote.exchanged).plus(quote.shipping).less(quote.restocking);
    left.part(more.min(left.gross.max(0)), left.gross)
}

/// What goes back of delivery: what was paid for it, and no more than the standard one costs.
fn delivery(order: &order::Model, worths: &Worths, policy: Option<&return_policy::Model>) -> Sum {
    let left = worths.shipping.less(worths.shipping_credited);
    let standard = policy
        .filter(|policy| policy.fee_currency.as_deref() == Some(order.currency.as_str()))
        .and_then(|policy| policy.standard_shipping_minor);
    match standard {
        Some(most) if most < left.gross => left.part(most, left.gross),
        Some(_) | None => left,
    }
}

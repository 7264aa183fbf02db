//! The credit notes of a return: its goods and their delivery, part by part and invoice by invoice, less what is kept.

use super::quote::{Quote, Sum};
use crate::error::Result;
use crate::invoices::document::{Invoiced, Item, Part, Worth};
use crate::invoices::sql as invoices;
use crate::money::largest_remainder;
use crate::orders::totals::share;
use crate::store::Db;
use entities::enums::{AdjustmentKind, InvoiceCause, InvoiceKind, TaxScheme};
use entities::{invoice, invoice_line, order};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What of a part is credited, before amounts are put to the cent.
#[derive(Clone, Copy)]
struct Credit<'a> {
    part: Part,
    invoiced: &'a Invoiced,
    /// The invoice that is corrected.
    invoice: Uuid,
    units: i64,
    weight: Sum,
}

/// Items to be credited, by the invoice that they correct. Together they come to the total of the quote.
pub(super) async fn items(
    db: &Db,
    order: &order::Model,
    quote: &Quote,
) -> Result<Vec<(Uuid, Vec<Item>)>> {
    let documents = invoices::of_orders(db, &[order.id]).await?;
    let ids: Vec<Uuid> = documents.iter().map(|one| one.id).collect();
    let rows = if ids.is_empty() { Vec::new() } else { invoices::lines_of(db, &ids).await? };
    let invoiced = invoices::what_left(&documents.iter().collect::<Vec<_>>(), &rows);
    let mut by_invoice: BTreeMap<Uuid, Vec<Item>> = BTreeMap::new();
    let shipping = |part: &Part| part.beside == Some(AdjustmentKind::Shipping);
    let goods = quote.lines.iter().flat_map(|(line, units, sum)| {
        let own = invoiced.iter().filter(|(part, _)| part.line == Some(*line));
        let credits = shares(own, *units, *sum).into_iter();
        credits.flat_map(|credit| parted(credit, &documents, &rows))
    });
    let delivery = shares(invoiced.iter().filter(|(part, _)| shipping(part)), 0, quote.shipping);
    for (credits, sum) in
        [(goods.collect(), quote.items.plus(quote.exchanged)), (delivery, quote.shipping)]
    {
        for (invoice, item) in to_the_cent(order, credits, sum) {
            by_invoice.entry(invoice).or_default().push(item);
        }
    }
    if quote.promotions.gross < 0 {
        give_back(&mut by_invoice, quote.promotions, (&documents, &rows));
    }
    by_invoice.retain(|_, items| items.iter().any(|item| item.worth.gross() != 0));
    let fee = AdjustmentKind::Fee;
    let mut kept = vec![
        (quote.restocking, fee, "Restocking fee"),
        (quote.return_shipping, fee, "Return shipping"),
    ];
    if quote.promotions.gross > 0 {
        kept.push((quote.promotions, AdjustmentKind::Discount, "Discount no longer earned"));
    }
    for (kept, beside, what) in kept {
        if kept.gross != 0 {
            keep(&mut by_invoice, kept, (beside, what));
        }
    }
    let all: i64 = by_invoice.values().flatten().map(|item| item.worth.gross()).sum();
    debug_assert_eq!(all, quote.credited(), "{quote:?} by {by_invoice:?}");
    Ok(by_invoice.into_iter().collect())
}

/// A sum over the parts of which it is made.
fn shares<'a>(
    parts: impl Iterator<Item = (&'a Part, &'a Invoiced)>,
    units: i64,
    sum: Sum,
) -> Vec<Credit<'a>> {
    let parts: Vec<_> = parts.filter(|(_, one)| one.worth.gross() > 0).collect();
    let gross: Vec<i64> = parts.iter().map(|(_, one)| one.worth.gross()).collect();
    let tax: Vec<i64> = parts.iter().map(|(_, one)| one.worth.tax).collect();
    let (gross, tax) = (largest_remainder(sum.gross, &gross), largest_remainder(sum.tax, &tax));
    let weights = gross.into_iter().zip(tax).map(|(gross, tax)| Sum { gross, tax });
    parts
        .into_iter()
        .zip(weights)
        .map(|((part, invoiced), weight)| {
            let invoice = invoiced.invoice;
            Credit { part: *part, invoiced, invoice, units, weight }
        })
        .collect()
}

/// Units of a part by the invoices that they are on, the newest first: none is credited with more units than it has.
fn parted<'a>(
    credit: Credit<'a>,
    documents: &[invoice::Model],
    rows: &[invoice_line::Model],
) -> Vec<Credit<'a>> {
    let of = |document: Uuid| -> i64 {
        let own = rows.iter().filter(|row| {
            let part = (row.order_line_id, row.adjustment_kind, row.tax_rate_ppm);
            row.invoice_id == document
                && part == (credit.part.line, credit.part.beside, credit.part.rate_ppm)
        });
        own.map(|row| i64::from(row.quantity)).sum()
    };
    let mut left = credit.units;
    let mut places: Vec<(Uuid, i64)> = Vec::new();
    for document in documents.iter().rev() {
        if document.kind != InvoiceKind::Invoice || document.cause != InvoiceCause::Shipment {
            continue;
        }
        let returned = documents.iter().filter(|one| {
            one.corrects_id == Some(document.id) && one.cause == InvoiceCause::Return
        });
        let credited: i64 = returned.map(|one| of(one.id)).sum();
        let units = (of(document.id) - credited).clamp(0, left);
        if units > 0 {
            left -= units;
            places.push((document.id, units));
        }
    }
    if left > 0 {
        // What is on no invoice as units goes with the last of the part.
        places.push((credit.invoice, left));
    }
    let units: Vec<i64> = places.iter().map(|(_, units)| *units).collect();
    let gross = largest_remainder(credit.weight.gross, &units);
    let tax = largest_remainder(credit.weight.tax, &units);
    let sums = gross.into_iter().zip(tax).map(|(gross, tax)| Sum { gross, tax });
    places
        .into_iter()
        .zip(sums)
        .map(|((invoice, units), weight)| Credit { invoice, units, weight, ..credit })
        .collect()
}

fn to_the_cent(order: &order::Model, credits: Vec<Credit<'_>>, sum: Sum) -> Vec<(Uuid, Item)> {
    let gross: Vec<i64> = credits.iter().map(|one| one.weight.gross).collect();
    let tax: Vec<i64> = credits.iter().map(|one| one.weight.tax).collect();
    let (gross, tax) = (largest_remainder(sum.gross, &gross), largest_remainder(sum.tax, &tax));
    credits
        .into_iter()
        .zip(gross.into_iter().zip(tax))
        .map(|(one, (gross, tax))| {
            let invoiced = one.invoiced;
            let list = if one.units == 0 {
                share(invoiced.worth.list, gross, invoiced.worth.gross())
            } else {
                share(invoiced.worth.list, one.units, invoiced.worth.units)
            };
            let net = gross - tax;
            let taken = if order.tax_included { gross } else { net };
            let worth = Worth { units: one.units, list, discount: list - taken, net, tax };
            let item = Item {
                part: one.part,
                worth,
                sku: invoiced.sku.clone(),
                description: invoiced.description.clone(),
                unit_price: invoiced.unit_price,
                scheme: invoiced.scheme,
                country: invoiced.country.clone(),
            };
            (one.invoice, item)
        })
        .collect()
}

/// An invoice, and what makes up a rate of tax on it.
type Key = (Uuid, i32, TaxScheme, Option<String>);

fn add(groups: &mut Vec<(Key, Sum)>, key: Key, sum: Sum) {
    match groups.iter_mut().find(|(known, _)| *known == key) {
        Some((_, all)) => *all = all.plus(sum),
        None => groups.push((key, sum)),
    }
}

/// What is kept lowers the credit notes in proportion to what is left of them, and the tax of each rate with it: none falls below zero.
fn keep(
    by_invoice: &mut BTreeMap<Uuid, Vec<Item>>,
    kept: Sum,
    (beside, what): (AdjustmentKind, &str),
) {
    let mut groups = Vec::new();
    for (invoice, items) in by_invoice.iter() {
        for item in items {
            let sum = Sum { gross: item.worth.gross(), tax: item.worth.tax };
            let key = (*invoice, item.part.rate_ppm, item.scheme, item.country.clone());
            add(&mut groups, key, sum);
        }
    }
    charge(by_invoice, groups, kept, (beside, what));
}

/// What was kept of discounts goes back, by the invoices on whose credit notes it was kept; `given` is below zero.
fn give_back(
    by_invoice: &mut BTreeMap<Uuid, Vec<Item>>,
    given: Sum,
    (documents, rows): (&[invoice::Model], &[invoice_line::Model]),
) {
    let mut groups = Vec::new();
    for document in documents.iter().filter(|one| one.cause == InvoiceCause::Return) {
        let Some(corrected) = document.corrects_id else { continue };
        let own = rows.iter().filter(|row| {
            row.invoice_id == document.id && row.adjustment_kind == Some(AdjustmentKind::Discount)
        });
        for row in own {
            let kept = Sum { gross: -row.net_minor - row.tax_minor, tax: -row.tax_minor };
            let country = row.tax_country.clone();
            add(&mut groups, (corrected, row.tax_rate_ppm, row.tax_scheme, country), kept);
        }
    }
    let what = "Discount kept before";
    charge(by_invoice, groups, given, (AdjustmentKind::Discount, what));
}

/// An amount over groups, in proportion; what is charged lowers a credit note.
fn charge(
    by_invoice: &mut BTreeMap<Uuid, Vec<Item>>,
    groups: Vec<(Key, Sum)>,
    kept: Sum,
    (beside, what): (AdjustmentKind, &str),
) {
    let gross: Vec<i64> = groups.iter().map(|group| group.1.gross).collect();
    let tax: Vec<i64> = groups.iter().map(|group| group.1.tax).collect();
    let (gross, tax) = (largest_remainder(kept.gross, &gross), largest_remainder(kept.tax, &tax));
    for (((invoice, rate_ppm, scheme, country), _), (gross, tax)) in
        groups.into_iter().zip(gross.into_iter().zip(tax))
    {
        if gross == 0 && tax == 0 {
            continue;
        }
        let worth = Worth { units: 0, list: -gross, discount: 0, net: tax - gross, tax: -tax };
        by_invoice.entry(invoice).or_default().push(Item {
            part: Part { line: None, beside: Some(beside), rate_ppm },
            worth,
            sku: None,
            description: what.to_owned(),
            unit_price: -gross,
            scheme,
            country,
        });
    }
}

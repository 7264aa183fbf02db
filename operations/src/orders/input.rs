//! What placing and importing have in common: lines and adjustments as a client gives them.

use super::pricing::{self, LineAmounts, PriceAdjustment, PriceLine, Priced};
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::money::{self, Currency, rate_ppm};
use crate::store::{Db, WriteTx};
use crate::tax::{self, Good};
use entities::enums::{AdjustmentKind, TaxScheme};
use entities::{legal_entity, order, order_adjustment, order_line};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Lines of one order at most.
pub(crate) const MAX_LINES: usize = 250;

/// A line as a client gives it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LineInput {
    /// The SKU.
    pub sku: String,
    /// Units.
    pub quantity: i32,
    /// The price of one; the channel's list decides without it.
    pub unit_price: Option<Decimal>,
    /// Taken off the line as a whole.
    pub discount: Option<Decimal>,
    /// The tax rate as a fraction; the list's without it.
    pub tax_rate: Option<Decimal>,
    /// Its name; the variant's without it.
    pub name: Option<String>,
    /// Of how many units together the discount is earned: 3 in "3 for 2".
    pub discount_per: Option<i32>,
}

/// An amount beside the lines.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustmentInput {
    /// What for.
    #[serde(serialize_with = "crate::as_column")]
    pub kind: AdjustmentKind,
    /// What the customer reads.
    pub label: String,
    /// How much; positive.
    pub amount: Decimal,
    /// Its own tax rate; without it, it follows the goods.
    pub tax_rate: Option<Decimal>,
    /// Of a discount: what the goods of the order have to cost for it.
    pub minimum_items: Option<Decimal>,
}

/// What the catalog says of a line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) variant_id: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) price_minor: Option<i64>,
    pub(crate) tax_rate_ppm: Option<i32>,
    /// What one unit consumes, of a bundle.
    pub(crate) components: Option<Vec<(Uuid, i64)>>,
}

/// A line that can be priced.
#[derive(Debug, Clone)]
pub(crate) struct CheckedLine {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) variant_id: Option<Uuid>,
    pub(crate) components: Option<Vec<(Uuid, i64)>>,
    pub(crate) price: PriceLine,
    /// The rate that it bears where the seller is, and whether whoever orders said so.
    pub(crate) home_rate: (i32, bool),
    pub(crate) scheme: TaxScheme,
    pub(crate) tax_country: Option<String>,
    /// Of how many units together the discount is earned.
    pub(crate) discount_per: Option<i32>,
}

/// What of a line needs neither prices nor a currency: its SKU and name, trimmed, and its quantity.
pub(crate) fn check_words(
    faults: &mut Faults,
    at: &str,
    line: &LineInput,
) -> (String, Option<String>) {
    let field = |name: &str| format!("{at}.{name}");
    let sku = checks::text(faults, &field("sku"), &line.sku, 100);
    checks::within(faults, &field("quantity"), line.quantity, 1, 1_000_000);
    let name = checks::optional(faults, &field("name"), line.name.as_deref(), 200);
    (sku, name)
}

/// Checks one line against what the catalog says of it.
pub(crate) fn check_line(
    faults: &mut Faults,
    at: &str,
    currency: Currency,
    line: &LineInput,
    listed: &Listed,
) -> Option<CheckedLine> {
    let field = |name: &str| format!("{at}.{name}");
    let (sku, name) = check_words(faults, at, line);
    let given =
        line.unit_price.map(|price| faults.take(&field("unitPrice"), currency.minor(price)));
    let unit_price = match (given, listed.price_minor) {
        (Some(given), _) => given?,
        (None, Some(price)) => price,
        (None, None) => {
            if listed.variant_id.is_some() {
                let message = format!("{sku} has no price in this channel: give one");
                faults.add(RefusalCode::Required, &field("unitPrice"), message);
            }
            return None;
        }
    };
    let given = line.tax_rate.map(|rate| faults.take(&field("taxRate"), rate_ppm(rate)));
    let rate_ppm = match (given, listed.tax_rate_ppm) {
        (Some(given), _) => given?,
        (None, Some(rate)) => rate,
        (None, None) => {
            let message = format!("{sku} has no tax rate in this channel: give one");
            faults.add(RefusalCode::Required, &field("taxRate"), message);
            return None;
        }
    };
    let discount = match line.discount {
        Some(discount) => faults.take(&field("discount"), currency.minor(discount))?,
        None => 0,
    };
    if unit_price < 0 {
        faults.add(RefusalCode::Invalid, &field("unitPrice"), "is not negative");
    }
    let quantity = i64::from(line.quantity);
    if !money::is_bearable(i128::from(quantity) * i128::from(unit_price)) {
        let message = "unit price times quantity is too large";
        faults.add(RefusalCode::AmountExceeded, &field("quantity"), message);
        return None;
    }
    if discount < 0 || discount > quantity.saturating_mul(unit_price.max(0)) {
        let message = "is from 0 to unit price times quantity";
        faults.add(RefusalCode::AmountExceeded, &field("discount"), message);
    }
    if let Some(per) = line.discount_per {
        checks::within(faults, &field("discountPer"), per, 2, line.quantity.max(2));
    }
    Some(CheckedLine {
        name: name.or_else(|| listed.name.clone()).unwrap_or_else(|| sku.clone()),
        sku,
        variant_id: listed.variant_id,
        components: listed.components.clone(),
        price: PriceLine { quantity, unit_price, discount, rate_ppm },
        home_rate: (rate_ppm, line.tax_rate.is_some()),
        scheme: TaxScheme::Domestic,
        tax_country: None,
        discount_per: line.discount_per.filter(|_| discount > 0),
    })
}

/// Taxes lines by where they go and who buys; every fault is noted.
pub(crate) async fn tax(
    db: &Db,
    faults: &mut Faults,
    entity: &legal_entity::Model,
    to: (Option<&str>, Option<&str>),
    (field, lines): (&str, &mut [CheckedLine]),
) -> Result<()> {
    let variants: Vec<Uuid> = lines.iter().filter_map(|line| line.variant_id).collect();
    let home = to.0.is_none_or(|country| country == entity.country_code);
    // At home the list says it all, but for what bears nothing.
    let plain = home && lines.iter().all(|line| line.home_rate.0 > 0);
    let unlike: HashMap<Uuid, String> = if plain {
        HashMap::new()
    } else {
        tax::categories(db, &variants).await?.into_iter().collect()
    };
    let goods: Vec<(String, Good)> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let (home_rate_ppm, given) = line.home_rate;
            let category = line.variant_id.and_then(|id| unlike.get(&id).cloned());
            let category = category.unwrap_or_else(|| tax::STANDARD.to_owned());
            let good = Good { category, home_rate_ppm, given };
            (format!("{field}.{index}.taxRate"), good)
        })
        .collect();
    for (line, taxed) in lines.iter_mut().zip(tax::assess(db, faults, entity, to, &goods).await?) {
        line.price.rate_ppm = taxed.rate_ppm.unwrap_or(0);
        line.scheme = taxed.scheme;
        line.tax_country = taxed.country;
    }
    Ok(())
}

/// Checks adjustments; every fault is noted.
pub(crate) fn check_adjustments(
    faults: &mut Faults,
    currency: Currency,
    adjustments: &[AdjustmentInput],
) -> Vec<PriceAdjustment> {
    if adjustments.len() > MAX_LINES {
        let message = format!("takes at most {MAX_LINES} adjustments");
        faults.add(RefusalCode::LimitExceeded, "adjustments", message);
    }
    let mut checked = Vec::with_capacity(adjustments.len());
    for (index, one) in adjustments.iter().enumerate() {
        let field = |name: &str| format!("adjustments.{index}.{name}");
        checks::text(faults, &field("label"), &one.label, 200);
        let amount = faults.take(&field("amount"), currency.minor(one.amount));
        if amount.is_some_and(|amount| amount < 0) {
            let message = "is positive; discounts and goodwill are taken off by their kind";
            faults.add(RefusalCode::Invalid, &field("amount"), message);
        }
        if let Some(minimum) = one.minimum_items {
            let minor = faults.take(&field("minimumItems"), currency.minor(minimum));
            if one.kind != AdjustmentKind::Discount || minor.is_some_and(|minor| minor < 0) {
                let message = "is what goods have to cost for a DISCOUNT, and not negative";
                faults.add(RefusalCode::Invalid, &field("minimumItems"), message);
            }
        }
        let rate = one.tax_rate.and_then(|rate| faults.take(&field("taxRate"), rate_ppm(rate)));
        let amount = amount.unwrap_or(0);
        checked.push(PriceAdjustment { kind: one.kind, amount, rate_ppm: rate });
    }
    checked
}

/// Discounts take off what is there at most.
pub(crate) fn check_discounts(
    faults: &mut Faults,
    lines: &[CheckedLine],
    adjustments: &[PriceAdjustment],
) {
    let goods: i64 = lines
        .iter()
        .map(|line| line.price.quantity * line.price.unit_price - line.price.discount)
        .sum();
    let off: i64 =
        adjustments.iter().filter(|one| pricing::taken_off(one.kind)).map(|one| one.amount).sum();
    let all = lines.iter().map(|line| line.price.quantity * line.price.unit_price);
    let all = all.chain(adjustments.iter().map(|one| one.amount));
    if !money::is_bearable(all.map(i128::from).sum()) {
        faults.add(RefusalCode::AmountExceeded, "lines", "the whole is too large an amount");
    }
    if off > 0 && off > goods {
        let message = "discounts exceed what the lines cost";
        faults.add(RefusalCode::AmountExceeded, "adjustments", message);
    }
}

/// Puts the sums into the order and makes its rows.
pub(crate) fn rows(
    tx: &WriteTx,
    order: &mut order::Model,
    lines: &[CheckedLine],
    (inputs, adjustments): (&[AdjustmentInput], &[PriceAdjustment]),
) -> (Vec<order_line::Model>, Vec<order_adjustment::Model>) {
    let prices: Vec<PriceLine> = lines.iter().map(|line| line.price).collect();
    let priced: Priced =
        pricing::price(&prices, adjustments, order.tax_included, order.tax_rounding);
    order.items_minor = priced.sums.items;
    order.shipping_minor = priced.sums.shipping;
    order.discounts_minor = priced.sums.discounts;
    order.other_minor = priced.sums.other;
    order.tax_minor = priced.sums.tax;
    order.grand_total_minor = priced.sums.grand_total;
    let line_rows = (0..)
        .zip(lines.iter().zip(&priced.lines))
        .map(|(position, (line, amounts))| line_row(tx, (order, position), line, *amounts))
        .collect();
    let adjustment_rows = adjustment_rows(tx, order, (inputs, adjustments), &priced);
    (line_rows, adjustment_rows)
}

/// A line of an order, of which nothing has happened yet.
pub(crate) fn line_row(
    tx: &WriteTx,
    (order, position): (&order::Model, i32),
    line: &CheckedLine,
    amounts: LineAmounts,
) -> order_line::Model {
    let quantity = i32::try_from(line.price.quantity).unwrap_or(i32::MAX);
    order_line::Model {
        id: tx.id(),
        order_id: order.id,
        position,
        variant_id: line.variant_id,
        sku: line.sku.clone(),
        sku_key: checks::fold(&line.sku),
        name: line.name.clone(),
        quantity,
        unit_price_minor: line.price.unit_price,
        discount_minor: amounts.discount,
        shipping_minor: amounts.shipping,
        tax_minor: amounts.tax,
        tax_rate_ppm: line.price.rate_ppm,
        total_minor: amounts.total,
        quantity_reserved: 0,
        quantity_backordered: 0,
        quantity_fulfilled: 0,
        quantity_cancelled: 0,
        quantity_returned: 0,
        own_discount_minor: line.price.discount,
        frozen_quantity: quantity,
        frozen_discount_minor: amounts.discount,
        substitutes_for: None,
        components: line.components.as_ref().map(|parts| json!(parts)),
        order_placed_at: order.placed_at,
        tax_scheme: line.scheme,
        tax_country: line.tax_country.clone(),
        home_rate_ppm: line.home_rate.0,
        tax_given: line.home_rate.1,
        discount_per: line.discount_per,
    }
}

/// Amounts beside the lines, each with its tax.
pub(crate) fn adjustment_rows(
    tx: &WriteTx,
    order: &order::Model,
    (inputs, adjustments): (&[AdjustmentInput], &[PriceAdjustment]),
    priced: &Priced,
) -> Vec<order_adjustment::Model> {
    let taxes = priced.adjustment_taxes.iter().zip(&priced.adjustment_parts);
    let currency = Currency::of_row(&order.currency).ok();
    let minor = |(amount, currency): (Decimal, Currency)| currency.minor(amount).ok();
    (0..)
        .zip(inputs.iter().zip(adjustments).zip(taxes))
        .map(|(position, ((input, one), (tax, parts)))| order_adjustment::Model {
            id: tx.id(),
            order_id: order.id,
            position,
            kind: one.kind,
            label: input.label.trim().to_owned(),
            amount_minor: one.amount,
            tax_minor: *tax,
            tax_rate_ppm: one.rate_ppm,
            tax_parts: (!pricing::taken_off(one.kind)).then(|| json!(parts)),
            minimum_items_minor: input.minimum_items.zip(currency).and_then(minor),
        })
        .collect()
}

/// What a cancelled order still amounts to: nothing.
pub(crate) fn void_amounts(order: &mut order::Model, lines: &mut [order_line::Model]) {
    order.items_minor = 0;
    order.shipping_minor = 0;
    order.discounts_minor = 0;
    order.other_minor = 0;
    order.tax_minor = 0;
    order.grand_total_minor = 0;
    for line in lines {
        line.discount_minor = 0;
        line.shipping_minor = 0;
        line.tax_minor = 0;
        line.total_minor = 0;
    }
}

/// Labels: 1 to 50 characters, 50 of them at most, none twice.
pub(crate) fn check_tags(faults: &mut Faults, field: &str, tags: &[String]) -> Vec<String> {
    if tags.len() > 50 {
        faults.add(RefusalCode::LimitExceeded, field, "takes at most 50 tags");
    }
    let mut checked: Vec<String> = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let tag = checks::text(faults, &format!("{field}.{index}"), tag, 50);
        if !checked.contains(&tag) {
            checked.push(tag);
        }
    }
    checked
}

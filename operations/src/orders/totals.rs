//! What an order costs after its quantities changed: every discount keeps the share that was frozen for each
//! unit, whatever path led there.

use super::pricing::{self, PriceAdjustment, PriceLine, Priced};
use entities::{order, order_adjustment, order_line};
use serde_json::json;

/// Units of a line that stand ordered and are not cancelled.
pub(crate) fn standing(line: &order_line::Model) -> i64 {
    i64::from(line.quantity) - i64::from(line.quantity_cancelled)
}

/// `total` times `part` by `whole`, half up; nothing where there is no whole.
pub(crate) fn share(total: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let product = 2 * i128::from(total) * i128::from(part) + i128::from(whole);
    i64::try_from(product.div_euclid(2 * i128::from(whole))).unwrap_or(i64::MAX)
}

/// The discount of so many units: the share that was frozen for them; units added later have none.
pub(crate) fn discount_of(line: &order_line::Model, units: i64) -> i64 {
    let frozen = i64::from(line.frozen_quantity);
    share(line.frozen_discount_minor, units.min(frozen), frozen)
}

/// The part of a line's total that so many of its units make up.
fn part_of(line: &order_line::Model, units: i64) -> i64 {
    share(line.total_minor, units, standing(line))
}

/// What the units that left are worth, with all that is charged beside the lines once anything left.
pub(crate) fn value_of_what_left<'a>(
    order: &order::Model,
    lines: impl IntoIterator<Item = &'a order_line::Model>,
) -> i64 {
    let (mut left, mut all, mut any) = (0, 0, false);
    for line in lines {
        let units = i64::from(line.quantity_fulfilled);
        left += part_of(line, units);
        all += line.total_minor;
        any |= units > 0;
    }
    if any { left + order.grand_total_minor - all } else { 0 }
}

/// Adjustments that stand beside the lines: discounts are frozen in them already.
fn beside(adjustments: &[order_adjustment::Model]) -> Vec<PriceAdjustment> {
    let of = |row: &order_adjustment::Model| PriceAdjustment {
        kind: row.kind,
        amount: if pricing::taken_off(row.kind) { 0 } else { row.amount_minor },
        rate_ppm: row.tax_rate_ppm,
    };
    adjustments.iter().map(of).collect()
}

/// The part of a line's own discount that belongs to what stands of it.
pub(crate) fn own_discount(line: &order_line::Model) -> i64 {
    let frozen = i64::from(line.frozen_quantity);
    share(line.own_discount_minor, standing(line).min(frozen), frozen)
}

/// Deals new adjustments out to the lines and freezes the shares there; answers with what came of it.
pub(crate) fn deal_out(
    order: &order::Model,
    lines: &mut [&mut order_line::Model],
    adjustments: &[PriceAdjustment],
) -> Priced {
    let prices: Vec<PriceLine> = lines
        .iter()
        .map(|line| PriceLine {
            quantity: standing(line),
            unit_price: line.unit_price_minor,
            discount: own_discount(line),
            rate_ppm: line.tax_rate_ppm,
        })
        .collect();
    let priced = pricing::price(&prices, adjustments, order.tax_included, order.tax_rounding);
    for ((line, price), amounts) in lines.iter_mut().zip(&prices).zip(&priced.lines) {
        line.own_discount_minor = price.discount;
        line.frozen_quantity = i32::try_from(price.quantity).unwrap_or(i32::MAX);
        line.frozen_discount_minor = amounts.discount;
        line.shipping_minor = amounts.shipping;
    }
    priced
}

/// Puts the amounts of what stands into an order, its lines and its adjustments.
pub(crate) fn reprice(
    order: &mut order::Model,
    lines: &mut [&mut order_line::Model],
    adjustments: &mut [order_adjustment::Model],
) {
    let prices: Vec<PriceLine> = lines
        .iter()
        .map(|line| PriceLine {
            quantity: standing(line),
            unit_price: line.unit_price_minor,
            discount: discount_of(line, standing(line)),
            rate_ppm: line.tax_rate_ppm,
        })
        .collect();
    let nothing_stands = prices.iter().all(|line| line.quantity == 0);
    let beside = beside(adjustments);
    let priced = pricing::price(&prices, &beside, order.tax_included, order.tax_rounding);
    for (line, amounts) in lines.iter_mut().zip(&priced.lines) {
        line.discount_minor = amounts.discount;
        line.tax_minor = amounts.tax;
        line.total_minor = amounts.total;
    }
    let taxes = priced.adjustment_taxes.iter().zip(&priced.adjustment_parts);
    for (row, (tax, parts)) in adjustments.iter_mut().zip(taxes) {
        if !pricing::taken_off(row.kind) {
            row.tax_minor = *tax;
            row.tax_parts = Some(json!(parts));
        }
    }
    // What is cancelled as a whole costs nothing, its delivery neither.
    let sums = if nothing_stands { pricing::Sums::default() } else { priced.sums };
    order.items_minor = sums.items;
    order.shipping_minor = sums.shipping;
    order.discounts_minor = sums.discounts;
    order.other_minor = sums.other;
    order.tax_minor = sums.tax;
    order.grand_total_minor = sums.grand_total;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_unit_takes_the_rest_cent() {
        let parts: Vec<i64> = (0..=2).map(|units| share(10_791, units, 2)).collect();
        assert_eq!(parts, [0, 5_396, 10_791]);
    }

    proptest! {
        #[test]
        fn shares_rise_to_the_whole(total in 0_i64..10_000_000, whole in 1_i64..1_000) {
            let parts: Vec<i64> = (0..=whole).map(|part| share(total, part, whole)).collect();
            prop_assert!(parts.is_sorted());
            prop_assert_eq!(parts[0], 0);
            prop_assert_eq!(parts[usize::try_from(whole).unwrap()], total);
        }
    }
}

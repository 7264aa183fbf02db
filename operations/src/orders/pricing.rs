//! What an order costs, to the cent: pure arithmetic on minor units.
//!
//! Every discount and the shipping are dealt out to the lines by largest remainder and frozen
//! there. Tax is computed once per rate over the whole document, half up, and then dealt out to
//! what it is made of the same way, so that lines and document always agree. A company that rounds line by line has
//! the tax of each line and of each share of an amount beside them rounded by itself.

use crate::money::{largest_remainder, tax_minor};
use entities::enums::{AdjustmentKind, TaxRounding};
use std::collections::BTreeMap;

/// A line before it is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLine {
    /// Units.
    pub quantity: i64,
    /// The price of one.
    pub unit_price: i64,
    /// The line's own discount, at most its price.
    pub discount: i64,
    /// The tax rate in millionths.
    pub rate_ppm: i32,
}

/// An amount beside the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceAdjustment {
    /// What for.
    pub kind: AdjustmentKind,
    /// How much; positive.
    pub amount: i64,
    /// Its own tax rate; none where it follows the goods.
    pub rate_ppm: Option<i32>,
}

/// A priced line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineAmounts {
    /// Its frozen share of every discount.
    pub discount: i64,
    /// Its frozen share of the shipping.
    pub shipping: i64,
    /// The tax in `total`.
    pub tax: i64,
    /// Price less discount, with the tax.
    pub total: i64,
}

/// The sums of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Unit prices times quantities.
    pub items: i64,
    /// Shipping.
    pub shipping: i64,
    /// Discounts and goodwill, the lines' own among them.
    pub discounts: i64,
    /// Everything else.
    pub other: i64,
    /// The tax of the whole.
    pub tax: i64,
    /// What the customer owes in all.
    pub grand_total: i64,
}

/// The part of an amount beside the lines that bears one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TaxPart {
    /// The rate in millionths.
    pub rate_ppm: i32,
    /// How much of the amount.
    pub amount: i64,
    /// Its tax.
    pub tax: i64,
}

/// A priced order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Priced {
    /// In the order of the input.
    pub lines: Vec<LineAmounts>,
    /// The tax of each adjustment; of a discount, the tax it takes off.
    pub adjustment_taxes: Vec<i64>,
    /// What each adjustment that is not taken off bears at which rate.
    pub adjustment_parts: Vec<Vec<TaxPart>>,
    /// The sums.
    pub sums: Sums,
}

/// Whether an adjustment is taken off.
pub const fn taken_off(kind: AdjustmentKind) -> bool {
    match kind {
        AdjustmentKind::Discount | AdjustmentKind::Goodwill => true,
        AdjustmentKind::Shipping
        | AdjustmentKind::GiftWrap
        | AdjustmentKind::Fee
        | AdjustmentKind::Rounding => false,
    }
}

/// What bears tax at one rate: a line, or a share of an adjustment.
#[derive(Clone, Copy)]
enum Bearer {
    Line(usize),
    Adjustment(usize),
}

/// Prices an order whose prices contain the tax, or do not.
pub fn price(
    lines: &[PriceLine],
    adjustments: &[PriceAdjustment],
    tax_included: bool,
    rounding: TaxRounding,
) -> Priced {
    let gross: Vec<i64> = lines.iter().map(|line| line.quantity * line.unit_price).collect();
    let mut amounts: Vec<LineAmounts> = lines
        .iter()
        .map(|line| LineAmounts { discount: line.discount, ..LineAmounts::default() })
        .collect();
    let own: Vec<i64> =
        gross.iter().zip(lines).map(|(gross, line)| gross - line.discount).collect();
    let mut taxes = vec![0; adjustments.len()];
    for (adjustment, tax) in adjustments.iter().zip(&mut taxes) {
        if taken_off(adjustment.kind) {
            let shares = largest_remainder(adjustment.amount, &own);
            *tax = per_rate(lines, &shares)
                .into_iter()
                .map(|(rate, share)| tax_minor(share, rate, tax_included))
                .sum();
            amounts.iter_mut().zip(shares).for_each(|(line, share)| line.discount += share);
        }
    }
    let net: Vec<i64> =
        gross.iter().zip(&amounts).map(|(gross, line)| gross - line.discount).collect();
    let sum_of = |kind: AdjustmentKind| -> i64 {
        adjustments.iter().filter(|one| one.kind == kind).map(|one| one.amount).sum()
    };
    let shipping = sum_of(AdjustmentKind::Shipping);
    let shares = largest_remainder(shipping, &net);
    amounts.iter_mut().zip(shares).for_each(|(line, share)| line.shipping = share);

    let mut bearers: BTreeMap<i32, Vec<(Bearer, i64)>> = BTreeMap::new();
    for (index, (line, amount)) in lines.iter().zip(&net).enumerate() {
        bearers.entry(line.rate_ppm).or_default().push((Bearer::Line(index), *amount));
    }
    for (index, adjustment) in adjustments.iter().enumerate() {
        for (rate, amount) in rates_of(adjustment, lines, &net) {
            bearers.entry(rate).or_default().push((Bearer::Adjustment(index), amount));
        }
    }
    let mut tax = 0;
    let mut parts = vec![Vec::new(); adjustments.len()];
    for (rate_ppm, bearers) in bearers {
        let weights: Vec<i64> = bearers.iter().map(|(_, amount)| *amount).collect();
        let shares = match rounding {
            TaxRounding::Document => {
                let total = tax_minor(weights.iter().sum(), rate_ppm, tax_included);
                largest_remainder(total, &weights)
            }
            TaxRounding::Line => {
                weights.iter().map(|amount| tax_minor(*amount, rate_ppm, tax_included)).collect()
            }
        };
        tax += shares.iter().sum::<i64>();
        for ((bearer, amount), share) in bearers.iter().zip(shares) {
            match bearer {
                Bearer::Line(index) => {
                    if let Some(line) = amounts.get_mut(*index) {
                        line.tax += share;
                    }
                }
                Bearer::Adjustment(index) => {
                    if let (Some(tax), Some(parts)) = (taxes.get_mut(*index), parts.get_mut(*index))
                    {
                        *tax += share;
                        parts.push(TaxPart { rate_ppm, amount: *amount, tax: share });
                    }
                }
            }
        }
    }
    for (line, net) in amounts.iter_mut().zip(&net) {
        line.total = if tax_included { *net } else { net + line.tax };
    }
    let items: i64 = gross.iter().sum();
    let discounts: i64 = amounts.iter().map(|line| line.discount).sum();
    let other = sum_of(AdjustmentKind::GiftWrap)
        + sum_of(AdjustmentKind::Fee)
        + sum_of(AdjustmentKind::Rounding);
    let before_tax = items + shipping - discounts + other;
    let grand_total = if tax_included { before_tax } else { before_tax + tax };
    let sums = Sums { items, shipping, discounts, other, tax, grand_total };
    Priced { lines: amounts, adjustment_taxes: taxes, adjustment_parts: parts, sums }
}

/// Amounts by the rate of their line.
fn per_rate(lines: &[PriceLine], amounts: &[i64]) -> BTreeMap<i32, i64> {
    let mut rates = BTreeMap::new();
    for (line, amount) in lines.iter().zip(amounts) {
        *rates.entry(line.rate_ppm).or_insert(0) += amount;
    }
    rates
}

/// At which rates an adjustment is taxed: its own, or those of the goods in proportion. A rounding
/// bears no tax, which is the rate of nothing; a discount lowers the lines instead.
fn rates_of(adjustment: &PriceAdjustment, lines: &[PriceLine], net: &[i64]) -> Vec<(i32, i64)> {
    match (adjustment.kind, adjustment.rate_ppm) {
        (AdjustmentKind::Discount | AdjustmentKind::Goodwill, _) => Vec::new(),
        (AdjustmentKind::Rounding, _) => vec![(0, adjustment.amount)],
        (AdjustmentKind::Shipping | AdjustmentKind::GiftWrap | AdjustmentKind::Fee, Some(rate)) => {
            vec![(rate, adjustment.amount)]
        }
        (AdjustmentKind::Shipping | AdjustmentKind::GiftWrap | AdjustmentKind::Fee, None) => {
            let goods = per_rate(lines, net);
            let weights: Vec<i64> = goods.values().copied().collect();
            goods.into_keys().zip(largest_remainder(adjustment.amount, &weights)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(quantity: i64, unit_price: i64, rate_ppm: i32) -> PriceLine {
        PriceLine { quantity, unit_price, discount: 0, rate_ppm }
    }

    fn adjustment(kind: AdjustmentKind, amount: i64) -> PriceAdjustment {
        PriceAdjustment { kind, amount, rate_ppm: None }
    }

    #[test]
    fn tax_is_within_the_price_where_the_channel_says_so() {
        let priced = price(&[line(1, 11_900, 190_000)], &[], true, TaxRounding::Document);
        assert_eq!(priced.sums.grand_total, 11_900);
        assert_eq!(priced.sums.tax, 1_900);
        assert_eq!(priced.lines[0].total, 11_900);
    }

    #[test]
    fn tax_comes_on_top_where_the_channel_says_so() {
        let priced = price(&[line(3, 333, 77_500)], &[], false, TaxRounding::Document);
        assert_eq!(priced.sums.tax, 77);
        assert_eq!(priced.sums.grand_total, 999 + 77);
        assert_eq!(priced.lines[0].total, 999 + 77);
    }

    #[test]
    fn tax_is_rounded_once_per_rate_not_once_per_line() {
        // Three lines of 0.33 at 19 %: 0.16 on the document, where 3 x 0.05 would be 0.15.
        let priced = price(&[line(1, 33, 190_000); 3], &[], true, TaxRounding::Document);
        assert_eq!(priced.sums.tax, 16);
        assert_eq!(priced.lines.iter().map(|line| line.tax).collect::<Vec<_>>(), [6, 5, 5]);
    }

    #[test]
    fn a_company_may_round_line_by_line() {
        let lines = [line(2, 5_995, 190_000), line(1, 1_299, 70_000)];
        let beside = [
            adjustment(AdjustmentKind::Discount, 1_329),
            adjustment(AdjustmentKind::Shipping, 495),
        ];
        let priced = price(&lines, &beside, true, TaxRounding::Line);
        assert_eq!(priced.lines.iter().map(|line| line.tax).collect::<Vec<_>>(), [1_723, 76]);
        let shares = [(70_000, 48, 3), (190_000, 447, 71)];
        let shares = shares.map(|(rate_ppm, amount, tax)| TaxPart { rate_ppm, amount, tax });
        assert_eq!(priced.adjustment_parts[1], shares);
        assert_eq!((priced.sums.grand_total, priced.sums.tax), (12_455, 1_873));
        let document = price(&lines, &beside, true, TaxRounding::Document);
        assert_eq!((document.sums.grand_total, document.sums.tax), (12_455, 1_874));
    }

    #[test]
    fn a_discount_of_ten_is_frozen_on_three_lines_to_the_cent() {
        let discount = adjustment(AdjustmentKind::Discount, 1_000);
        let priced = price(&[line(1, 1_000, 0); 3], &[discount], true, TaxRounding::Document);
        assert_eq!(
            priced.lines.iter().map(|line| line.discount).collect::<Vec<_>>(),
            [334, 333, 333]
        );
        assert_eq!(priced.sums.grand_total, 2_000);
    }

    #[test]
    fn shipping_follows_the_goods() {
        let shipping = adjustment(AdjustmentKind::Shipping, 500);
        let priced = price(
            &[line(1, 7_500, 190_000), line(1, 2_500, 70_000)],
            &[shipping],
            true,
            TaxRounding::Document,
        );
        // 3.75 of the shipping at 19 %, 1.25 at 7 %.
        assert_eq!(
            priced.sums.tax,
            tax_minor(7_875, 190_000, true) + tax_minor(2_625, 70_000, true)
        );
        assert_eq!(priced.lines.iter().map(|line| line.shipping).collect::<Vec<_>>(), [375, 125]);
    }

    #[test]
    fn an_order_without_lines_still_adds_up() {
        let priced =
            price(&[], &[adjustment(AdjustmentKind::Shipping, 500)], true, TaxRounding::Document);
        assert_eq!(priced.sums.grand_total, 500);
    }

    fn any_line() -> impl Strategy<Value = PriceLine> {
        (
            1_i64..20,
            0_i64..100_000,
            0_i64..=100,
            prop::sample::select(vec![0, 70_000, 190_000, 77_500]),
        )
            .prop_map(|(quantity, unit_price, percent, rate_ppm)| PriceLine {
                quantity,
                unit_price,
                discount: quantity * unit_price * percent / 100,
                rate_ppm,
            })
    }

    proptest! {
        #[test]
        fn lines_and_document_always_agree(
            lines in prop::collection::vec(any_line(), 1..12),
            shipping in 0_i64..5_000,
            percent in 0_i64..=100,
            own_rate in prop::option::of(Just(190_000)),
            included in any::<bool>(),
            rounding in prop::sample::select(vec![TaxRounding::Document, TaxRounding::Line]),
        ) {
            let net: i64 = lines.iter().map(|line| line.quantity * line.unit_price - line.discount).sum();
            let adjustments = [
                PriceAdjustment { kind: AdjustmentKind::Shipping, amount: shipping, rate_ppm: own_rate },
                adjustment(AdjustmentKind::Discount, net * percent / 100),
                adjustment(AdjustmentKind::Fee, 99),
            ];
            let priced = price(&lines, &adjustments, included, rounding);
            let beside: i64 = adjustments.iter().zip(&priced.adjustment_taxes)
                .filter(|(one, _)| !taken_off(one.kind))
                .map(|(one, tax)| if included { one.amount } else { one.amount + tax }).sum();
            let of_lines: i64 = priced.lines.iter().map(|line| line.total).sum();
            prop_assert_eq!(of_lines + beside, priced.sums.grand_total);
            let taxes: i64 = priced.lines.iter().map(|line| line.tax).sum::<i64>()
                + adjustments.iter().zip(&priced.adjustment_taxes)
                    .filter(|(one, _)| !taken_off(one.kind)).map(|(_, tax)| tax).sum::<i64>();
            prop_assert_eq!(taxes, priced.sums.tax);
            prop_assert_eq!(priced.lines.iter().map(|line| line.shipping).sum::<i64>(), shipping);
            for ((one, tax), parts) in adjustments.iter().zip(&priced.adjustment_taxes).zip(&priced.adjustment_parts) {
                if !taken_off(one.kind) {
                    prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), one.amount);
                    prop_assert_eq!(parts.iter().map(|part| part.tax).sum::<i64>(), *tax);
                }
            }
            for (line, amounts) in lines.iter().zip(&priced.lines) {
                prop_assert!(amounts.discount <= line.quantity * line.unit_price);
                prop_assert!(amounts.total >= 0);
            }
        }
    }
}

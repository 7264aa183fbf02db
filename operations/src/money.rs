//! Exact money: integer minor units that know their currency. No float touches an amount.

use crate::error::{Refusal, RefusalCode};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use std::fmt;

/// A currency of ISO 4217, or one that was withdrawn and stands in old bank statements.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(Known);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    Current(iso_currency::Currency),
    Withdrawn(&'static str, u32),
}

/// Currencies that the euro took the place of, with their digits (ISO 4217, table A.3).
const WITHDRAWN: [(&str, u32); 18] = [
    ("ATS", 2),
    ("BEF", 0),
    ("CYP", 2),
    ("DEM", 2),
    ("EEK", 2),
    ("ESP", 0),
    ("FIM", 2),
    ("FRF", 2),
    ("GRD", 0),
    ("IEP", 2),
    ("ITL", 0),
    ("LTL", 2),
    ("LVL", 2),
    ("MTL", 2),
    ("NLG", 2),
    ("PTE", 0),
    ("SIT", 2),
    ("SKK", 2),
];

impl Currency {
    /// The currency of a three-letter code, in upper case.
    pub fn from_code(code: &str) -> Option<Self> {
        // Funds, metals and test codes have no minor unit and buy nothing.
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(|currency| Self(Known::Current(currency)))
    }

    /// The same, or one that is used no longer: for what banks say of the past.
    pub fn ever(code: &str) -> Option<Self> {
        let withdrawn = || WITHDRAWN.into_iter().find(|(known, _)| *known == code);
        Self::from_code(code)
            .or_else(|| withdrawn().map(|(code, digits)| Self(Known::Withdrawn(code, digits))))
    }

    /// The currency that a row of ours names.
    pub(crate) fn of_row(code: &str) -> crate::Result<Self> {
        Self::ever(code)
            .ok_or_else(|| crate::Error::Internal(format!("a row is in {code}, no currency")))
    }

    /// The currency of a channel's prices.
    pub(crate) fn of_channel(channel: &entities::channel::Model) -> crate::Result<Self> {
        Self::from_code(&channel.currency).ok_or_else(|| {
            crate::Error::Internal(format!("channel {} has no currency", channel.code))
        })
    }

    /// Its three-letter code.
    pub fn code(self) -> &'static str {
        match self.0 {
            Known::Current(currency) => currency.code(),
            Known::Withdrawn(code, _) => code,
        }
    }

    /// Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        match self.0 {
            Known::Current(currency) => currency.exponent().map_or(2, u32::from),
            Known::Withdrawn(_, digits) => digits,
        }
    }

    /// The same as a column holds it.
    pub fn digits_column(self) -> i32 {
        i32::try_from(self.digits()).unwrap_or(2)
    }

    /// A decimal amount as minor units; digits beyond the currency's own are refused, never rounded.
    pub fn minor(self, amount: Decimal) -> Result<i64, Refusal> {
        let scale = Decimal::from(10_i64.pow(self.digits()));
        let scaled = amount.checked_mul(scale).ok_or_else(too_large)?.normalize();
        if scaled.scale() > 0 {
            let message =
                format!("{} amounts have at most {} decimals", self.code(), self.digits());
            return Err(Refusal::new(RefusalCode::Invalid, "", message));
        }
        let minor = i64::try_from(scaled.mantissa()).map_err(|_| too_large())?;
        if minor.abs() > MAX_MINOR { Err(too_large()) } else { Ok(minor) }
    }

    /// Minor units of this currency in another, half a minor unit rounded up; none beyond what can be kept.
    pub(crate) fn convert(self, minor: i64, rate: Decimal, to: Self) -> Option<i64> {
        let worth = self.decimal(minor).checked_mul(rate)?;
        let scaled = worth.checked_mul(Decimal::from(10_i64.pow(to.digits())))?;
        let rounded =
            scaled.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        i64::try_from(rounded.normalize().mantissa())
            .ok()
            .filter(|_| rounded.normalize().scale() == 0)
    }

    /// Minor units as a decimal with the currency's own digits.
    pub fn decimal(self, minor: i64) -> Decimal {
        Decimal::new(minor, self.digits())
    }
}

/// A single amount at most: ten billion units of a two-digit currency.
const MAX_MINOR: i64 = 1_000_000_000_000;
/// What an order amounts to at most: a hundred times as much. Ten-thousandths of it, and sums of thousands of orders,
/// still fit 64 bits.
const MAX_SUM: i128 = 100_000_000_000_000;

/// Whether an order can amount to so much.
pub(crate) const fn is_bearable(minor: i128) -> bool {
    minor <= MAX_SUM && minor >= -MAX_SUM
}

fn too_large() -> Refusal {
    Refusal::new(RefusalCode::Invalid, "", "the amount is too large")
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A tax or other rate in millionths: 0.19 is 190,000.
pub fn rate_ppm(rate: Decimal) -> Result<i32, Refusal> {
    let in_range = rate >= Decimal::ZERO && rate <= Decimal::ONE;
    // Beyond the range it would not fit.
    let ppm = if in_range { rate * Decimal::from(1_000_000) } else { rate }.normalize();
    if !in_range || ppm.scale() > 0 {
        let message = "a rate is a fraction from 0 to 1 with at most 6 decimals: 0.19 is 19 %";
        return Err(Refusal::new(RefusalCode::Invalid, "", message));
    }
    i32::try_from(ppm.mantissa())
        .map_err(|_| Refusal::new(RefusalCode::Invalid, "", "the rate is too large"))
}

/// A rate in millionths as a fraction.
pub fn rate_decimal(ppm: i32) -> Decimal {
    Decimal::new(i64::from(ppm), 6).normalize()
}

/// Splits a total over weights so that the parts sum to it exactly: every part is rounded down, and
/// the units left over go to the largest remainders, the earlier part first among equals. Where all
/// weights are zero the first part takes everything.
pub fn largest_remainder(total: i64, weights: &[i64]) -> Vec<i64> {
    let weights: Vec<i128> = weights.iter().map(|weight| i128::from(*weight).max(0)).collect();
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        let mut parts = vec![0; weights.len()];
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        return parts;
    }
    let exact = |weight: &i128| i128::from(total) * weight;
    let mut parts: Vec<i128> = weights.iter().map(|weight| exact(weight).div_euclid(sum)).collect();
    let mut order: Vec<(i128, usize)> = weights
        .iter()
        .enumerate()
        .map(|(index, weight)| (exact(weight).rem_euclid(sum), index))
        .collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let left = i128::from(total) - parts.iter().sum::<i128>();
    let left = usize::try_from(left).unwrap_or(0);
    for (_, index) in order.into_iter().take(left) {
        if let Some(part) = parts.get_mut(index) {
            *part += 1;
        }
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(0)).collect()
}

/// The tax in an amount that contains it, or on one that does not; half a minor unit goes up.
pub fn tax_minor(amount: i64, ppm: i32, included: bool) -> i64 {
    let rate = i128::from(ppm);
    let base = if included { 1_000_000 + rate } else { 1_000_000 };
    let product = i128::from(amount.abs()) * rate;
    let rounded = (2 * product + base) / (2 * base);
    let tax = i64::try_from(rounded).unwrap_or(i64::MAX);
    if amount < 0 { -tax } else { tax }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn currencies_have_their_own_digits() {
        let parse = |code: &str, text: &str| {
            Currency::from_code(code).unwrap().minor(text.parse().unwrap())
        };
        assert_eq!(parse("EUR", "12.30"), Ok(1230));
        assert_eq!(parse("JPY", "12"), Ok(12));
        assert_eq!(parse("KWD", "1.234"), Ok(1234));
        assert_eq!(parse("EUR", "1.000000"), Ok(100));
        assert!(parse("EUR", "1.234").is_err());
        assert!(parse("JPY", "1.5").is_err());
        assert!(Currency::from_code("XXX").is_none());
        assert!(Currency::from_code("eur").is_none());
    }

    #[test]
    fn amounts_are_converted_with_the_digits_of_either_currency() {
        let convert = |minor: i64, from: &str, rate: &str, to: &str| {
            let (from, to) = (Currency::from_code(from).unwrap(), Currency::from_code(to).unwrap());
            from.convert(minor, rate.parse().unwrap(), to)
        };
        assert_eq!(convert(10_000, "USD", "0.925", "EUR"), Some(9_250));
        assert_eq!(convert(1_000, "JPY", "0.0061", "EUR"), Some(610));
        assert_eq!(convert(1, "EUR", "0.5", "USD"), Some(1));
        assert_eq!(convert(100, "EUR", "163.5", "JPY"), Some(164));
    }

    #[test]
    fn tax_rounds_half_up_both_ways() {
        assert_eq!(tax_minor(11_900, 190_000, true), 1_900);
        assert_eq!(tax_minor(10_000, 190_000, false), 1_900);
        assert_eq!(tax_minor(250, 10_000, false), 3);
        assert_eq!(tax_minor(-250, 10_000, false), -3);
        assert_eq!(tax_minor(999, 0, true), 0);
    }

    #[test]
    fn a_cent_left_over_goes_to_the_largest_remainder() {
        assert_eq!(largest_remainder(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(largest_remainder(10, &[0, 3, 3]), [0, 5, 5]);
        assert_eq!(largest_remainder(5, &[0, 0]), [5, 0]);
        assert_eq!(largest_remainder(5, &[]), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(total in 0_i64..1_000_000_000, weights in prop::collection::vec(0_i64..1_000_000, 1..40)) {
            let parts = largest_remainder(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }
    }
}

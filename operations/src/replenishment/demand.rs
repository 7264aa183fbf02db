//! Demand, measured: how much a day, how regular, and how much while a supplier takes to deliver.
#![expect(clippy::float_arithmetic, reason = "statistics, not money")]

use statrs::distribution::{ContinuousCDF, Normal};

/// Demand comes so seldom that its average says little: above this many days between two days with any, after
/// Syntetos, Boylan and Croston (2005), "On the categorization of demand patterns".
const SELDOM: f64 = 1.32;
/// How much the last size and the last interval count in Croston's smoothing.
const ALPHA: f64 = 0.1;

/// What a series of days tells about demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Units a day: the average, of seldom demand Croston's estimate, as Syntetos and Boylan correct it.
    pub daily: f64,
    /// The deviation of a day from the average of all days.
    pub deviation: f64,
    /// Whether most days have none.
    pub seldom: bool,
    pub(super) days: Vec<f64>,
}

impl Demand {
    /// Measures units by day, the earliest first. Days on which units came back count as none.
    pub fn of(days: &[i64]) -> Self {
        let days: Vec<f64> = days.iter().map(|units| float(*units).max(0.0)).collect();
        let count = days.len();
        let any = days.iter().filter(|units| **units > 0.0).count();
        if any == 0 {
            return Self { daily: 0.0, deviation: 0.0, seldom: false, days };
        }
        let mean = days.iter().sum::<f64>() / size(count);
        let squares: f64 = days.iter().map(|units| (units - mean).powi(2)).sum();
        let deviation = if count > 1 { (squares / size(count - 1)).sqrt() } else { 0.0 };
        let seldom = size(count) / size(any) > SELDOM && any > 1;
        let daily = if seldom { croston(&days) } else { mean };
        Self { daily, deviation, seldom, days }
    }

    /// Units a day on average, however seldom.
    pub fn mean(&self) -> f64 {
        if self.days.is_empty() {
            0.0
        } else {
            self.days.iter().sum::<f64>() / size(self.days.len())
        }
    }

    /// What of a lead time's demand is not exceeded with a probability, found among all stretches of so many days; none
    /// where there are too few of them to tell.
    pub fn quantile(&self, lead_days: usize, level: f64) -> Option<f64> {
        let lead = lead_days.max(1);
        if self.days.len() < 2 * lead {
            return None;
        }
        let mut sums: Vec<f64> =
            self.days.windows(lead).map(|stretch| stretch.iter().sum()).collect();
        sums.sort_by(f64::total_cmp);
        let rank = (level * size(sums.len())).ceil();
        let place = (1..=sums.len()).find(|place| size(*place) >= rank).unwrap_or(sums.len());
        sums.get(place - 1).copied()
    }
}

/// Demand that comes seldom, by the size and the interval of what came, each smoothed.
fn croston(days: &[f64]) -> f64 {
    let mut smoothed: Option<(f64, f64)> = None;
    let mut since = 0.0;
    for units in days {
        since += 1.0;
        if *units > 0.0 {
            smoothed = Some(match smoothed {
                None => (*units, since),
                Some((size, interval)) => {
                    (size + ALPHA * (units - size), interval + ALPHA * (since - interval))
                }
            });
            since = 0.0;
        }
    }
    smoothed.map_or(0.0, |(size, interval)| (1.0 - ALPHA / 2.0) * size / interval)
}

/// How many deviations of a normal distribution are not exceeded with a probability: 1.645 for 95 %.
pub fn z(level: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(0.0, |normal| normal.inverse_cdf(level))
}

/// Average and deviation of some numbers; no deviation of fewer than two.
pub(crate) fn mean_and_deviation(count: i64, sum: f64, squares: f64) -> (f64, f64) {
    let n = float(count);
    let mean = if count > 0 { sum / n } else { 0.0 };
    let spread = (squares - n * mean * mean).max(0.0);
    (mean, if count > 1 { (spread / (n - 1.0)).sqrt() } else { 0.0 })
}

/// A count as a real number; counts of goods lie far below where that loses any.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) const fn float(units: i64) -> f64 {
    units as f64
}

fn size(count: usize) -> f64 {
    float(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() <= within, "{found} is not {expected}");
    }

    #[test]
    fn service_levels_are_those_of_the_tables() {
        for (level, expected) in
            [(0.5, 0.0), (0.90, 1.2816), (0.95, 1.6449), (0.98, 2.0537), (0.99, 2.3263)]
        {
            near(z(level), expected, 0.000_1);
        }
    }

    #[test]
    fn regular_demand_is_its_average() {
        let demand = Demand::of(&[4, 6, 5, 7, 3, 5]);
        near(demand.daily, 5.0, 1e-9);
        near(demand.deviation, 2_f64.sqrt(), 1e-9);
        assert!(!demand.seldom);
        near(Demand::of(&[]).daily, 0.0, 0.0);
        near(Demand::of(&[0, -2, 0]).daily, 0.0, 0.0);
    }

    #[test]
    fn seldom_demand_is_estimated_by_size_and_interval() {
        // Sizes 6, 4, 8 after 3, 2 and 5 days: smoothed by a tenth they are 6, 5.8, 6.02 and 3, 2.9, 3.11.
        let demand = Demand::of(&[0, 0, 6, 0, 4, 0, 0, 0, 0, 8]);
        assert!(demand.seldom);
        near(demand.daily, 0.95 * 6.02 / 3.11, 1e-9);
        // Of the nine stretches of two days four have 4, two 6, two none and one 8: in order 0 0 4 4 6 6 8 ...
        assert_eq!(demand.quantile(2, 0.5), Some(4.0));
        assert_eq!(demand.quantile(2, 0.95), Some(8.0));
        assert_eq!(demand.quantile(6, 0.95), None, "too few days for that");
    }
}

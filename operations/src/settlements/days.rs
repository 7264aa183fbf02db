//! Days on which banks work. Holidays differ by bank and country; what waits a few days more for one is no fault, so that
//! weekends alone are left out.

use crate::clock::{from_timestamp, timestamp};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use time::OffsetDateTime;

const fn is_working(day: Weekday) -> bool {
    !matches!(day, Weekday::Saturday | Weekday::Sunday)
}

/// How many working days a provider usually takes to settle what was captured. A wallet has it at once, a bank slip or direct
/// debit takes a week, what is paid later comes with the next payout, and a card two to three days.
pub(crate) fn settlement_delay(provider: &str, method: &str) -> u32 {
    let named = |names: &[&str]| {
        names
            .iter()
            .any(|name| provider.eq_ignore_ascii_case(name) || method.eq_ignore_ascii_case(name))
    };
    if named(&["paypal", "sandbox"]) {
        1
    } else if named(&["boleto", "bank_slip", "sepa_debit", "sepa_direct_debit", "ach"]) {
        7
    } else if named(&["klarna", "afterpay", "clearpay", "pay_later"]) {
        14
    } else {
        3
    }
}

/// Working days that a settlement may be late before anybody is told.
pub(crate) const LATE: u32 = 2;

/// Every delay there is.
pub(crate) const fn delays() -> [u32; 4] {
    [1, 3, 7, 14]
}

/// So many working days later, at the same time of day, in UTC.
pub(crate) fn business_days_after(at: OffsetDateTime, days: u32) -> OffsetDateTime {
    let mut moment = timestamp(at).to_zoned(TimeZone::UTC);
    let mut left = days;
    while left > 0 {
        let Ok(next) = moment.tomorrow() else { break };
        moment = next;
        if is_working(moment.weekday()) {
            left -= 1;
        }
    }
    from_timestamp(moment.timestamp())
}

/// So many working days before, at the same time of day, in UTC.
pub(crate) fn business_days_before(at: OffsetDateTime, days: u32) -> OffsetDateTime {
    let mut moment = timestamp(at).to_zoned(TimeZone::UTC);
    let mut left = days;
    while left > 0 {
        let Ok(before) = moment.yesterday() else { break };
        if is_working(moment.weekday()) {
            left -= 1;
        }
        moment = before;
    }
    from_timestamp(moment.timestamp())
}

/// Working days from one day to another, the first one not counted.
pub(crate) fn business_days_between(from: Date, to: Date) -> i64 {
    if to <= from {
        return 0;
    }
    let days = i64::from((to - from).get_days());
    let whole = days / 7;
    let mut count = whole * 5;
    let mut day = from;
    for _ in 0..(days % 7) {
        day = day.tomorrow().unwrap_or(day);
        count += i64::from(is_working(day.weekday()));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn weekends_do_not_count() {
        let friday = datetime!(2026-11-27 18:00 UTC);
        assert_eq!(business_days_after(friday, 1), datetime!(2026-11-30 18:00 UTC));
        assert_eq!(business_days_after(friday, 5), datetime!(2026-12-04 18:00 UTC));
        assert_eq!(
            business_days_before(datetime!(2026-11-30 18:00 UTC), 1).date(),
            datetime!(2026-11-29 18:00 UTC).date()
        );
        let day = |text: &str| text.parse::<Date>().expect("a day");
        assert_eq!(business_days_between(day("2026-11-27"), day("2026-11-30")), 1);
        assert_eq!(business_days_between(day("2026-11-27"), day("2026-12-11")), 10);
        assert_eq!(business_days_between(day("2026-11-28"), day("2026-11-29")), 0);
        assert_eq!(business_days_between(day("2026-11-30"), day("2026-11-27")), 0);
    }
}

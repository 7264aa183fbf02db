//! Until when something may come back, in the customer's place.

use crate::clock::{from_timestamp, timestamp};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// Where it is what time, by country: one zone each of the time zone database's
/// [zone1970.tab](https://data.iana.org/time-zones/tzdb/zone1970.tab), of several the one where the day ends last, which is the
/// customer's gain.
const ZONES: &[(&str, &str)] = &[
    ("AE", "Asia/Dubai"),
    ("AR", "America/Argentina/Buenos_Aires"),
    ("AT", "Europe/Vienna"),
    ("AU", "Australia/Perth"),
    ("BE", "Europe/Brussels"),
    ("BG", "Europe/Sofia"),
    ("BR", "America/Rio_Branco"),
    ("CA", "America/Vancouver"),
    ("CH", "Europe/Zurich"),
    ("CL", "Pacific/Easter"),
    ("CN", "Asia/Shanghai"),
    ("CO", "America/Bogota"),
    ("CY", "Asia/Nicosia"),
    ("CZ", "Europe/Prague"),
    ("DE", "Europe/Berlin"),
    ("DK", "Europe/Copenhagen"),
    ("EE", "Europe/Tallinn"),
    ("EG", "Africa/Cairo"),
    ("ES", "Atlantic/Canary"),
    ("FI", "Europe/Helsinki"),
    ("FR", "Europe/Paris"),
    ("GB", "Europe/London"),
    ("GR", "Europe/Athens"),
    ("HK", "Asia/Hong_Kong"),
    ("HR", "Europe/Zagreb"),
    ("HU", "Europe/Budapest"),
    ("ID", "Asia/Jakarta"),
    ("IE", "Europe/Dublin"),
    ("IL", "Asia/Jerusalem"),
    ("IN", "Asia/Kolkata"),
    ("IS", "Atlantic/Reykjavik"),
    ("IT", "Europe/Rome"),
    ("JP", "Asia/Tokyo"),
    ("KR", "Asia/Seoul"),
    ("LI", "Europe/Zurich"),
    ("LT", "Europe/Vilnius"),
    ("LU", "Europe/Luxembourg"),
    ("LV", "Europe/Riga"),
    ("MA", "Africa/Casablanca"),
    ("MT", "Europe/Malta"),
    ("MX", "America/Tijuana"),
    ("MY", "Asia/Kuala_Lumpur"),
    ("NL", "Europe/Amsterdam"),
    ("NO", "Europe/Oslo"),
    ("NZ", "Pacific/Auckland"),
    ("PE", "America/Lima"),
    ("PH", "Asia/Manila"),
    ("PL", "Europe/Warsaw"),
    ("PT", "Atlantic/Azores"),
    ("RO", "Europe/Bucharest"),
    ("RS", "Europe/Belgrade"),
    ("SA", "Asia/Riyadh"),
    ("SE", "Europe/Stockholm"),
    ("SG", "Asia/Singapore"),
    ("SI", "Europe/Ljubljana"),
    ("SK", "Europe/Bratislava"),
    ("TH", "Asia/Bangkok"),
    ("TR", "Europe/Istanbul"),
    ("TW", "Asia/Taipei"),
    ("UA", "Europe/Kyiv"),
    ("US", "Pacific/Honolulu"),
    ("VN", "Asia/Ho_Chi_Minh"),
    ("ZA", "Africa/Johannesburg"),
];

/// The time zone of a country, or else that of the company.
pub(super) fn zone(country: Option<&str>, company: &str) -> TimeZone {
    let named = |name: &str| TimeZone::get(name).ok();
    let of_country = country
        .and_then(|code| ZONES.iter().find(|(known, _)| *known == code))
        .and_then(|(_, name)| named(name));
    of_country.or_else(|| named(company)).unwrap_or(TimeZone::UTC)
}

/// The day of a moment in a place.
pub(super) fn day(at: OffsetDateTime, zone: &TimeZone) -> Date {
    timestamp(at).to_zoned(zone.clone()).date()
}

/// The last day of a window of so many calendar days behind a day, which does not count. By law one that ends when nobody works
/// ends on the next working day ([Regulation 1182/71](https://eur-lex.europa.eu/eli/reg/1971/1182/oj), art. 3(4)).
pub(super) fn last_day(
    from: Date,
    days: i32,
    by_law: bool,
    holidays: &BTreeSet<String>,
) -> Option<Date> {
    let mut last = from.checked_add(jiff::Span::new().days(days)).ok()?;
    let idle = |day: Date| {
        matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
            || holidays.contains(&day.to_string())
    };
    while by_law && idle(last) {
        last = last.tomorrow().ok()?;
    }
    Some(last)
}

/// The end of the day so many days behind another one, in a place.
pub(super) fn end_of_day_after(from: Date, days: i32, zone: &TimeZone) -> Option<OffsetDateTime> {
    let next = from.checked_add(jiff::Span::new().days(i64::from(days) + 1)).ok()?;
    Some(from_timestamp(next.to_zoned(zone.clone()).ok()?.timestamp()))
}

/// Calendar days from now until a moment, in a place; below zero where it is past.
pub(super) fn days_left(until: OffsetDateTime, now: OffsetDateTime, zone: &TimeZone) -> i32 {
    // The end of a day is the beginning of the next one.
    let last = day(until - time::Duration::microseconds(1), zone);
    let span = day(now, zone).until(last).map(|span| span.get_days());
    span.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use time::macros::datetime;

    #[test]
    fn the_day_of_delivery_does_not_count() {
        let none = BTreeSet::new();
        let last = |by_law| last_day(date(2026, 3, 7), 14, by_law, &none);
        // Two weeks behind a Saturday is a Saturday: by law it ends on the Monday.
        assert_eq!(last(false), Some(date(2026, 3, 21)));
        assert_eq!(last(true), Some(date(2026, 3, 23)));
        let holidays = BTreeSet::from(["2026-03-23".to_owned()]);
        assert_eq!(last_day(date(2026, 3, 7), 14, true, &holidays), Some(date(2026, 3, 24)));
    }

    #[test]
    fn days_are_those_of_the_customers_place() {
        let late = datetime!(2026-03-08 03:00 UTC);
        assert_eq!(day(late, &zone(Some("DE"), "UTC")), date(2026, 3, 8));
        assert_eq!(day(late, &zone(Some("US"), "UTC")), date(2026, 3, 7));
        assert_eq!(day(late, &zone(Some("XX"), "Europe/Berlin")), date(2026, 3, 8));
        let berlin = zone(Some("DE"), "UTC");
        let due = end_of_day_after(date(2026, 3, 8), 14, &berlin).unwrap();
        assert_eq!(due, datetime!(2026-03-22 23:00 UTC));
        assert_eq!(days_left(due, late, &berlin), 14);
        assert_eq!(days_left(due, due - time::Duration::hours(1), &berlin), 0);
        assert_eq!(days_left(due, due, &berlin), -1);
    }

    #[test]
    fn every_zone_is_known() {
        for (country, name) in ZONES {
            assert!(TimeZone::get(name).is_ok(), "{country} {name}");
        }
        assert!(ZONES.is_sorted_by_key(|(country, _)| country));
    }
}

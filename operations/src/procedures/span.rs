//! How long a step takes: written as ISO 8601 has it, counted on a calendar or by the clock.

use crate::catalog::calendar::WorkCalendar;
use crate::clock::{from_timestamp, timestamp};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use time::OffsetDateTime;

/// Years that a deadline is away at most.
const MOST_YEARS: i64 = 10;

/// When a location works.
#[derive(Debug, Clone)]
pub(crate) struct Hours {
    pub(crate) calendar: WorkCalendar,
    pub(crate) zone: TimeZone,
}

impl Default for Hours {
    fn default() -> Self {
        Self { calendar: WorkCalendar::default(), zone: TimeZone::UTC }
    }
}

/// How time is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counting<'a> {
    /// Every second counts.
    Wall,
    /// Only those in which a location works do.
    Work(&'a Hours),
}

impl Counting<'_> {
    /// The moment so many seconds behind another one, or before it.
    pub(crate) fn at(self, from: OffsetDateTime, seconds: i64) -> OffsetDateTime {
        match self {
            Self::Wall => from.saturating_add(time::Duration::seconds(seconds)),
            Self::Work(Hours { calendar, zone }) => {
                let work = SignedDuration::from_secs(seconds.saturating_abs());
                from_timestamp(if seconds < 0 {
                    calendar.before_work(zone, timestamp(from), work)
                } else {
                    calendar.after_work(zone, timestamp(from), work)
                })
            }
        }
    }

    /// Seconds from one moment to another; below zero where it lies before.
    pub(crate) fn between(self, from: OffsetDateTime, to: OffsetDateTime) -> i64 {
        if to < from {
            return -self.between(to, from);
        }
        match self {
            Self::Wall => (to - from).whole_seconds(),
            Self::Work(Hours { calendar, zone }) => {
                calendar.work_between(zone, timestamp(from), timestamp(to)).as_secs()
            }
        }
    }
}

/// How long a step takes, behind the moment that sets its clock or before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Within(Span);

impl Within {
    /// Reads `PT4H`, `P14D`, `P1M` or `-PT24H`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let plain = text.trim();
        let iso = plain.trim_start_matches(['-', '+']).starts_with(['P', 'p']);
        let span = plain.parse::<Span>().ok().filter(|_| iso);
        let span = span.ok_or("is an ISO 8601 duration such as PT4H, P14D, P1M or -PT24H")?;
        let whole = span.get_milliseconds() == 0
            && span.get_microseconds() == 0
            && span.get_nanoseconds() == 0;
        if !whole {
            return Err("is in whole seconds");
        }
        let longest = Span::new().years(MOST_YEARS);
        let day = jiff::civil::date(2000, 1, 1);
        let longer = span.abs().compare((longest, day));
        if longer.is_ok_and(std::cmp::Ordering::is_le) {
            Ok(Self(span))
        } else {
            Err("is at most ten years")
        }
    }

    /// No time at all.
    pub(crate) fn nothing() -> Self {
        Self(Span::new())
    }

    /// Whether it ends before the moment that sets its clock.
    pub(crate) fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// Whether it ends at that moment.
    pub(crate) fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether it has parts that no working time is measured in.
    pub(crate) fn has_months(self) -> bool {
        self.0.get_years() != 0 || self.0.get_months() != 0
    }

    /// The moment so far from another one: days and months by the calendar of a zone; in working time a day is the hours of a working day,
    /// and a week as many of them as are worked in one.
    pub(crate) fn from(
        self,
        anchor: OffsetDateTime,
        zone: &TimeZone,
        counting: Counting<'_>,
    ) -> OffsetDateTime {
        match counting {
            Counting::Wall => {
                let zoned = timestamp(anchor).to_zoned(zone.clone());
                zoned.checked_add(self.0).map_or(anchor, |at| from_timestamp(at.timestamp()))
            }
            Counting::Work(hours) => counting.at(anchor, self.seconds(hours)),
        }
    }

    fn seconds(self, hours: &Hours) -> i64 {
        let week = i64::try_from(hours.calendar.working_days.len()).unwrap_or(7);
        let days = i64::from(self.0.get_weeks()) * week + i64::from(self.0.get_days());
        days * hours.calendar.day_seconds()
            + i64::from(self.0.get_hours()) * 3_600
            + self.0.get_minutes() * 60
            + self.0.get_seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn due(text: &str, anchor: OffsetDateTime, zone: &str) -> OffsetDateTime {
        let zone = TimeZone::get(zone).unwrap();
        Within::parse(text).unwrap().from(anchor, &zone, Counting::Wall)
    }

    #[test]
    fn days_and_months_are_those_of_the_customers_calendar() {
        // Clocks go forward in between: 14 days are an hour less.
        let asked = datetime!(2026-03-20 11:00 UTC);
        assert_eq!(due("P14D", asked, "Europe/Berlin"), datetime!(2026-04-03 10:00 UTC));
        assert_eq!(due("P14D", asked, "Asia/Kolkata"), datetime!(2026-04-03 11:00 UTC));
        assert_eq!(due("PT336H", asked, "Europe/Berlin"), datetime!(2026-04-03 11:00 UTC));
        let new_year = datetime!(2027-01-31 09:00 UTC);
        assert_eq!(due("P1M", new_year, "UTC"), datetime!(2027-02-28 09:00 UTC));
        assert_eq!(
            due("P1M", datetime!(2028-01-31 09:00 UTC), "UTC"),
            datetime!(2028-02-29 09:00 UTC)
        );
        assert_eq!(due("-PT24H", new_year, "UTC"), datetime!(2027-01-30 09:00 UTC));
    }

    #[test]
    fn in_working_time_a_day_is_a_working_day() {
        let hours = Hours { zone: TimeZone::get("Europe/Berlin").unwrap(), ..Hours::default() };
        let work = |text: &str, anchor| {
            Within::parse(text).unwrap().from(anchor, &TimeZone::UTC, Counting::Work(&hours))
        };
        // Friday at three in the afternoon.
        let friday = datetime!(2026-03-06 14:00 UTC);
        assert_eq!(work("PT4H", friday), datetime!(2026-03-09 10:00 UTC));
        assert_eq!(work("P2D", friday), datetime!(2026-03-10 14:00 UTC));
        assert_eq!(work("P1W", friday), datetime!(2026-03-13 14:00 UTC));
        assert_eq!(work("-PT8H", friday), datetime!(2026-03-05 14:00 UTC));
        // Across the change of clocks: the same hour on the wall.
        assert_eq!(work("P1D", datetime!(2026-03-27 14:00 UTC)), datetime!(2026-03-30 13:00 UTC));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "4 hours", "PT", "14D", "P20Y", "-P11Y", "PT0.5S"] {
            assert!(Within::parse(text).is_err(), "{text}");
        }
        for text in ["PT0S", "-P3D", "P1M2DT3H", "P2W"] {
            assert!(Within::parse(text).is_ok(), "{text}");
        }
    }
}

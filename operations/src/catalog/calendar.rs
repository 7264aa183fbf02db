//! When a location works.

use crate::error::{Faults, RefusalCode};
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Working days, hours and holidays, on the location's own clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCalendar {
    /// 1 is Monday, 7 is Sunday.
    pub working_days: Vec<u8>,
    /// `HH:MM`.
    pub opens_at: String,
    /// Orders after this hour count for the next working day.
    pub cutoff_at: String,
    /// `HH:MM`.
    pub closes_at: String,
    /// Days on which nobody works, `YYYY-MM-DD`, in order.
    pub holidays: Vec<String>,
}

impl Default for WorkCalendar {
    /// Monday to Friday, nine to five, cut-off at three.
    fn default() -> Self {
        Self {
            working_days: vec![1, 2, 3, 4, 5],
            opens_at: "09:00".into(),
            cutoff_at: "15:00".into(),
            closes_at: "17:00".into(),
            holidays: Vec::new(),
        }
    }
}

impl WorkCalendar {
    /// Checks what a client gave: at least one day, hours in order, real dates.
    pub(crate) fn check(&self, faults: &mut Faults) -> Self {
        let mut days = self.working_days.clone();
        days.sort_unstable();
        days.dedup();
        if days.is_empty() {
            let message = "names at least one working day";
            faults.add(RefusalCode::Required, "calendar.workingDays", message);
        }
        let mut hour = |field: &str, text: &str| {
            let parsed = Time::strptime("%H:%M", text);
            if parsed.is_err() {
                let field = format!("calendar.{field}");
                faults.add(RefusalCode::Invalid, &field, "is an hour such as 09:30");
            }
            parsed.ok()
        };
        let opens = hour("opensAt", &self.opens_at);
        let cutoff = hour("cutoffAt", &self.cutoff_at);
        let closes = hour("closesAt", &self.closes_at);
        if let (Some(opens), Some(cutoff), Some(closes)) = (opens, cutoff, closes)
            && !(opens <= cutoff && cutoff <= closes && opens < closes)
        {
            let message = "opens before it closes, with the cut-off between";
            faults.add(RefusalCode::Invalid, "calendar.cutoffAt", message);
        }
        let mut holidays = Vec::new();
        for (index, text) in self.holidays.iter().enumerate() {
            match text.parse::<Date>() {
                Ok(date) => holidays.push(date.to_string()),
                Err(_) => faults.add(
                    RefusalCode::Invalid,
                    &format!("calendar.holidays.{index}"),
                    "is a date such as 2026-12-25",
                ),
            }
        }
        holidays.sort();
        holidays.dedup();
        Self { working_days: days, holidays, ..self.clone() }
    }

    /// From a column.
    pub fn from_json(json: &serde_json::Value) -> Self {
        serde_json::from_value(json.clone()).unwrap_or_default()
    }

    /// The last moment to leave for what is ready to be worked on at a moment: what comes before the cut-off of a
    /// working day leaves on that day, what comes later on the next, so many working days of handling after it;
    /// the day ends when the location closes, by its own clock.
    pub(crate) fn ship_by(
        &self,
        zone: &TimeZone,
        ready: Timestamp,
        handling_days: i32,
    ) -> Timestamp {
        let local = ready.to_zoned(zone.clone());
        let days = self.days();
        let hour = |text: &str| Time::strptime("%H:%M", text).unwrap_or(Time::midnight());
        let today = days.works_on(local.date()) && local.time() <= hour(&self.cutoff_at);
        let first = if today { local.date() } else { days.after(local.date(), 1) };
        let day = days.after(first, handling_days);
        at(zone, day, hour(&self.closes_at)).unwrap_or(ready)
    }

    /// The moment at which so much work is done that begins at a moment: only the hours of working days count, on the location's own clock.
    pub(crate) fn after_work(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        work: SignedDuration,
    ) -> Timestamp {
        let mut left = work.as_secs();
        let mut last = from;
        for (opens, closes) in self.shifts(zone, from) {
            let begins = opens.max(from);
            let span = closes.as_second() - begins.as_second();
            if span <= 0 {
                continue;
            }
            if left <= span {
                return begins.checked_add(SignedDuration::from_secs(left)).unwrap_or(closes);
            }
            left -= span;
            last = closes;
        }
        last
    }

    /// The last moment at which so much work was still to be done until a moment: the other way round.
    pub(crate) fn before_work(
        &self,
        zone: &TimeZone,
        until: Timestamp,
        work: SignedDuration,
    ) -> Timestamp {
        let mut left = work.as_secs();
        let mut first = until;
        for (opens, closes) in self.shifts_before(zone, until) {
            let ends = closes.min(until);
            let span = ends.as_second() - opens.as_second();
            if span <= 0 {
                continue;
            }
            if left <= span {
                return ends.checked_sub(SignedDuration::from_secs(left)).unwrap_or(opens);
            }
            left -= span;
            first = opens;
        }
        first
    }

    /// Seconds that are worked on a working day without a change of clocks.
    pub(crate) fn day_seconds(&self) -> i64 {
        let hour = |text: &str| Time::strptime("%H:%M", text).unwrap_or(Time::midnight());
        hour(&self.opens_at).duration_until(hour(&self.closes_at)).as_secs().max(0)
    }

    /// How much work lies between two moments.
    pub(crate) fn work_between(
        &self,
        zone: &TimeZone,
        from: Timestamp,
        to: Timestamp,
    ) -> SignedDuration {
        let mut seconds = 0;
        for (opens, closes) in self.shifts(zone, from) {
            if opens >= to {
                break;
            }
            seconds += (closes.min(to).as_second() - opens.max(from).as_second()).max(0);
        }
        SignedDuration::from_secs(seconds)
    }

    /// When it opens and closes, day by day from the day of a moment on.
    fn shifts(
        &self,
        zone: &TimeZone,
        from: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = from.to_zoned(zone.clone()).date();
        self.on(zone, std::iter::successors(Some(first), |day| day.tomorrow().ok()))
    }

    /// The same day by day back from the day of a moment.
    fn shifts_before(
        &self,
        zone: &TimeZone,
        until: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let last = until.to_zoned(zone.clone()).date();
        let days = std::iter::successors(Some(last), |day| day.yesterday().ok());
        // Of a day with two parts, the later one first.
        days.take(usize::try_from(MOST_DAYS).unwrap_or(usize::MAX)).flat_map(move |day| {
            let parts: Vec<(Timestamp, Timestamp)> = self.on(zone, std::iter::once(day)).collect();
            parts.into_iter().rev()
        })
    }

    fn on(
        &self,
        zone: &TimeZone,
        all: impl Iterator<Item = Date>,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let hour = |text: &str| Time::strptime("%H:%M", text).unwrap_or(Time::midnight());
        let (opens, closes) = (hour(&self.opens_at), hour(&self.closes_at));
        let (days, zone) = (self.days(), zone.clone());
        all.take(usize::try_from(MOST_DAYS).unwrap_or(usize::MAX))
            .filter(move |day| days.works_on(*day))
            .flat_map(move |day| open(&zone, day, (opens, closes)))
    }

    fn days(&self) -> WorkDays {
        WorkDays::new(&self.working_days, &self.holidays)
    }
}

/// The days on which somebody works.
#[derive(Debug, Clone)]
pub(crate) struct WorkDays {
    days: Vec<u8>,
    holidays: Vec<Date>,
}

/// Days looked at in search of one on which somebody works: years of holidays are a mistake.
const MOST_DAYS: u32 = 1_000;

impl WorkDays {
    /// 1 is Monday, 7 is Sunday; holidays as `YYYY-MM-DD`.
    pub(crate) fn new(days: &[u8], holidays: &[String]) -> Self {
        let holidays = holidays.iter().filter_map(|text| text.parse().ok()).collect();
        Self { days: days.to_vec(), holidays }
    }

    fn works_on(&self, date: Date) -> bool {
        let day = u8::try_from(date.weekday().to_monday_one_offset()).unwrap_or(0);
        self.days.contains(&day) && !self.holidays.contains(&date)
    }

    /// The day so many working days after a date; the date itself, or the first working day behind it, for none.
    pub(crate) fn after(&self, date: Date, count: i32) -> Date {
        let (mut day, mut left) = (date, count);
        for _ in 0..MOST_DAYS {
            if left <= 0 && (self.works_on(day) || count > 0) {
                return day;
            }
            let Ok(next) = day.tomorrow() else { return day };
            day = next;
            if self.works_on(day) {
                left -= 1;
            }
        }
        day
    }
}

/// A time of day in a zone; one that the clocks skip is the same time before they were changed.
fn at(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
}

/// When the clock on the wall says that it is open on a day: once, or in two parts where clocks are changed meanwhile.
fn open(zone: &TimeZone, day: Date, (opens, closes): (Time, Time)) -> Vec<(Timestamp, Timestamp)> {
    let begins = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    let ends = day.tomorrow().ok().and_then(begins);
    let (Some(midnight), Some(end)) = (begins(day), ends) else { return Vec::new() };
    let changes = zone.following(midnight).take_while(|change| change.timestamp() < end);
    let mut parts: Vec<(Timestamp, Offset)> = vec![(midnight, zone.to_offset(midnight))];
    parts.extend(changes.map(|change| (change.timestamp(), change.offset())));
    let ends = parts.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let spans: Vec<Timestamp> = ends.collect();
    let instant = |time: Time, offset: Offset| offset.to_timestamp(day.to_datetime(time)).ok();
    let open = parts.into_iter().zip(spans).filter_map(|((from, offset), to)| {
        let opened = instant(opens, offset)?.max(from);
        let closed = instant(closes, offset)?.min(to);
        (opened < closed).then_some((opened, closed))
    });
    open.collect()
}

/// The last microsecond of a day in a zone.
pub(crate) fn end_of_day(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    let next = date.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp();
    next.checked_sub(jiff::Span::new().microseconds(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn ship_by(calendar: &WorkCalendar, ready: &str, handling: i32) -> String {
        calendar.ship_by(&berlin(), ready.parse().unwrap(), handling).to_string()
    }

    #[test]
    fn what_comes_before_the_cut_off_leaves_on_the_same_day() {
        let usual = WorkCalendar::default();
        // Monday at 14:59, 15:00 and 15:01 in Berlin.
        assert_eq!(ship_by(&usual, "2026-03-02T13:59:00Z", 0), "2026-03-02T16:00:00Z");
        assert_eq!(ship_by(&usual, "2026-03-02T14:00:00Z", 0), "2026-03-02T16:00:00Z");
        assert_eq!(ship_by(&usual, "2026-03-02T14:01:00Z", 0), "2026-03-03T16:00:00Z");
        // Friday evening and Sunday: Monday; with two days of handling Wednesday.
        assert_eq!(ship_by(&usual, "2026-03-06T18:00:00Z", 0), "2026-03-09T16:00:00Z");
        assert_eq!(ship_by(&usual, "2026-03-08T06:00:00Z", 2), "2026-03-11T16:00:00Z");
    }

    #[test]
    fn holidays_and_the_change_of_clocks_are_in_it() {
        let easter = WorkCalendar {
            holidays: vec!["2026-04-03".into(), "2026-04-06".into()],
            ..WorkCalendar::default()
        };
        // Thursday after the cut-off before Easter: Tuesday.
        assert_eq!(ship_by(&easter, "2026-04-02T14:00:00Z", 0), "2026-04-07T15:00:00Z");
        // Clocks go forward on 29 March: 17:00 is 16:00 UTC before and 15:00 UTC after.
        let usual = WorkCalendar::default();
        assert_eq!(ship_by(&usual, "2026-03-27T10:00:00Z", 0), "2026-03-27T16:00:00Z");
        assert_eq!(ship_by(&usual, "2026-03-27T10:00:00Z", 1), "2026-03-30T15:00:00Z");
    }

    #[test]
    fn a_day_ends_when_the_next_begins() {
        let end = |date: &str, zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            end_of_day(&zone, date.parse().unwrap()).unwrap().to_string()
        };
        assert_eq!(end("2026-03-28", "Europe/Berlin"), "2026-03-28T22:59:59.999999Z");
        assert_eq!(end("2026-03-29", "Europe/Berlin"), "2026-03-29T21:59:59.999999Z");
        // Midnight itself was skipped there that day.
        assert_eq!(end("2017-10-14", "America/Sao_Paulo"), "2017-10-15T02:59:59.999999Z");
    }

    #[test]
    fn one_who_never_works_ends_the_search() {
        let never = WorkDays::new(&[], &[]);
        let day = "2026-01-01".parse().unwrap();
        assert!(never.after(day, 3) > day);
    }

    /// Few of them, unless the full form is asked for.
    fn cases() -> u32 {
        if std::env::var_os("TEST_FULL").is_some() { 100_000 } else { 80 }
    }

    /// The same by looking at every minute.
    fn slowly(
        calendar: &WorkCalendar,
        zone: &TimeZone,
        from: Timestamp,
        minutes: i64,
    ) -> Timestamp {
        let minute = SignedDuration::from_mins(1);
        let hour = |text: &str| Time::strptime("%H:%M", text).unwrap();
        let (mut now, mut left) = (from, minutes);
        while left > 0 {
            let local = now.to_zoned(zone.clone());
            let open = hour(&calendar.opens_at) <= local.time()
                && local.time() < hour(&calendar.closes_at);
            if open && calendar.days().works_on(local.date()) {
                left -= 1;
            }
            now = now.checked_add(minute).unwrap();
        }
        now
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(cases()))]

        #[test]
        fn work_is_counted_as_by_looking_at_every_minute(
            start in 0_i64..400 * 1_440, minutes in 1_i64..3_000, opens in 0_i8..12, hours in 1_i8..12, days in 1_u8..=7, zone in 0_usize..4
        ) {
            let names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
            let zone = TimeZone::get(names[zone]).unwrap();
            let calendar = WorkCalendar {
                working_days: (1..=days).collect(),
                opens_at: format!("{opens:02}:30"),
                cutoff_at: format!("{opens:02}:30"),
                closes_at: format!("{:02}:15", opens + hours),
                holidays: vec!["2026-03-30".into(), "2026-12-25".into()],
            };
            let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let from = from.checked_add(SignedDuration::from_mins(start)).unwrap();
            let fast = calendar.after_work(&zone, from, SignedDuration::from_mins(minutes));
            proptest::prop_assert_eq!(fast, slowly(&calendar, &zone, from, minutes));
            let between = calendar.work_between(&zone, from, fast);
            proptest::prop_assert_eq!(between, SignedDuration::from_mins(minutes));
            // The other way round it is the same work, begun as late as can be.
            let back = calendar.before_work(&zone, fast, SignedDuration::from_mins(minutes));
            proptest::prop_assert!(back >= from);
            proptest::prop_assert_eq!(calendar.work_between(&zone, back, fast), between);
            let later = back.checked_add(SignedDuration::from_secs(1)).unwrap();
            proptest::prop_assert!(calendar.work_between(&zone, later, fast) < between);
        }
    }
}

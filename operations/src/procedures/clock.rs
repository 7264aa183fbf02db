//! The clock of a task: how much time there is, when something is told of it, and what a pause does to it. Pure: it knows no database.

use super::span::{Counting, Within};
use entities::enums::TaskState;
use entities::task;
use jiff::tz::TimeZone;
use time::OffsetDateTime;
use time::macros::datetime;

/// Nothing has to be done.
pub(crate) const NEVER: OffsetDateTime = datetime!(9999-12-31 0:00 UTC);

/// How much time there is, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// What it was set by.
    pub(crate) anchor_at: OffsetDateTime,
    /// When it started.
    pub(crate) started_at: OffsetDateTime,
    /// From when on what is left is counted.
    pub(crate) counted_from: OffsetDateTime,
    /// Seconds that were left then.
    pub(crate) left: i64,
    /// Seconds that there were in all.
    pub(crate) total: i64,
    /// Until when; while it stands still, until when it was before.
    pub(crate) due_at: OffsetDateTime,
    /// Since when it stands still.
    pub(crate) paused_at: Option<OffsetDateTime>,
    /// How long it stood still before.
    pub(crate) paused_seconds: i64,
}

/// What happens next with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    /// A share of the time is over.
    Warn(i32),
    /// All of it is.
    Due,
}

impl Clock {
    /// Starts it.
    pub(crate) fn start(
        within: Within,
        (anchor_at, started_at): (OffsetDateTime, OffsetDateTime),
        zone: &TimeZone,
        counting: Counting<'_>,
    ) -> Self {
        let due_at = within.from(anchor_at, zone, counting);
        let left = counting.between(started_at, due_at);
        Self {
            anchor_at,
            started_at,
            counted_from: started_at,
            left,
            total: left.max(0),
            due_at,
            paused_at: None,
            paused_seconds: 0,
        }
    }

    /// Stops it.
    pub(crate) fn pause(&mut self, at: OffsetDateTime, counting: Counting<'_>) {
        if self.paused_at.is_none() {
            let at = at.max(self.counted_from);
            self.left = self.left_at(at, counting);
            self.paused_at = Some(at);
        }
    }

    /// Lets it go on with what was left.
    pub(crate) fn resume(&mut self, at: OffsetDateTime, counting: Counting<'_>) {
        if let Some(since) = self.paused_at.take() {
            let at = at.max(since);
            self.paused_seconds += (at - since).whole_seconds();
            self.counted_from = at;
            self.due_at = counting.at(at, self.left);
        }
    }

    /// The moment that it was set by is another one now; what pauses put it off by stays.
    pub(crate) fn retime(
        &mut self,
        within: Within,
        anchor_at: OffsetDateTime,
        zone: &TimeZone,
        counting: Counting<'_>,
    ) {
        let before = within.from(self.anchor_at, zone, counting);
        let after = within.from(anchor_at, zone, counting);
        self.anchor_at = anchor_at;
        self.due_at = counting.at(after, counting.between(before, self.due_at));
        self.total = counting.between(self.started_at, after).max(0);
        let at = self.paused_at.unwrap_or(self.counted_from);
        self.left = counting.between(at, self.due_at);
    }

    /// The same moment counts otherwise: a location works at other hours.
    pub(crate) fn recount(&mut self, counting: Counting<'_>) {
        if self.paused_at.is_none() {
            self.due_at = counting.at(self.counted_from, self.left);
        }
    }

    /// Seconds that are left at a moment.
    pub(crate) fn left_at(&self, now: OffsetDateTime, counting: Counting<'_>) -> i64 {
        match self.paused_at {
            Some(_) => self.left,
            None if now >= self.due_at => -counting.between(self.due_at, now),
            None => self.left - counting.between(self.counted_from, now),
        }
    }

    /// Until when, as it is now: while it stands still, that moves on.
    pub(crate) fn due_at(&self, now: OffsetDateTime, counting: Counting<'_>) -> OffsetDateTime {
        match self.paused_at {
            Some(since) => counting.at(now.max(since), self.left),
            None => self.due_at,
        }
    }

    /// What is told next, and when: of shares of the time behind the one that was told of last, the next; none while it stands still.
    pub(crate) fn next(
        &self,
        shares: &[i32],
        (warned, told): (i32, bool),
        counting: Counting<'_>,
    ) -> Option<(OffsetDateTime, Strike)> {
        if self.paused_at.is_some() || told {
            return None;
        }
        let ahead = shares.iter().copied().find(|share| *share > warned && self.total > 0);
        if let Some(share) = ahead {
            let rest = self.total - self.total * i64::from(share) / 100;
            let at = counting.at(self.counted_from, self.left - rest);
            if at < self.due_at {
                return Some((at, Strike::Warn(share)));
            }
        }
        Some((self.due_at, Strike::Due))
    }

    /// What is to be told by now: the greatest share that is over, or that all of it is.
    pub(crate) fn struck(
        &self,
        shares: &[i32],
        (mut warned, told): (i32, bool),
        (now, counting): (OffsetDateTime, Counting<'_>),
    ) -> Option<Strike> {
        let mut struck = None;
        while let Some((at, strike)) = self.next(shares, (warned, told), counting) {
            if at > now {
                break;
            }
            struck = Some(strike);
            match strike {
                Strike::Warn(share) => warned = share,
                Strike::Due => break,
            }
        }
        struck
    }

    /// The clock of a task.
    pub(crate) fn of(row: &task::Model) -> Self {
        Self {
            anchor_at: row.anchor_at,
            started_at: row.started_at,
            counted_from: row.counted_from,
            left: row.left_seconds,
            total: row.total_seconds,
            due_at: row.due_at,
            paused_at: row.paused_at,
            paused_seconds: row.paused_seconds,
        }
    }

    /// Writes it into a task, whose state says whether it runs.
    pub(crate) fn put(&self, row: &mut task::Model) {
        row.anchor_at = self.anchor_at;
        row.counted_from = self.counted_from;
        row.left_seconds = self.left;
        row.total_seconds = self.total;
        row.due_at = self.due_at;
        row.paused_at = self.paused_at;
        row.paused_seconds = self.paused_seconds;
        row.queue_at = match row.state {
            TaskState::Open => self.due_at,
            TaskState::Paused | TaskState::Done | TaskState::Skipped | TaskState::Cancelled => {
                NEVER
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::span::Hours;
    use super::*;

    fn within(text: &str) -> Within {
        Within::parse(text).unwrap()
    }

    fn berlin() -> Hours {
        Hours { zone: TimeZone::get("Europe/Berlin").unwrap(), ..Hours::default() }
    }

    #[test]
    fn paused_time_does_not_count() {
        let hours = berlin();
        let work = Counting::Work(&hours);
        // Friday at three in the afternoon: two hours on Friday, two on Monday.
        let friday = datetime!(2026-03-06 14:00 UTC);
        let mut clock = Clock::start(within("PT4H"), (friday, friday), &TimeZone::UTC, work);
        assert_eq!(clock.due_at, datetime!(2026-03-09 10:00 UTC));
        // An hour later it stops; three hours are left, however long it stands still.
        clock.pause(datetime!(2026-03-06 15:00 UTC), work);
        let sunday = datetime!(2026-03-08 12:00 UTC);
        assert_eq!(clock.left_at(sunday, work), 3 * 3_600);
        assert_eq!(clock.due_at(sunday, work), datetime!(2026-03-09 11:00 UTC));
        assert_eq!(clock.next(&[50, 80], (0, false), work), None);
        let tuesday = datetime!(2026-03-10 15:00 UTC);
        clock.resume(tuesday, work);
        assert_eq!(clock.due_at, datetime!(2026-03-11 10:00 UTC));
        assert_eq!(clock.paused_seconds, 4 * 86_400);
        // Two of four hours are over an hour after that.
        let half = (datetime!(2026-03-10 16:00 UTC), Strike::Warn(50));
        assert_eq!(clock.next(&[50, 80], (0, false), work), Some(half));
    }

    #[test]
    fn what_is_late_stays_as_late() {
        let hours = berlin();
        let work = Counting::Work(&hours);
        let monday = datetime!(2026-03-02 08:00 UTC);
        let mut clock = Clock::start(within("PT1H"), (monday, monday), &TimeZone::UTC, work);
        // Due at ten; stopped at eleven, an hour late.
        clock.pause(datetime!(2026-03-02 10:00 UTC), work);
        assert_eq!(clock.left, -3_600);
        clock.resume(datetime!(2026-03-03 12:00 UTC), work);
        assert_eq!(clock.due_at, datetime!(2026-03-03 11:00 UTC));
        assert_eq!(clock.left_at(datetime!(2026-03-03 12:00 UTC), work), -3_600);
    }

    #[test]
    fn a_clock_before_a_moment_follows_it() {
        let start = datetime!(2026-03-02 10:00 UTC);
        let expires = datetime!(2026-03-09 10:00 UTC);
        let mut clock =
            Clock::start(within("-PT24H"), (expires, start), &TimeZone::UTC, Counting::Wall);
        assert_eq!(clock.due_at, datetime!(2026-03-08 10:00 UTC));
        assert_eq!(clock.total, 6 * 86_400);
        clock.pause(datetime!(2026-03-03 10:00 UTC), Counting::Wall);
        clock.resume(datetime!(2026-03-04 10:00 UTC), Counting::Wall);
        assert_eq!(clock.due_at, datetime!(2026-03-09 10:00 UTC));
        let later = datetime!(2026-03-16 10:00 UTC);
        clock.retime(within("-PT24H"), later, &TimeZone::UTC, Counting::Wall);
        assert_eq!(clock.due_at, datetime!(2026-03-16 10:00 UTC), "the day it stood still counts");
        assert_eq!(clock.left_at(clock.due_at, Counting::Wall), 0);
    }

    #[test]
    fn warnings_come_in_order_and_the_last_alone_after_a_jump() {
        let start = datetime!(2026-03-02 10:00 UTC);
        let clock = Clock::start(within("PT10H"), (start, start), &TimeZone::UTC, Counting::Wall);
        let hour = |hours| start + time::Duration::hours(hours);
        let next = |warned| clock.next(&[50, 80], (warned, false), Counting::Wall);
        assert_eq!(next(0), Some((hour(5), Strike::Warn(50))));
        assert_eq!(next(50), Some((hour(8), Strike::Warn(80))));
        assert_eq!(next(80), Some((hour(10), Strike::Due)));
        let struck =
            |warned, at| clock.struck(&[50, 80], (warned, false), (hour(at), Counting::Wall));
        assert_eq!(struck(0, 4), None);
        assert_eq!(struck(0, 9), Some(Strike::Warn(80)));
        assert_eq!(struck(50, 7), None);
        assert_eq!(struck(0, 30), Some(Strike::Due));
        assert_eq!(clock.struck(&[50], (0, true), (hour(30), Counting::Wall)), None);
    }

    #[test]
    fn what_is_due_at_once_is_not_warned_of() {
        let now = datetime!(2026-03-02 10:00 UTC);
        let past = datetime!(2026-03-02 20:00 UTC);
        let clock = Clock::start(within("-PT24H"), (past, now), &TimeZone::UTC, Counting::Wall);
        assert!(clock.left < 0);
        let struck = clock.struck(&[50, 80], (0, false), (now, Counting::Wall));
        assert_eq!(struck, Some(Strike::Due));
    }

    proptest::proptest! {
        /// However often it is stopped, there is as much time as there was.
        #[test]
        fn pauses_take_no_time_and_give_none(
            start in 0_i64..400 * 86_400, hours in 1_i64..200, stops in proptest::collection::vec((1_i64..100_000, 1_i64..400_000), 0..6),
            working in proptest::bool::ANY,
        ) {
            let office = berlin();
            let counting = if working { Counting::Work(&office) } else { Counting::Wall };
            let mut now = datetime!(2026-01-01 00:00 UTC) + time::Duration::seconds(start);
            let text = format!("PT{hours}H");
            let mut clock = Clock::start(within(&text), (now, now), &TimeZone::UTC, counting);
            let total = clock.total;
            proptest::prop_assert_eq!(total, hours * 3_600);
            let mut used = 0;
            for (runs, stands) in stops {
                let then = now + time::Duration::seconds(runs);
                used += counting.between(now, then);
                clock.pause(then, counting);
                proptest::prop_assert_eq!(clock.left, total - used);
                now = then + time::Duration::seconds(stands);
                clock.resume(now, counting);
                proptest::prop_assert_eq!(clock.left_at(now, counting), total - used);
            }
        }
    }
}

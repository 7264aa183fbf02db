//! Until when somebody has to answer a case, and until when it should be solved. While a customer is waited for its clocks stand still.

use super::sql;
use crate::catalog::calendar::WorkCalendar;
use crate::error::Result;
use crate::store::Db;
use entities::case_row;
use entities::enums::{CasePriority, CaseState};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// A case is solved within so long.
const SOLVED_WITHIN: Duration = Duration::hours(48);
/// A case that nobody comes back to is over after so long.
pub(super) const REOPENED_WITHIN: Duration = Duration::days(7);
/// Nothing has to be done.
pub(super) const NEVER: OffsetDateTime = datetime!(9999-12-31 0:00 UTC);

/// Working hours within which a customer is answered.
const fn answered_within(priority: CasePriority) -> i64 {
    match priority {
        CasePriority::Urgent => 1,
        CasePriority::High => 2,
        CasePriority::Normal => 4,
        CasePriority::Low => 8,
    }
}

/// When the team works: as its first location does.
pub(super) struct Hours {
    calendar: WorkCalendar,
    zone: TimeZone,
}

fn stamp(at: OffsetDateTime) -> Timestamp {
    let microseconds = i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

fn moment(at: Timestamp) -> OffsetDateTime {
    let nanos = i128::from(at.as_microsecond()) * 1_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(NEVER)
}

impl Hours {
    /// Reads them.
    pub(super) async fn load(db: &Db) -> Result<Self> {
        let Some((calendar, zone)) = sql::hours(db).await? else {
            return Ok(Self { calendar: WorkCalendar::default(), zone: TimeZone::UTC });
        };
        let calendar = WorkCalendar::from_json(&calendar);
        Ok(Self { calendar, zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC) })
    }

    /// Until when whoever wrote at a moment is answered.
    pub(super) fn answer_due(
        &self,
        priority: CasePriority,
        from: OffsetDateTime,
    ) -> OffsetDateTime {
        let work = SignedDuration::from_hours(answered_within(priority));
        moment(self.calendar.after_work(&self.zone, stamp(from), work))
    }

    /// Until when it should be solved that begins at a moment.
    pub(super) fn solve_due(from: OffsetDateTime) -> OffsetDateTime {
        from + SOLVED_WITHIN
    }

    /// Puts the clocks of a case into step with its state: they stop, or go on with what was left of them.
    pub(super) fn step(&self, row: &mut case_row::Model, now: OffsetDateTime) {
        match row.state {
            CaseState::Open | CaseState::WaitingOnTeam => {
                if let Some(since) = row.paused_since.take() {
                    row.solve_due_at += now - since;
                    if let Some(due) = row.answer_due_at {
                        let left = self.calendar.work_between(&self.zone, stamp(since), stamp(due));
                        let late = due < since;
                        let again = self.calendar.after_work(&self.zone, stamp(now), left);
                        // What was late already stays as late as it was.
                        row.answer_due_at =
                            Some(if late { due + (now - since) } else { moment(again) });
                    }
                }
                let due = row.answer_due_at.unwrap_or(row.solve_due_at);
                row.queue_at = due.min(row.solve_due_at);
            }
            CaseState::WaitingOnCustomer => {
                row.paused_since.get_or_insert(now);
                row.queue_at = NEVER;
            }
            CaseState::Resolved | CaseState::Closed => {
                row.paused_since = None;
                row.answer_due_at = None;
                row.queue_at = NEVER;
            }
        }
    }
}

/// Whether something should have been done by now.
pub(super) fn is_overdue(row: &case_row::Model, now: OffsetDateTime) -> bool {
    row.queue_at <= now
}

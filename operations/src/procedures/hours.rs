//! When the locations work whose calendars count working time.

use super::span::{Counting, Hours};
use super::sql;
use crate::catalog::calendar::WorkCalendar;
use crate::catalog::sql as catalog;
use crate::error::Result;
use crate::store::Db;
use entities::location;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use uuid::Uuid;

/// Calendars by location.
#[derive(Debug, Default)]
pub(super) struct AllHours {
    by_location: HashMap<Uuid, Hours>,
    usual: Hours,
}

/// When a location works.
pub(super) fn of_location(row: &location::Model) -> Hours {
    Hours {
        calendar: WorkCalendar::from_json(&row.calendar),
        zone: TimeZone::get(&row.time_zone).unwrap_or(TimeZone::UTC),
    }
}

impl AllHours {
    /// Reads those of some locations.
    pub(super) async fn load(db: &Db, locations: impl Iterator<Item = Uuid>) -> Result<Self> {
        let mut ids: Vec<Uuid> = locations.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let rows = catalog::locations(db, &ids).await?;
        let by_location = rows.iter().map(|row| (row.id, of_location(row))).collect();
        Ok(Self { by_location, usual: Hours::default() })
    }

    /// How time is counted by the calendar of a location; Monday to Friday from nine to five in UTC where there is none.
    pub(super) fn counting(&self, working: bool, location: Option<Uuid>) -> Counting<'_> {
        if working { Counting::Work(self.of(location)) } else { Counting::Wall }
    }

    pub(super) fn of(&self, location: Option<Uuid>) -> &Hours {
        location.and_then(|id| self.by_location.get(&id)).unwrap_or(&self.usual)
    }
}

/// The location whose calendar counts where nothing says which: the first that is active.
pub(super) async fn first_location(db: &Db) -> Result<Option<Uuid>> {
    sql::first_location(db).await
}

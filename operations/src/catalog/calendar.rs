//! When a location works.

use crate::error::{Faults, RefusalCode};
use jiff::civil::{Date, Time};
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
}

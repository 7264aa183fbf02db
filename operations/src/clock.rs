//! Time comes in through the door, so that a test can say "31 days later".

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use time::OffsetDateTime;

/// Tells the time: the machine's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self(Some(Arc::new(AtomicI64::new(micros(at)))))
    }

    /// Now, in UTC, to the microsecond: what both databases can hold.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Some(fixed) => from_micros(fixed.load(Ordering::SeqCst)),
            None => truncate(OffsetDateTime::now_utc()),
        }
    }

    /// Moves a fixed clock; the machine's clock does not move.
    pub fn advance(&self, by: time::Duration) {
        if let Some(fixed) = &self.0 {
            let step = i64::try_from(by.whole_microseconds()).unwrap_or(0);
            fixed.fetch_add(step, Ordering::SeqCst);
        }
    }
}

/// The same moment in UTC, to the microsecond.
pub fn truncate(at: OffsetDateTime) -> OffsetDateTime {
    from_micros(micros(at))
}

/// The same moment for calendars.
pub(crate) fn timestamp(at: OffsetDateTime) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(micros(at)).unwrap_or_default()
}

/// A moment of a calendar, in UTC.
pub(crate) fn from_timestamp(at: jiff::Timestamp) -> OffsetDateTime {
    from_micros(at.as_microsecond())
}

fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

//! Places in the log, and the cursors that stand for them.

use crate::error::{Error, Result};
use crate::page::{Cursor, SortValue};
use uuid::Uuid;

/// A place in the log: everything at or before it has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    pub(super) epoch: i32,
    /// The writing transaction on `PostgreSQL`, the row on `SQLite`.
    pub(super) place: i64,
    pub(super) id: Uuid,
}

impl LogPlace {
    /// Before the first event.
    pub(crate) const START: Self = Self { epoch: 0, place: 0, id: Uuid::nil() };

    /// From its columns.
    pub(crate) const fn new(epoch: i32, place: i64, id: Uuid) -> Self {
        Self { epoch, place, id }
    }

    /// Its columns.
    pub(crate) const fn columns(self) -> (i32, i64, Uuid) {
        (self.epoch, self.place, self.id)
    }

    /// As clients get it.
    pub(super) fn cursor(self) -> Cursor {
        Cursor::new(SortValue::Text(format!("{}.{}", self.epoch, self.place)), self.id)
    }

    /// What a cursor says; whether the log has such a place is another question.
    pub(super) fn decode(cursor: &str) -> Result<Self> {
        let (SortValue::Text(place), id) = Cursor::decode(cursor)?.into_parts() else {
            return Err(Error::CursorInvalid);
        };
        let (epoch, place) = place.split_once('.').ok_or(Error::CursorInvalid)?;
        match (epoch.parse(), place.parse()) {
            (Ok(epoch), Ok(place)) => Ok(Self { epoch, place, id }),
            _ => Err(Error::CursorInvalid),
        }
    }
}

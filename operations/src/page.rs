//! Keyset pages: a page begins behind a row, not after a count of rows.

use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::sql::{Sql, sql};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// Rows of a page when nothing is asked for.
pub const DEFAULT_PAGE: usize = 20;
/// Rows of a page at most.
pub const MAX_PAGE: usize = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct PageArgs {
    /// Rows from the front.
    pub first: Option<i32>,
    /// Behind this row.
    pub after: Option<String>,
    /// Rows from the back.
    pub last: Option<i32>,
    /// Before this row.
    pub before: Option<String>,
}

/// The value a list is sorted by; the id breaks ties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortValue {
    /// Sorted by id alone.
    Id,
    /// By a moment, in microseconds since 1970.
    At(i64),
    /// By a number.
    Number(i64),
    /// By a text.
    Text(String),
}

impl SortValue {
    /// By a moment.
    pub fn at(at: OffsetDateTime) -> Self {
        Self::At(i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX))
    }

    fn value(&self) -> Option<Value> {
        match self {
            Self::Id => None,
            Self::At(micros) => {
                let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(*micros) * 1_000);
                Some(at.unwrap_or(OffsetDateTime::UNIX_EPOCH).into())
            }
            Self::Number(number) => Some((*number).into()),
            Self::Text(text) => Some(text.clone().into()),
        }
    }
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "s")]
    sort: SortValue,
    #[serde(rename = "i")]
    id: Uuid,
}

impl Cursor {
    /// The place of a row.
    pub fn new(sort: SortValue, id: Uuid) -> Self {
        Self { sort, id }
    }

    /// As the client gets it.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The parts of a cursor.
    pub(crate) fn into_parts(self) -> (SortValue, Uuid) {
        (self.sort, self.id)
    }

    pub(crate) fn decode(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::CursorInvalid)?;
        serde_json::from_slice(&bytes).map_err(|_| Error::CursorInvalid)
    }
}

/// How a list is sorted: by a column and the id, both up or both down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// The column; `None` for the id alone.
    pub(crate) column: Option<&'static str>,
    pub(crate) id: &'static str,
    pub(crate) descending: bool,
    /// An example of the sort value, so that a cursor of another list is refused.
    pub(crate) kind: fn(&SortValue) -> bool,
}

impl Order {
    /// By id alone.
    pub(crate) const fn by_id(id: &'static str, descending: bool) -> Self {
        Self { column: None, id, descending, kind: |value| matches!(value, SortValue::Id) }
    }

    /// By a moment, then id.
    pub(crate) const fn by_time(column: &'static str, id: &'static str, descending: bool) -> Self {
        let kind = |value: &SortValue| matches!(value, SortValue::At(_));
        Self { column: Some(column), id, descending, kind }
    }

    /// By a number, then id.
    pub(crate) const fn by_number(
        column: &'static str,
        id: &'static str,
        descending: bool,
    ) -> Self {
        let kind = |value: &SortValue| matches!(value, SortValue::Number(_));
        Self { column: Some(column), id, descending, kind }
    }

    /// By a text, then id.
    pub(crate) const fn by_text(column: &'static str, id: &'static str, descending: bool) -> Self {
        let kind = |value: &SortValue| matches!(value, SortValue::Text(_));
        Self { column: Some(column), id, descending, kind }
    }
}

/// A checked request for a page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    limit: usize,
    backward: bool,
    after: Option<Cursor>,
    before: Option<Cursor>,
}

impl PageArgs {
    /// Checks the request: sizes from 0 to 100, one direction, cursors of this list.
    pub(crate) fn check(&self, order: Order) -> Result<Page> {
        let mut faults = crate::error::Faults::default();
        for (name, size) in [("first", self.first), ("last", self.last)] {
            if size.is_some_and(|size| !(0..=100).contains(&size)) {
                let message = format!("`{name}` is 0 to {MAX_PAGE}");
                faults.push(Refusal::new(RefusalCode::Invalid, name, message));
            }
        }
        if self.first.is_some() && self.last.is_some() {
            faults.add(RefusalCode::Invalid, "last", "give `first` or `last`, not both");
        }
        if let Some(fault) = faults.into_vec().first() {
            return Err(Error::BadInput(fault.message.clone()));
        }
        let size = self.first.or(self.last).and_then(|size| usize::try_from(size).ok());
        let cursor = |text: &Option<String>| {
            let cursor = text.as_deref().map(Cursor::decode).transpose()?;
            match cursor {
                Some(cursor) if !(order.kind)(&cursor.sort) => Err(Error::CursorInvalid),
                cursor => Ok(cursor),
            }
        };
        Ok(Page {
            limit: size.unwrap_or(DEFAULT_PAGE),
            backward: self.last.is_some(),
            after: cursor(&self.after)?,
            before: cursor(&self.before)?,
        })
    }
}

impl Page {
    /// Rows of the page at most.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether rows are taken from the back.
    pub(crate) fn is_backward(&self) -> bool {
        self.backward
    }

    /// ` and (…) order by … limit …` for the page and one row more, which tells whether there is more.
    pub(crate) fn sql(&self, order: Order) -> Sql {
        let mut query = sql("");
        for (cursor, beyond) in [(&self.after, !order.descending), (&self.before, order.descending)]
        {
            let Some(cursor) = cursor else { continue };
            let sign = if beyond { ">" } else { "<" };
            query = match (order.column, cursor.sort.value()) {
                (Some(column), Some(value)) => query
                    .add(&format!(" and ({column}, {}) {sign} (?, ?)", order.id))
                    .bind(value)
                    .bind(cursor.id),
                _ => query.add(&format!(" and {} {sign} ?", order.id)).bind(cursor.id),
            };
        }
        // A literal limit: a bound one makes PostgreSQL plan anew each time.
        let Some(column) = order.column else {
            let way = if order.descending == self.backward { "asc" } else { "desc" };
            return query.add(&format!(" order by {} {way} limit {}", order.id, self.limit + 1));
        };
        query.add(&self.order_by(column, order.id, order))
    }

    /// The same page from behind a row on, in the direction in which it is read.
    pub(crate) fn behind(&self, cursor: Cursor) -> Self {
        let cursor = Some(cursor);
        if self.backward {
            Self { before: cursor, ..self.clone() }
        } else {
            Self { after: cursor, ..self.clone() }
        }
    }

    /// The same page with so many rows, the one more among them.
    pub(crate) fn of_size(&self, rows: usize) -> Self {
        Self { limit: rows.saturating_sub(1), ..self.clone() }
    }

    /// ` order by … limit …` alone, by columns that stand for those of an order.
    pub(crate) fn order_by(&self, column: &str, id: &str, order: Order) -> String {
        let way = if order.descending == self.backward { "asc" } else { "desc" };
        format!(" order by {column} {way}, {id} {way} limit {}", self.limit + 1)
    }

    /// Cuts the row too many off, puts the rows in order and says whether there is more.
    pub(crate) fn finish<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> Cursor) -> Rows<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if self.backward {
            rows.reverse();
        }
        let (next, previous) = if self.backward {
            (self.before.is_some(), more)
        } else {
            (more, self.after.is_some())
        };
        let rows = rows.into_iter().map(|row| (cursor(&row).encode(), row)).collect();
        Rows { rows, has_next_page: next, has_previous_page: previous }
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    /// The rows with their cursors.
    pub rows: Vec<(String, T)>,
    /// Whether rows follow.
    pub has_next_page: bool,
    /// Whether rows come before.
    pub has_previous_page: bool,
}

impl<T> Rows<T> {
    /// The same page of other values.
    pub fn map<U>(self, wrap: impl Fn(T) -> U) -> Rows<U> {
        Rows {
            rows: self.rows.into_iter().map(|(cursor, row)| (cursor, wrap(row))).collect(),
            has_next_page: self.has_next_page,
            has_previous_page: self.has_previous_page,
        }
    }
}

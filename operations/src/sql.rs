//! Statements: plain SQL with `?` for values, the same text for both databases.

use sea_orm::{DbBackend, Statement, Value, sea_query::ArrayType};
use uuid::Uuid;

/// A statement and its values. `= any(?)` takes a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    text: String,
    binds: Vec<Bind>,
}

#[derive(Debug, Clone)]
enum Bind {
    One(Box<Value>),
    Many(ArrayType, Vec<Value>),
}

/// A statement without values yet.
pub(crate) fn sql(text: impl Into<String>) -> Sql {
    Sql { text: text.into(), binds: Vec::new() }
}

impl Sql {
    /// The value of the next `?`.
    #[must_use]
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.binds.push(Bind::One(Box::new(value.into())));
        self
    }

    /// The ids of the next `= any(?)`.
    #[must_use]
    pub(crate) fn ids(mut self, ids: &[Uuid]) -> Self {
        let values = ids.iter().map(|id| Value::from(*id)).collect();
        self.binds.push(Bind::Many(ArrayType::Uuid, values));
        self
    }

    /// The texts of the next `= any(?)`.
    #[must_use]
    pub(crate) fn texts<S: AsRef<str>>(mut self, texts: &[S]) -> Self {
        let values = texts.iter().map(|text| Value::from(text.as_ref())).collect();
        self.binds.push(Bind::Many(ArrayType::String, values));
        self
    }

    /// The numbers of an array: of `unnest`, on `PostgreSQL`.
    #[must_use]
    pub(crate) fn numbers(mut self, numbers: impl Iterator<Item = i64>) -> Self {
        self.binds.push(Bind::Many(ArrayType::BigInt, numbers.map(Value::from).collect()));
        self
    }

    /// Whether nothing was said yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// More text.
    #[must_use]
    pub(crate) fn add(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Another piece with its values.
    #[must_use]
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.text.push_str(&other.text);
        self.binds.extend(other.binds);
        self
    }

    /// The first `*` written out, under its alias if it has one.
    pub(crate) fn columns(mut self, columns: &[&str]) -> Self {
        let Some(star) = self.text.find('*') else { return self };
        let before = self.text.get(..star).unwrap_or_default();
        let alias = before.rsplit(' ').next().unwrap_or_default().to_owned();
        let start = star - alias.len();
        self.text.replace_range(start..=star, &listed(columns, &alias));
        self
    }

    pub(crate) fn build(self, backend: DbBackend) -> Statement {
        let postgres = backend == DbBackend::Postgres;
        let mut text = String::with_capacity(self.text.len() + 16);
        let mut values = Vec::with_capacity(self.binds.len());
        let mut binds = self.binds.into_iter();
        for piece in self.text.split_inclusive('?') {
            let Some(before) = piece.strip_suffix('?') else {
                text.push_str(piece);
                continue;
            };
            text.push_str(before);
            match binds.next() {
                Some(Bind::One(value)) => {
                    values.push(portable(*value, postgres));
                    placeholder(&mut text, values.len(), postgres);
                }
                Some(Bind::Many(kind, list)) if postgres => {
                    values.push(Value::Array(kind, Some(Box::new(list))));
                    placeholder(&mut text, values.len(), postgres);
                }
                Some(Bind::Many(_, list)) => {
                    let kept = text.trim_end_matches("= any(").len();
                    text.truncate(kept);
                    text.push_str("in (");
                    // Padded to powers of two, so that few texts are prepared.
                    let padded = list.len().next_power_of_two();
                    let last = list.last().cloned().unwrap_or(Value::String(None));
                    for (index, value) in
                        list.into_iter().chain(std::iter::repeat(last)).take(padded).enumerate()
                    {
                        text.push_str(if index == 0 { "?" } else { ", ?" });
                        values.push(value);
                    }
                }
                None => text.push('?'),
            }
        }
        Statement::from_sql_and_values(backend, text, values)
    }
}

/// `o.id, o.number`: columns under an alias such as `o.`, or none.
pub(crate) fn listed(columns: &[&str], alias: &str) -> String {
    let mut list = String::with_capacity(columns.len() * 16);
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            list.push_str(", ");
        }
        list.push_str(alias);
        list.push_str(column);
    }
    list
}

fn placeholder(text: &mut String, index: usize, postgres: bool) {
    use std::fmt::Write;
    if postgres {
        let _infallible = write!(text, "${index}");
    } else {
        text.push('?');
    }
}

/// `SQLite` has no time: a fixed-width UTC text stands for it, so that text order is time order.
pub(crate) fn portable(value: Value, postgres: bool) -> Value {
    if let (Value::TimeDateTimeWithTimeZone(at), false) = (&value, postgres) {
        return Value::String(at.map(fixed_width));
    }
    value
}

/// `2026-01-31T09:30:00.000000Z`.
pub(crate) fn fixed_width(at: time::OffsetDateTime) -> String {
    let at = crate::clock::truncate(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_an_array_on_postgres_and_padded_on_sqlite() {
        let ids = [Uuid::nil(), Uuid::max(), Uuid::nil()];
        let query = sql("select 1 where a = ? and id = any(?) and b = ?").bind(1).ids(&ids).bind(2);
        let postgres = query.clone().build(DbBackend::Postgres);
        assert_eq!(postgres.sql, "select 1 where a = $1 and id = any($2) and b = $3");
        let sqlite = query.build(DbBackend::Sqlite);
        assert_eq!(sqlite.sql, "select 1 where a = ? and id in (?, ?, ?, ?) and b = ?");
        assert_eq!(sqlite.values.map(|values| values.0.len()), Some(6));
    }

    #[test]
    fn a_star_is_written_out_under_its_alias() {
        let text = |query: &str| sql(query).columns(&["id", "number"]).text;
        assert_eq!(text("select * from t"), "select id, number from t");
        assert_eq!(text("select o.*, 1 from t o"), "select o.id, o.number, 1 from t o");
    }

    #[test]
    fn an_empty_list_matches_nothing() {
        let sqlite = sql("id = any(?)").ids(&[]).build(DbBackend::Sqlite);
        assert_eq!(sqlite.sql, "id in (?)");
    }
}

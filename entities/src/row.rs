//! Rows are read by the position of their columns: names are looked up for none of them.

use sea_orm::{DbErr, QueryResult};

/// What a query can be read as. Its text begins with `select *` or `select alias.*`, which stands for
/// [`Row::COLUMNS`] in their order.
pub trait Row: Sized {
    /// The columns, in the order in which they are read.
    const COLUMNS: &'static [&'static str];

    /// Reads the columns from the one at `at` on.
    fn read(row: &QueryResult, at: usize) -> Result<Self, DbErr>;
}

/// Reads a `Model`, or some columns of its table, by the position of the columns.
macro_rules! row {
    ($($column:ident),* $(,)?) => {
        crate::row::row! { Model: $($column),* }
    };
    ($row:ident: $($column:ident),* $(,)?) => {
        impl crate::Row for $row {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn read(row: &sea_orm::QueryResult, at: usize) -> Result<Self, sea_orm::DbErr> {
                let mut place = at..;
                let mut next = || place.next().unwrap_or(usize::MAX);
                Ok(Self { $($column: row.try_get_by_index(next())?),* })
            }
        }
    };
}
pub(crate) use row;

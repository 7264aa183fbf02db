//! Work at the locations, as far as placing an order plans it.

pub mod read;
pub(crate) mod sql;

//! Customers: found or made by id, identity or email, what is known of them, and what to know first.

pub mod consent;
pub mod follow;
pub mod list;
pub mod matches;
pub mod merge;
pub mod read;
pub mod resolve;
mod search;
pub mod segments;
mod spelling;
mod sql;
pub mod story;
pub mod upsert;
pub mod value;

pub(crate) use sql::{ALL_RECORDS, WHOM};

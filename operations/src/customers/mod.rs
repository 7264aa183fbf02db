//! Customers: found or made by id, identity or email, what is known of them, and what to know first.

pub mod consent;
pub mod read;
pub mod resolve;
mod sql;
pub mod story;
pub mod upsert;

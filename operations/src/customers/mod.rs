//! Customers, as far as orders need them: found or made by id, identity or email.

pub mod read;
pub mod resolve;
mod sql;

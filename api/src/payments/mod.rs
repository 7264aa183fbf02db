//! Payments in the schema.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod requests;
pub(crate) mod types;

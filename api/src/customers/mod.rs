//! Customers in the schema.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod types;

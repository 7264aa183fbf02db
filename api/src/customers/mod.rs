//! Customers in the schema.

pub(crate) mod merge;
pub(crate) mod mutations;
pub(crate) mod privacy;
pub(crate) mod queries;
pub(crate) mod segments;
pub(crate) mod types;
mod value;

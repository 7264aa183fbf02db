//! Fulfillment in the schema.

pub(crate) mod types;

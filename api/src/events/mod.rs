//! Events in the schema.

pub(crate) mod subscriptions;
pub(crate) mod types;

//! Events in the schema.

pub(crate) mod follow;
pub(crate) mod page;
pub(crate) mod queries;
pub(crate) mod subscriptions;
pub(crate) mod types;

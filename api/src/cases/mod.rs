//! Cases of the contact center in the schema.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod subscriptions;
pub(crate) mod types;

//! Returns, exchanges and claims.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod subscriptions;
pub(crate) mod types;

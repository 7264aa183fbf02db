//! Stock in the schema.

pub(crate) mod counts;
pub(crate) mod mutations;
pub(crate) mod purchasing;
pub(crate) mod queries;
pub(crate) mod replenishment;
pub(crate) mod subscriptions;
pub(crate) mod transfers;
pub(crate) mod types;

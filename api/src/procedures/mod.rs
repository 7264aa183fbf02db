//! Procedures and their tasks.

mod inputs;
pub(crate) mod mutations;
pub(crate) mod queries;
mod rehearse;
pub(crate) mod subscriptions;
pub(crate) mod types;

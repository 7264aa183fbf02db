//! Webhooks in the schema, and the calls themselves.

pub(crate) mod deliveries;
pub(crate) mod endpoints;
pub(crate) mod mutations;
pub(crate) mod queries;
mod sender;
pub(crate) mod types;

pub use sender::Sender;

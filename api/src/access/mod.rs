//! Access in the schema.

mod api_tokens;
pub(crate) mod audit;
pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod types;
mod users;

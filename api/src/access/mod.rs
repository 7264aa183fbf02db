//! Access in the schema.

mod api_tokens;
pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod types;

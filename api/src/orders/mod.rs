//! Orders in the schema.

mod assign;
pub(crate) mod import;
pub(crate) mod mutations;
mod note_add;
mod place;
pub(crate) mod queries;
pub(crate) mod subscriptions;
mod tag;
pub(crate) mod types;

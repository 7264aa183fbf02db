//! Orders in the schema.

mod assign;
mod availability;
mod cancel;
mod consolidate;
mod draft_complete;
mod draft_create;
mod draft_update;
mod edit;
mod hold;
pub(crate) mod import;
pub(crate) mod mutations;
mod note_add;
mod place;
pub(crate) mod queries;
mod release;
mod reroute;
mod risk_decide;
pub(crate) mod subscriptions;
mod substitute;
mod tag;
pub(crate) mod types;

//! Who may come in, and as whom.

pub mod api_token_create;
pub mod api_token_revoke;
pub mod api_token_rotate;
pub mod keys;
pub mod read;
pub mod session;
mod sql;
pub mod user_create;

//! Who may come in, and as whom.

pub mod keys;
pub mod read;
pub mod session;
mod sql;
pub mod token_create;
pub mod user_create;

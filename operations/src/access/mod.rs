//! Who may come in, and as whom.

pub mod api_token_create;
pub mod api_token_revoke;
pub mod api_token_rotate;
pub mod external;
pub mod grants;
pub mod keys;
pub mod password_change;
pub mod read;
pub mod role_define;
pub mod session;
pub(crate) mod sql;
mod throttle;
pub use throttle::network;
pub mod user_create;
pub mod user_update;

//! Orders, from placement on.

pub(crate) mod aggregate;
pub mod assign;
pub mod availability;
pub(crate) mod backorders;
pub mod cancel;
pub mod companions;
pub mod consolidate;
pub(crate) mod doubt;
pub mod draft_complete;
pub mod draft_create;
pub mod draft_update;
pub mod edit;
pub(crate) mod expire;
pub(crate) mod flags;
pub mod hold;
pub mod import;
pub(crate) mod in_hand;
pub(crate) mod input;
pub mod list;
pub mod note_add;
pub mod place;
pub mod pricing;
pub(crate) mod promise;
pub mod read;
pub mod release;
pub mod reroute;
pub(crate) mod review;
pub(crate) mod sql;
pub mod state;
pub mod substitute;
pub(crate) mod supply;
pub mod tag;
pub(crate) mod totals;
pub(crate) mod zones;

pub use in_hand::LineQuantity;
pub use input::{AdjustmentInput, LineInput};

//! Orders, from placement on.

pub mod assign;
pub(crate) mod expire;
pub mod import;
pub(crate) mod input;
pub mod note_add;
pub mod place;
pub mod pricing;
pub mod read;
pub(crate) mod sql;
pub mod state;
pub mod tag;

pub use input::{AdjustmentInput, LineInput};

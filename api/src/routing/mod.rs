//! How locations are chosen.

pub(crate) mod mutations;
pub(crate) mod queries;
mod simulate;
pub(crate) mod types;

//! How locations are chosen.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod types;

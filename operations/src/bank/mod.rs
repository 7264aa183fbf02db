//! Bank statements: what really came.

pub mod files;
pub mod import;
pub(crate) mod sql;
pub mod work;

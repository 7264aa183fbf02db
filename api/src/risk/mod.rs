//! Risk in the schema.

mod back_test;
pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod types;

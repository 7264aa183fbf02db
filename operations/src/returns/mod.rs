//! Returns: what a customer declares, what policy and law say of it, and what becomes of it.
//!
//! Whoever changes a return holds its order, so that what is asked for, on its way and given back is always counted together.

pub mod claim;
mod credit;
mod days;
pub mod decide;
pub mod goods;
pub mod policy;
pub mod quote;
pub mod read;
pub mod request;
pub mod resolve;
pub(crate) mod sql;
pub mod stage;

use serde::Serialize;
use uuid::Uuid;

/// Which return.
#[derive(Debug, Clone, Serialize)]
pub struct WhichReturn {
    /// The return.
    pub return_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

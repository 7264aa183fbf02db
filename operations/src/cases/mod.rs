//! Cases of the contact center: what customers ask for, what is answered, and until when somebody has to.

pub mod assign;
mod clocks;
mod in_hand;
pub mod open;
pub mod read;
pub mod reply;
pub mod resolve;
mod sql;
pub mod update;

use serde::Serialize;
use uuid::Uuid;

pub(crate) use sql::in_reach;

/// Which case.
#[derive(Debug, Clone, Serialize)]
pub struct WhichCase {
    /// The case.
    pub case_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

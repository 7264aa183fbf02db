//! What lies where, and what of it is promised.
//!
//! A level is the sum of its movements: both are written in one transaction, and nothing else
//! changes a level.

pub mod adjust;
pub(crate) mod ledger;
pub mod lines;
pub mod read;
pub mod receive;
pub mod release;
pub mod reserve;
pub mod set_policy;
pub(crate) mod sql;
pub mod upload;
pub mod valuation;
pub(crate) mod value;

//! Payments: what was obtained, captured, released and given back, and who may give how much back.
//!
//! An order keeps its payments in a purse ([`purse`]) while an operation changes it. Each step is a transaction of its
//! payment: done at once where the money is at hand, else pending until somebody says what became of it.

pub mod capture;
pub mod decide;
pub(crate) mod grants;
pub(crate) mod in_hand;
pub(crate) mod purse;
pub mod read;
pub mod record;
pub mod record_for_order;
pub mod refund;
pub mod report;
pub(crate) mod sql;
pub mod void;

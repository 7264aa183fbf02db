//! Invoices and credit notes: issued when goods leave, numbered without gaps, never changed.

pub(crate) mod document;
pub(crate) mod issue;
pub mod paper;
pub mod pay;
pub mod pdf;
pub mod read;
pub(crate) mod sql;
pub mod ubl;

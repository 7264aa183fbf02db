//! Settlements: what providers say they did with our money, line by line.
//!
//! A file is read ([`files`]), its totals are checked ([`totals`]), its lines are written and made visible together
//! ([`import`]), and then matched and booked, some at a time ([`work`]). What does not fit is an exception that a person
//! explains.

pub mod clock;
pub(crate) mod days;
pub(crate) mod exceptions;
pub mod export;
pub mod files;
pub mod import;
pub mod matches;
pub(crate) mod open;
mod pass;
pub mod read;
pub mod reconcile;
pub mod resolve;
pub mod simulate;
pub(crate) mod sql;
pub mod terms;
pub mod totals;
pub mod work;

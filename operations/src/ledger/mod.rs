//! The books: double entry, append-only, one set for each company.
//!
//! Entries are made by [`templates`] from business events, in the transaction of the event, and nowhere else. Every
//! entry balances in each currency and in that of the books; the database refuses to change one; what was wrong is
//! taken back by another entry. A chain behind the writers ([`crate::chain`]) shows that nothing was changed or left out.

pub mod chart;
pub(crate) mod check;
pub mod close;
pub(crate) mod costs;
pub(crate) mod entry;
pub mod export;
pub mod rates;
pub mod read;
pub mod reverse;
mod sql;
pub(crate) mod templates;
#[cfg(test)]
mod worked;

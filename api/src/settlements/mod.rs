//! Settlements, payouts, bank statements and reconciliation.

pub(crate) mod mutations;
pub(crate) mod queries;
pub(crate) mod subscriptions;
pub(crate) mod terms;
pub(crate) mod types;

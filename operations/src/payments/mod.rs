//! Payments, as far as orders need them: what a storefront obtained, what was captured, released and given back.

pub(crate) mod purse;
pub mod read;
pub mod record;
mod sql;

//! Payments, as far as orders need them: what a storefront obtained is recorded.

pub mod read;
pub mod record;
mod sql;

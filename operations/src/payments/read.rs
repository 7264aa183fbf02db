//! Questions about payments: of orders and payments that are in reach already.

pub use super::sql::{by_ids, of_orders, transactions_by_ids, transactions_of};

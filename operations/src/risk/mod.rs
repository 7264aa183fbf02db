//! How doubtful an order is: an explained score at placement, and who decides about it.

pub(crate) mod assess;
pub mod back_test;
pub mod countries;
pub mod decide;
pub mod list_add;
pub mod list_remove;
pub mod read;
pub mod rule_define;
pub mod rules;
pub mod score;
mod sql;

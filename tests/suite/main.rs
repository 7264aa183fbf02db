//! The suite: through HTTP, on a database of its own for each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod catalog;
mod cli;
mod customers;
mod events;
mod front;
mod fulfillment;
mod house;
mod integrity;
mod ledger;
mod orders;
mod payments;
mod procedures;
mod returns;
mod routing;
mod settlements;
mod stock;
mod webhooks;

//! The harness of the suite: an app with a database of its own, personas, and builders that create
//! only through the API.
//!
//! `TEST_DATABASE_URL` names a `PostgreSQL` server on which databases may be made; without it every
//! test runs on a `SQLite` file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![expect(missing_docs, reason = "the harness speaks to its tests alone")]

pub mod app;
pub mod client;
pub mod database;
pub mod plans;
pub mod process;
pub mod random;
pub mod receiver;
pub mod shop;
pub mod stream;
pub mod stripe;

pub use app::TestApp;
pub use client::Client;
pub use receiver::Receiver;
pub use shop::Shop;
pub use stream::Stream;

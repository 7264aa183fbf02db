//! HTTP, GraphQL and the command line. This crate knows no SQL.
//!
//! A mutation's way: [`server`] takes the request, `auth` makes the actor, a resolver translates the
//! input and calls one operation, and the payload wraps what it answered with. Rules live in
//! `operations`.
#![recursion_limit = "512"]

mod access;
mod auth;
mod cases;
mod catalog;
pub mod cli;
pub mod config;
mod context;
mod credit;
mod customers;
mod desk;
mod disputes;
mod downloads;
mod errors;
mod events;
pub mod front;
mod fulfillment;
pub mod ids;
pub mod inbox;
mod integrity;
mod invoices;
mod ledger;
mod loaders;
mod nats;
mod node;
pub mod oidc;
mod orders;
mod paging;
mod payments;
mod procedures;
pub mod providers;
mod returns;
mod risk;
mod routing;
mod scalars;
mod schema;
pub mod server;
mod settlements;
mod stock;
pub mod webhooks;

pub use events::page::page as event_page;
pub use schema::sdl;

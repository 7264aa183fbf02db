//! The front door: transports and limits.

mod guard;
mod http;
mod page;
mod slow;
mod upload;

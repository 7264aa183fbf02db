//! The front door: transports and limits.

mod abandoned;
mod guard;
mod http;
mod page;
mod slow;
mod upload;

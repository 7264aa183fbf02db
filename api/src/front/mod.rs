//! The front door: every transport, one guarded executor behind them.

mod cost;
mod documents;
mod executor;
mod guard;
mod http;
mod limits;
mod listen;
mod origin;
mod outbox;
mod page;
mod rate;
mod sse;
mod upload;
mod ws;

pub(crate) use executor::Executor;
pub(crate) use http::{get, not_found, post, refuse, wrong_method};
pub use limits::Limits;
pub(crate) use listen::listen;
pub(crate) use origin::cors;
pub(crate) use page::routes as page;
pub(crate) use sse::Resume;

//! What people may ask of their data: to have all of them, and to have them erased.
//!
//! An erasure takes the person out of everything that can be changed, and takes the keys away from what cannot. Money, goods, countries, taxes and numbers
//! of documents stay: no total moves. Invoices keep to whom they were made out, sealed, as long as the law asks for it.

mod erase;
mod export;
pub mod read;
pub mod request;
mod retain;
pub mod seal;
mod sql;
pub(crate) mod suppress;

pub(crate) use erase::go_on;
pub use retain::run as retain;

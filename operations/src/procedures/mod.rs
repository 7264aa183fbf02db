//! Standard operating procedures: who has to do what by when. What happens starts, stops and ends their clocks in its own transaction.

mod anchors;
pub mod assign;
pub(crate) mod clock;
pub mod complete;
pub mod condition;
pub mod defaults;
pub mod define;
mod hours;
mod in_hand;
pub(crate) mod known;
pub(crate) mod quarter;
pub(crate) mod react;
pub mod read;
pub mod rehearse;
pub(crate) mod run;
pub mod skip;
pub(crate) mod span;
mod sql;
pub mod step;
mod tell;

pub use condition::Condition;
pub use step::Step;

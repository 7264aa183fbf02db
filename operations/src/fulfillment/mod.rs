//! Work at the locations: pick, pack, ship, hand over, deliver.

pub mod accept;
pub mod customs;
pub mod deliver;
pub mod fail;
mod in_hand;
pub mod pack;
pub mod pick;
pub mod read;
pub mod ready_for_pickup;
pub mod reject;
pub mod ship;
pub(crate) mod sql;
pub mod start_picking;
pub mod state;
pub mod track;

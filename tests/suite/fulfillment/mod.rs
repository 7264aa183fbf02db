//! Work at the locations.

mod flow;
mod list;
mod partner;
mod pick;
mod track;

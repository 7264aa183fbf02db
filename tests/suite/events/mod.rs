mod follow;
mod kinds;
mod log;
mod many;
mod nodes;
mod subscriptions;

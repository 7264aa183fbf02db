mod follow;
mod kinds;
mod log;
mod many;
mod subscriptions;

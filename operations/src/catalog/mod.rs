//! Master data: where orders come from, where stock lies, what is sold, who supplies it.

pub mod calendar;
pub mod channel_upsert;
pub mod delivery_service_define;
pub mod legal_entity_upsert;
pub mod location_upsert;
pub mod products_upsert;
pub mod read;
pub(crate) mod sql;
pub mod supplier_upsert;

//! The rules of the back office. This crate knows no GraphQL and no HTTP.
//!
//! # How to add an operation
//!
//! 1. **Name it once.** `orderCancel` is `orders/cancel.rs` here and in `api`, and its command is
//!    `CancelOrder`: a struct with named fields that says everything the caller decides.
//! 2. **Permission and reach first.** `call.actor.require(…)`, then load through a query that takes
//!    the actor's reach. What is beyond reach is refused as if it were not there.
//! 3. **Check everything, then refuse once.** Note every fault in [`error::Faults`], with the field it
//!    is about, and refuse with all of them before anything is written.
//! 4. **One transaction.** [`idempotency`]'s `once` runs the body under the client's key; the body takes a
//!    `WriteTx` and touches nothing else. It may run again when another transaction was in the way.
//! 5. **Rows, events, stock last.** Put rows into a `Batch`, add what happened with `events::record`, and
//!    change stock with `stock::ledger`, whose conditions stand in the UPDATE. Say with `audit::record` what it
//!    was about and what changed.
//! 6. **Declare and verify.** A new kind of event is declared in [`events`]; a new promise of the books
//!    is checked in [`integrity`].
#![recursion_limit = "512"]

pub mod access;
pub mod actor;
pub mod audit;
pub mod bank;
pub mod cases;
pub mod catalog;
pub mod chain;
pub mod checks;
pub mod clock;
pub mod counts;
pub mod credit;
pub mod customers;
pub mod disputes;
pub mod error;
pub mod events;
pub mod fulfillment;
pub mod hints;
pub mod idempotency;
pub mod ids;
pub mod integrity;
pub mod invoices;
pub mod ledger;
pub mod money;
pub mod orders;
pub mod page;
pub mod payments;
pub mod permissions;
pub mod privacy;
pub mod procedures;
pub mod providers;
pub mod purchasing;
pub mod replenishment;
pub mod returns;
pub mod risk;
pub mod routing;
#[cfg(test)]
pub(crate) mod samples;
pub mod secrets;
pub mod settlements;
pub(crate) mod sql;
pub mod stock;
pub mod store;
pub mod tax;
pub mod timers;
pub mod transfers;
pub mod webhooks;
pub(crate) mod work_list;

pub use actor::Actor;
pub use error::{Error, Refusal, RefusalCode, Result};
pub use idempotency::Call;
pub use store::{Read, Store, StoreOptions, WriteTx};

/// Serializes an enum as the text that its column holds.
pub(crate) fn as_column<E, S>(value: &E, serializer: S) -> std::result::Result<S::Ok, S::Error>
where
    E: sea_orm::ActiveEnum<Value = String>,
    S: serde::Serializer,
{
    serializer.serialize_str(&value.to_value())
}

/// The same of an enum that may be missing.
#[expect(clippy::ref_option, reason = "serde's signature")]
pub(crate) fn as_optional_column<E, S>(
    value: &Option<E>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error>
where
    E: sea_orm::ActiveEnum<Value = String>,
    S: serde::Serializer,
{
    match value {
        Some(value) => serializer.serialize_some(&value.to_value()),
        None => serializer.serialize_none(),
    }
}

/// Lists of enums as the texts that their columns hold, there and back.
pub(crate) mod as_columns {
    use sea_orm::ActiveEnum;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<E, S>(values: &Option<Vec<E>>, serializer: S) -> Result<S::Ok, S::Error>
    where
        E: ActiveEnum<Value = String>,
        S: Serializer,
    {
        let names = |values: &Vec<E>| values.iter().map(ActiveEnum::to_value).collect();
        let names: Option<Vec<String>> = values.as_ref().map(names);
        names.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, E, D>(deserializer: D) -> Result<Option<Vec<E>>, D::Error>
    where
        E: ActiveEnum<Value = String>,
        D: Deserializer<'de>,
    {
        let names: Option<Vec<String>> = Option::deserialize(deserializer)?;
        let value = |name: String| E::try_from_value(&name).map_err(D::Error::custom);
        names.map(|names| names.into_iter().map(value).collect()).transpose()
    }
}

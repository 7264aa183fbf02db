//! Disputes: a payer's bank asks, takes money back, and gives it back or keeps it.
//!
//! Money moves as the scheme moves it: an inquiry moves none, a chargeback takes amount and fee, what is won comes back
//! without the fee, and a later stage may take it again.

pub(crate) mod due;
mod evidence;
pub mod read;
pub mod record;
pub mod resolve;
mod sql;
pub mod submit;

use crate::error::{Error, Result};
use crate::events::{EventKind, NewEvent};
use crate::money::Currency;
use entities::{dispute, order};
use serde_json::Value as Json;

/// What happened to a dispute, for the log.
pub(crate) fn told(
    order: &order::Model,
    dispute: &dispute::Model,
    kind: &'static EventKind,
    mut data: Json,
) -> NewEvent {
    let currency = Currency::from_code(&dispute.currency);
    if let Some(fields) = data.as_object_mut() {
        let amount = currency.map(|currency| currency.decimal(dispute.amount_minor));
        fields.insert("amount".into(), serde_json::json!(amount));
        fields.insert("currency".into(), serde_json::json!(dispute.currency));
    }
    NewEvent {
        order: Some(order.id),
        customer: order.customer_id,
        channel: Some(order.channel_id),
        ..NewEvent::new(kind, ("dsp", dispute.id), data)
    }
}

fn currency_of(dispute: &dispute::Model) -> Result<Currency> {
    Currency::from_code(&dispute.currency)
        .ok_or_else(|| Error::Internal("a dispute without a currency".into()))
}

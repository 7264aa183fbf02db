//! Returns: what a customer declares, what policy and law say of it, and what becomes of it.
//!
//! Whoever changes a return holds its order, so that what is asked for, on its way and given back is always counted together.

pub mod claim;
mod credit;
mod days;
pub mod decide;
mod exchange;
pub mod goods;
pub mod import;
pub mod policy;
mod promotions;
pub mod quote;
pub mod read;
pub mod request;
pub mod resolve;
pub mod signals;
pub(crate) mod sql;
pub mod stage;
pub(crate) mod undeliverable;
pub mod way_back;

use crate::actor::Actor;
use crate::error::Result;
use crate::store::WriteTx;
use entities::enums::{ReturnKind, ReturnReason, ReturnState};
use entities::{return_line, return_row};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

pub(crate) use sql::{OVERDUE, reached as in_reach};

/// A return of which nothing is known yet, under the next number.
async fn blank(
    tx: &WriteTx,
    actor: &Actor,
    (state, kind): (ReturnState, ReturnKind),
) -> Result<return_row::Model> {
    let number = tx.next_numbers("return_numbers", 1).await?.pop().unwrap_or_default();
    Ok(return_row::Model {
        id: tx.id(),
        version: 1,
        number: format!("R-{number}"),
        order_id: None,
        customer_id: None,
        channel_id: None,
        state,
        kind,
        policy_id: None,
        location_id: None,
        currency: None,
        comment: None,
        requested_at: tx.now(),
        approved_at: None,
        refund_due_at: None,
        paused_since: None,
        paused_seconds: 0,
        overridden: false,
        goods_stay: false,
        carrier: None,
        tracking_number: None,
        tracking_key: None,
        outbound_parcel_id: None,
        rejected_because: None,
        received_at: None,
        resolved_at: None,
        resolution: None,
        resolved_quote: None,
        refunded_minor: 0,
        store_credit_minor: 0,
        exchanged_minor: 0,
        note: None,
        exchange_order_id: None,
        replacement_order_id: None,
        exchange_total_minor: 0,
        exchange_tax_minor: 0,
        actor_kind: actor.kind,
        actor_id: actor.id,
        created_at: tx.now(),
    })
}

/// Units of which nobody said anything.
fn blank_line(
    tx: &WriteTx,
    return_id: Uuid,
    position: i32,
    (sku, quantity): (&str, i32),
) -> return_line::Model {
    return_line::Model {
        id: tx.id(),
        return_id,
        position,
        order_line_id: None,
        variant_id: None,
        sku: sku.to_owned(),
        quantity,
        reason: ReturnReason::Other,
        comment: None,
        evidence_urls: json!([]),
        quantity_received: 0,
        exchange_variant_id: None,
        exchange_sku: None,
        exchange_unit_minor: None,
        exchange_discount_minor: None,
        imported_credit_id: None,
    }
}

/// Which return.
#[derive(Debug, Clone, Serialize)]
pub struct WhichReturn {
    /// The return.
    pub return_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

//! The parcel on its way back: what carriers say of it moves its return.

use super::decide::{InHand, strike};
use super::{WhichReturn, sql};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events;
use crate::fulfillment::sql as work_sql;
use crate::fulfillment::track::stand;
use crate::store::{Batch, Db, WriteTx};
use entities::enums::{RefundTrigger, ReturnState, TrackingStatus};
use entities::{parcel, return_row, tracking_event};
use sea_orm::ActiveEnum;
use serde_json::json;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// The parcel of a return whose number is known; one that `arrived` is here.
pub(super) fn parcel(
    tx: &WriteTx,
    row: &return_row::Model,
    arrived: Option<OffsetDateTime>,
) -> Option<parcel::Model> {
    let number = row.tracking_number.clone()?;
    let status =
        if arrived.is_some() { TrackingStatus::Delivered } else { TrackingStatus::LabelCreated };
    Some(parcel::Model {
        id: tx.id(),
        fulfillment_id: None,
        position: 0,
        carrier: row.carrier.clone(),
        tracking_number: Some(number),
        tracking_key: row.tracking_key.clone(),
        tracking_url: None,
        weight_grams: None,
        status: Some(status),
        shipped_at: None,
        delivered_at: arrived,
        received_by: None,
        customs: None,
        created_at: tx.now(),
        return_id: Some(row.id),
    })
}

/// The parcel of a return within reach that goes by a number; the newest.
pub(crate) async fn tracked(
    tx: &WriteTx,
    actor: &Actor,
    (carrier, key): (Option<&str>, &str),
) -> Result<Option<parcel::Model>> {
    let parcels = work_sql::tracked_back(tx, (carrier, key)).await?;
    let ids: Vec<Uuid> = parcels.iter().filter_map(|row| row.return_id).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let seen = sql::returns_by_ids(tx, actor, &ids).await?;
    let reached = |row: &parcel::Model| seen.iter().any(|one| Some(one.id) == row.return_id);
    Ok(parcels.into_iter().find(reached))
}

/// Notes what a carrier said of such a parcel.
pub(crate) async fn track(
    tx: &WriteTx,
    actor: &Actor,
    (mut parcel, event): (parcel::Model, tracking_event::Model),
) -> Result<()> {
    let return_id = parcel.return_id.ok_or(Error::Contended)?;
    let which = WhichReturn { return_id, expected_version: None };
    let mut found = InHand::take(tx, actor, &which).await?;
    let mut known = work_sql::tracking_of(tx, &[parcel.id]).await?;
    if known.iter().any(|one| one.at == event.at && one.status == event.status) {
        return Ok(());
    }
    known.push(event.clone());
    known.sort_by_key(|one| (one.at, one.status));
    stand(&mut parcel, &known);
    // It left with the first that a carrier had in hand.
    let in_hand = |one: &&tracking_event::Model| one.status != TrackingStatus::LabelCreated;
    let sent = known.iter().find(in_hand).map(|one| one.at);
    parcel.shipped_at = sent;
    if sent.is_some() && found.row.state == ReturnState::Approved {
        let policy = sql::policy_of(tx, found.row.policy_id).await?;
        let order = found.order().cloned();
        found.row.state = ReturnState::InTransit;
        let of = (order.as_ref(), policy.as_ref());
        // What counts is when it was proven.
        strike(tx, &mut found.row, of, (RefundTrigger::Dispatch, tx.now())).await?;
    }
    let mut batch = Batch::default();
    batch.save(&parcel);
    batch.add(&event);
    let stands = parcel.status.unwrap_or(event.status);
    let data = json!({
        "number": found.row.number,
        "status": event.status.to_value(),
        "parcelStatus": stands.to_value(),
    });
    found.write(tx, actor, batch, (events::RETURN_TRACKED, data)).await?;
    Ok(())
}

/// The parcels of returns, by return.
pub async fn of_returns(db: &Db, returns: &[Uuid]) -> Result<HashMap<Uuid, parcel::Model>> {
    let rows = work_sql::parcels_of_returns(db, returns).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.return_id?, row))).collect())
}

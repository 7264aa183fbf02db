//! `trackingReport`: what a carrier says of a parcel, late, repeated and out of order.

use super::deliver::hand_over;
use super::in_hand;
use super::sql;
use super::state::{Step, follow, next};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::Tracked;
use crate::permissions::Permission;
use crate::returns::{undeliverable, way_back};
use crate::store::{Batch, Store};
use entities::enums::TrackingStatus;
use entities::{parcel, tracking_event};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a carrier says.
#[derive(Debug, Clone, Serialize)]
pub struct ReportTracking {
    /// Which carrier; any without it.
    pub carrier: Option<String>,
    /// The parcel, by the carrier's number.
    pub tracking_number: String,
    /// Where it stood.
    #[serde(serialize_with = "crate::as_column")]
    pub status: TrackingStatus,
    /// When, by the carrier's clock.
    pub at: OffsetDateTime,
    /// Where.
    pub place: Option<String>,
    /// What else was said.
    pub detail: Option<String>,
}

/// Records what was said and answers with the id of the parcel. The same again changes nothing; where a parcel
/// stands follows from all that is known, by the carrier's clock.
pub async fn track(store: &Store, call: Call<'_>, command: &ReportTracking) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    let number = checks::text(&mut faults, "trackingNumber", &command.tracking_number, 100);
    let carrier = checks::optional(&mut faults, "carrier", command.carrier.as_deref(), 100);
    let place = checks::optional(&mut faults, "place", command.place.as_deref(), 200);
    let detail = checks::optional(&mut faults, "detail", command.detail.as_deref(), 1_000);
    faults.check()?;
    let (number, carrier, place, detail) = (&number, &carrier, &place, &detail);
    once(store, call, "trackingReport", command, |tx| async move {
        let at = in_hand::moment(&tx, "at", Some(command.at))?;
        let key = sql::tracking_key(number);
        let named = sql::tracked(&tx, call.actor, (carrier.as_deref(), &key)).await?;
        let mut reached = None;
        for (parcel, work) in
            named.into_iter().filter_map(|row| Some((row.id, row.fulfillment_id?)))
        {
            if !super::read::reached(&tx, call.actor, &[work]).await?.is_empty() {
                reached = Some((parcel, work));
                break;
            }
        }
        let said = |parcel_id: Uuid| tracking_event::Model {
            id: tx.id(),
            parcel_id,
            status: command.status,
            at,
            place: place.clone(),
            detail: detail.clone(),
            reported_at: tx.now(),
        };
        let Some((id, work)) = reached else {
            let named = (carrier.as_deref(), key.as_str());
            let back = way_back::tracked(&tx, call.actor, named).await?;
            let missing = || Error::refused(checks::not_found("trackingNumber", "parcel"));
            let parcel = back.ok_or_else(missing)?;
            let (id, event) = (parcel.id, said(parcel.id));
            way_back::track(&tx, call.actor, (parcel, event)).await?;
            return Ok(id);
        };
        let mut found = in_hand::take(&tx, call.actor, work, None).await?;
        found.load_parcels(&tx, work).await?;
        let mut known = sql::tracking_of(&tx, &[id]).await?;
        if known.iter().any(|one| one.at == at && one.status == command.status) {
            return Ok(id);
        }
        let event = said(id);
        known.push(event.clone());
        known.sort_by_key(|one| (one.at, one.status));
        let work_now = found.work_mut(work)?;
        let Some(parcel) = work_now.parcels.iter_mut().find(|parcel| parcel.id == id) else {
            return Err(Error::Contended);
        };
        let before = parcel.status;
        stand(parcel, &known);
        let (status, stands) = (parcel.status, (**parcel).clone());
        let last = all_there(&work_now.parcels);
        let state = work_now.row.state;
        let left = work_now.row.shipped_at;
        let data = json!({
            "fulfillmentId": work,
            "status": command.status.to_value(),
            "parcelStatus": status.unwrap_or(command.status).to_value(),
        });
        note(&mut found, (work, id), &data);
        if let Some(last) = last
            && left.is_some()
            && next(state, Step::Deliver).is_some()
        {
            hand_over(&mut found, work, last)?;
        }
        let mut batch = Batch::default();
        batch.add(&event);
        let back = Some(TrackingStatus::ReturnedToSender);
        if left.is_some() && status == back && before != back {
            let all = (&mut found, &mut batch);
            undeliverable::come_back(&tx, call.actor, all, (work, &stands)).await?;
        }
        audit::record(&tx, call.actor, &mut batch, Some(("pcl", id)), &audit::made(&data));
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// Where a parcel stands by all that carriers said of it, in the order of their clocks.
pub(crate) fn stand(parcel: &mut parcel::Model, said: &[tracking_event::Model]) {
    let arrived = said.iter().find(|one| one.status == TrackingStatus::Delivered);
    let label = parcel.tracking_number.as_ref().map(|_| TrackingStatus::LabelCreated);
    let from = match (parcel.delivered_at, parcel.shipped_at) {
        // Somebody took it in, whatever carriers say.
        (Some(_), _) if arrived.is_none() => Some(TrackingStatus::Delivered),
        (_, Some(_)) => Some(TrackingStatus::InTransit),
        (_, None) => label,
    };
    parcel.status = said.iter().fold(from, |stands, one| Some(follow(stands, one.status)));
    parcel.delivered_at = arrived.map(|one| one.at).or(parcel.delivered_at);
}

/// When the last of the parcels arrived; none while one is missing.
pub(super) fn all_there(parcels: &[Tracked<parcel::Model>]) -> Option<OffsetDateTime> {
    let arrived = |parcel: &Tracked<parcel::Model>| {
        let there = parcel.status == Some(TrackingStatus::Delivered);
        parcel.delivered_at.filter(|_| there)
    };
    let all = parcels.iter().map(arrived).collect::<Option<Vec<OffsetDateTime>>>();
    all.and_then(|moments| moments.into_iter().max())
}

/// What happened to a parcel, told to each order in it.
fn note(
    found: &mut crate::orders::aggregate::Aggregate,
    (work, parcel): (Uuid, Uuid),
    data: &serde_json::Value,
) {
    let Some(one) = found.work.iter().find(|one| one.row.id == work) else { return };
    let location = Some(one.row.location_id);
    let orders = one.orders.clone();
    for order in orders {
        let Some(one) = found.order(order) else { continue };
        let about = crate::orders::aggregate::about(
            &one.row,
            events::PARCEL_TRACKED,
            ("pcl", parcel),
            data.clone(),
        );
        found.note(crate::events::NewEvent { location, ..about });
    }
}

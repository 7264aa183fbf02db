//! `fulfillmentPack`: put what was fetched into parcels.

use super::customs;
use super::in_hand;
use super::sql::tracking_key;
use super::state::Step;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::aggregate::{Aggregate, Tracked, live, units};
use crate::permissions::Permission;
use crate::stock::receive::SkuQuantity;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::TrackingStatus;
use entities::{parcel, parcel_line};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What goes into which parcel.
#[derive(Debug, Clone, Serialize)]
pub struct PackFulfillment {
    /// The fulfillment.
    pub fulfillment_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// The parcels.
    pub parcels: Vec<PackParcel>,
}

/// A parcel.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PackParcel {
    /// What is in it.
    pub lines: Vec<SkuQuantity>,
    /// How heavy it is.
    pub weight_grams: Option<i32>,
    /// Who carries it.
    pub carrier: Option<String>,
    /// What the carrier calls it.
    pub tracking_number: Option<String>,
    /// Where to follow it.
    pub tracking_url: Option<String>,
}

/// Parcels of one fulfillment at most.
const MAX_PARCELS: usize = 100;

/// Packs and answers with the id of the fulfillment.
pub async fn pack(store: &Store, call: Call<'_>, command: &PackFulfillment) -> Result<Uuid> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let mut faults = Faults::default();
    check(&mut faults, &command.parcels);
    faults.check()?;
    once(store, call, "fulfillmentPack", command, |tx| async move {
        let id = command.fulfillment_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        in_hand::step(&mut found, id, Step::Pack, "fulfillmentId")?;
        insist_fetched(&found, id)?;
        put_into(&tx, &mut found, id, &command.parcels).await?;
        found.work_mut(id)?.row.packed_at = Some(tx.now());
        let data = json!({ "parcels": command.parcels.len() });
        found.note_work(id, events::FULFILLMENT_PACKED, &data);
        let mut batch = Batch::default();
        audit::record(&tx, call.actor, &mut batch, Some(("ful", id)), &audit::made(&data));
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// Refuses what is still being looked for.
pub(super) fn insist_fetched(found: &Aggregate, id: Uuid) -> Result<()> {
    let work = in_hand::work(found, id)?;
    if work.row.picked_at.is_some() {
        return Ok(());
    }
    let message = "is not picked yet: report what was found first";
    Err(Error::refused(Refusal::new(RefusalCode::StateConflict, "fulfillmentId", message)))
}

/// What of parcels needs no database to be checked.
pub(super) fn check(faults: &mut Faults, parcels: &[PackParcel]) {
    if parcels.is_empty() || parcels.len() > MAX_PARCELS {
        let message = format!("takes 1 to {MAX_PARCELS} parcels");
        faults.add(RefusalCode::LimitExceeded, "parcels", message);
    }
    for (index, parcel) in parcels.iter().enumerate() {
        let at = |name: &str| format!("parcels.{index}.{name}");
        checks::optional(faults, &at("carrier"), parcel.carrier.as_deref(), 100);
        checks::optional(faults, &at("trackingNumber"), parcel.tracking_number.as_deref(), 100);
        if let Some(url) = parcel.tracking_url.as_deref() {
            let web =
                url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !web || url.len() > 2_000 {
                let message = "is an address of the web, such as https://carrier.example/1";
                faults.add(RefusalCode::Invalid, &at("trackingUrl"), message);
            }
        }
        if let Some(grams) = parcel.weight_grams {
            checks::within(faults, &at("weightGrams"), grams, 1, 10_000_000);
        }
        if parcel.lines.is_empty() {
            faults.add(RefusalCode::Required, &at("lines"), "a parcel has something in it");
        }
        for (line, one) in parcel.lines.iter().enumerate() {
            let field = at(&format!("lines.{line}.quantity"));
            checks::within(faults, &field, one.quantity, 1, 1_000_000);
        }
        let number = |parcel: &PackParcel| parcel.tracking_number.as_deref().map(tracking_key);
        let twice = parcels.iter().take(index).any(|other| number(other) == number(parcel));
        if number(parcel).is_some_and(|key| !key.is_empty()) && twice {
            let message = "stands on two parcels";
            faults.add(RefusalCode::Duplicate, &at("trackingNumber"), message);
        }
    }
}

/// Puts everything in the work into parcels: neither more nor less.
pub(super) async fn put_into(
    tx: &WriteTx,
    found: &mut Aggregate,
    id: Uuid,
    parcels: &[PackParcel],
) -> Result<()> {
    let work = found.work_mut(id)?;
    let mut faults = Faults::default();
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    for line in work.lines.iter().filter(|line| live(line) > 0) {
        *left.entry(line.sku.clone()).or_insert(0) += live(line);
    }
    for (index, parcel) in parcels.iter().enumerate() {
        for (line, one) in parcel.lines.iter().enumerate() {
            let at = |name: &str| format!("parcels.{index}.lines.{line}.{name}");
            let Some(rest) = left.get_mut(one.sku.trim()) else {
                faults.push(checks::not_found(&at("sku"), "SKU in this fulfillment"));
                continue;
            };
            *rest -= i64::from(one.quantity);
            if *rest < 0 {
                let message = format!("{} more of {} than there are", -*rest, one.sku.trim());
                faults.add(RefusalCode::AmountExceeded, &at("quantity"), message);
                *rest = 0;
            }
        }
    }
    if faults.is_empty() {
        for (sku, rest) in left.iter().filter(|(_, rest)| **rest > 0) {
            let message = format!("{rest} of {sku} are in no parcel");
            faults.add(RefusalCode::Required, "parcels", message);
        }
    }
    faults.check()?;
    let mut open: Vec<(Uuid, String, i64)> =
        work.lines.iter().map(|line| (line.id, line.sku.clone(), live(line))).collect();
    let first = i32::try_from(work.parcels.len()).unwrap_or(0);
    for (position, input) in (first..).zip(parcels) {
        let text = |value: &Option<String>| {
            value.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let number = text(&input.tracking_number);
        let row = parcel::Model {
            id: tx.id(),
            fulfillment_id: Some(id),
            position,
            carrier: text(&input.carrier),
            tracking_key: number.as_deref().map(tracking_key),
            status: number.as_ref().map(|_| TrackingStatus::LabelCreated),
            tracking_number: number,
            tracking_url: text(&input.tracking_url),
            weight_grams: input.weight_grams,
            shipped_at: None,
            delivered_at: None,
            received_by: None,
            customs: None,
            created_at: tx.now(),
            return_id: None,
        };
        for one in &input.lines {
            let mut rest = i64::from(one.quantity);
            for (line, sku, units_open) in
                open.iter_mut().filter(|(_, sku, _)| sku == one.sku.trim())
            {
                let here = rest.min(*units_open);
                if here == 0 {
                    continue;
                }
                rest -= here;
                *units_open -= here;
                let same = |row_: &&mut Tracked<parcel_line::Model>| {
                    row_.parcel_id == row.id && row_.fulfillment_line_id == *line
                };
                if let Some(known) = work.parcel_lines.iter_mut().find(same) {
                    known.quantity += units(here);
                    continue;
                }
                work.parcel_lines.push(Tracked::new(parcel_line::Model {
                    parcel_id: row.id,
                    fulfillment_line_id: *line,
                    sku: sku.clone(),
                    quantity: units(here),
                }));
            }
        }
        work.parcels.push(Tracked::new(row));
    }
    customs::declare(tx, found, id).await
}

/// One parcel with everything in it.
pub(super) fn all_in_one(found: &Aggregate, id: Uuid) -> Result<Vec<PackParcel>> {
    let mut skus: BTreeMap<String, i64> = BTreeMap::new();
    for line in in_hand::work(found, id)?.lines.iter().filter(|line| live(line) > 0) {
        *skus.entry(line.sku.clone()).or_insert(0) += live(line);
    }
    let lines =
        skus.into_iter().map(|(sku, count)| SkuQuantity { sku, quantity: units(count) }).collect();
    Ok(vec![PackParcel { lines, ..PackParcel::default() }])
}

//! Questions about fulfillments.

use super::sql;
pub use super::sql::{
    lines_of, of_orders, order_numbers_of, orders_of, parcel_lines_of, parcels_of, tracking_of,
};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::page::{Cursor, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::FulfillmentState;
use entities::{fulfillment, parcel};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

/// Which fulfillments: every condition given must hold.
#[derive(Debug, Clone, Default)]
pub struct FulfillmentFilter {
    /// By its number.
    pub number: Option<String>,
    /// In these states.
    pub states: Option<Vec<FulfillmentState>>,
    /// At these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// Of this user.
    pub assignee_id: Option<Uuid>,
    /// To leave from this moment.
    pub ship_by_from: Option<OffsetDateTime>,
    /// To leave before this moment.
    pub ship_by_to: Option<OffsetDateTime>,
    /// For this order.
    pub order_id: Option<Uuid>,
    /// With a parcel of this number.
    pub tracking_number: Option<String>,
}

impl FulfillmentFilter {
    /// Whether a fulfillment fits, as far as its own row tells; `order_id` and `tracking_number` it does not.
    pub fn fits(&self, row: &fulfillment::Model) -> bool {
        let one_of =
            |ids: &Option<Vec<Uuid>>| ids.as_ref().is_none_or(|ids| ids.contains(&row.location_id));
        let number = |number: &String| number.trim().eq_ignore_ascii_case(&row.number);
        let ship_by = |bound: Option<OffsetDateTime>, early: bool| {
            bound.is_none_or(|bound| row.ship_by.is_some_and(|at| (at < bound) == early))
        };
        self.number.as_ref().is_none_or(number)
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state))
            && one_of(&self.location_ids)
            && self.assignee_id.is_none_or(|user| row.assignee_id == Some(user))
            && ship_by(self.ship_by_from, false)
            && ship_by(self.ship_by_to, true)
    }

    /// Whether a parcel has the number that is looked for.
    pub fn fits_parcel(&self, parcel: &parcel::Model) -> bool {
        let key = self.tracking_number.as_deref().map(sql::tracking_key);
        key.is_none() || parcel.tracking_key == key
    }
}

/// Fulfillments by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<fulfillment::Model>> {
    actor.require(Permission::FulfillmentRead)?;
    reached(db, actor, ids).await
}

/// The same, whatever the actor may read.
pub(super) async fn reached(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<fulfillment::Model>> {
    let rows = sql::at_reached_locations(db, actor, ids).await?;
    let Some(_) = &actor.reach.channels else { return Ok(rows) };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let reached = sql::of_reached_channels(db, actor, &ids).await?;
    Ok(rows.into_iter().filter(|row| reached.contains(&row.id)).collect())
}

/// A page of fulfillments: what leaves first stands first.
pub async fn fulfillments(
    db: &Db,
    actor: &Actor,
    filter: &FulfillmentFilter,
    page: &PageArgs,
) -> Result<Rows<fulfillment::Model>> {
    actor.require(Permission::FulfillmentRead)?;
    let order = sql::by_ship_by(db);
    let page = page.check(order)?;
    let rows = sql::list(db, actor, filter, &page).await?;
    Ok(page.finish(rows, |row| {
        let at = row.ship_by.unwrap_or(datetime!(9999-12-31 0:00 UTC));
        Cursor::new(SortValue::at(at), row.id)
    }))
}

/// How many fulfillments a filter finds.
pub async fn fulfillments_count(db: &Db, actor: &Actor, filter: &FulfillmentFilter) -> Result<i64> {
    actor.require(Permission::FulfillmentRead)?;
    sql::count(db, actor, filter).await
}

/// Parcels by id, within reach: those of fulfillments, and those that bring returns back.
pub async fn parcels_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<parcel::Model>> {
    if !actor.may(Permission::ReturnsRead) {
        actor.require(Permission::FulfillmentRead)?;
    }
    let mut back = sql::parcels_back(db, ids).await?;
    if !back.is_empty() {
        let returns: Vec<Uuid> = back.iter().filter_map(|row| row.return_id).collect();
        let seen = crate::returns::sql::returns_by_ids(db, actor, &returns).await?;
        back.retain(|row| seen.iter().any(|one| Some(one.id) == row.return_id));
    }
    let outward = actor.may(Permission::FulfillmentRead);
    if back.len() == ids.len() || (!outward && !back.is_empty()) {
        return Ok(back);
    }
    actor.require(Permission::FulfillmentRead)?;
    let rows = sql::parcels_at_reached_locations(db, actor, ids).await?;
    let work: Vec<Uuid> = rows.iter().filter_map(|row| row.fulfillment_id).collect();
    let seen: Vec<Uuid> = reached(db, actor, &work).await?.into_iter().map(|row| row.id).collect();
    let is_seen = |row: &parcel::Model| row.fulfillment_id.is_some_and(|id| seen.contains(&id));
    Ok(rows.into_iter().filter(is_seen).chain(back).collect())
}

/// What to fetch from the shelves, of one variant.
#[derive(Debug, Clone)]
pub struct PickItem {
    /// The variant.
    pub variant_id: Uuid,
    /// Units in all.
    pub quantity: i64,
    /// For these fulfillments.
    pub fulfillments: Vec<Uuid>,
}

/// What a page takes at most, before it is given another size.
const MAX_PAGE: i32 = 100;
/// Fulfillments of one pick list at most.
pub const MAX_PICKED: i32 = 200;

/// What to fetch for a batch of fulfillments at a location, summed by SKU: those that are named, or those that
/// are open and leave first.
pub async fn pick_list(
    db: &Db,
    actor: &Actor,
    location: Uuid,
    fulfillments: Option<&[Uuid]>,
    limit: Option<i32>,
) -> Result<Vec<PickItem>> {
    actor.require(Permission::FulfillmentRead)?;
    if !actor.reach.has_location(location) {
        return Ok(Vec::new());
    }
    let limit = limit.unwrap_or(50);
    if !(1..=MAX_PICKED).contains(&limit) || fulfillments.is_some_and(|ids| ids.len() > 200) {
        return Err(Error::BadInput(format!("`limit` is 1 to {MAX_PICKED}, as many ids at most")));
    }
    let rows = if let Some(ids) = fulfillments {
        reached(db, actor, ids).await?
    } else {
        let filter = FulfillmentFilter {
            states: Some(vec![FulfillmentState::Open]),
            location_ids: Some(vec![location]),
            ..FulfillmentFilter::default()
        };
        let first = PageArgs { first: Some(limit.min(MAX_PAGE)), ..PageArgs::default() };
        let first = first.check(sql::by_ship_by(db))?;
        let wanted = usize::try_from(limit).unwrap_or_default();
        sql::list(db, actor, &filter, &first.of_size(wanted)).await?
    };
    let open = |row: &&fulfillment::Model| {
        row.location_id == location
            && matches!(row.state, FulfillmentState::Open | FulfillmentState::Picking)
    };
    let ids: Vec<Uuid> = rows.iter().filter(open).map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut items: BTreeMap<(String, Uuid), PickItem> = BTreeMap::new();
    for line in lines_of(db, &ids).await? {
        let left = i64::from(line.quantity - line.quantity_short - line.quantity_picked);
        let Some(variant_id) = line.variant_id.filter(|_| left > 0) else { continue };
        let item = items.entry((line.sku, variant_id)).or_insert_with(|| PickItem {
            variant_id,
            quantity: 0,
            fulfillments: Vec::new(),
        });
        item.quantity += left;
        if !item.fulfillments.contains(&line.fulfillment_id) {
            item.fulfillments.push(line.fulfillment_id);
        }
    }
    Ok(items.into_values().collect())
}

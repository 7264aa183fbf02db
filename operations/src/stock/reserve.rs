//! `stockReserve`: hold stock for a checkout, for a while.

use super::ledger::Move;
use super::read::available;
use super::receive::SkuQuantity;
use super::sql;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::orders::backorders;
use crate::permissions::Permission;
use crate::routing::search::{Plan, Wanted};
use crate::routing::{Job as Routing, Point, Router};
use crate::store::{Batch, Db, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::ReservationState;
use entities::{stock_level, stock_reservation, stock_reservation_line, variant};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use time::Duration;
use uuid::Uuid;

/// What a checkout wants held.
#[derive(Debug, Clone, Serialize)]
pub struct ReserveStock {
    /// The channel of the checkout.
    pub channel_id: Uuid,
    /// What.
    pub lines: Vec<SkuQuantity>,
    /// For 60 to 3,600 seconds.
    pub expires_in_seconds: i32,
    /// Where it will go.
    pub destination: Option<Address>,
    /// Where it will be fetched.
    pub pickup_location_id: Option<Uuid>,
    /// The active reservation of the same checkout, given back in the same transaction.
    pub replaces_id: Option<Uuid>,
}

/// Holds stock and answers with the id of the reservation.
pub async fn reserve(store: &Store, call: Call<'_>, command: &ReserveStock) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    super::lines::check(&mut faults, "lines", &command.lines, 1, (1, 1_000_000));
    checks::within(&mut faults, "expiresInSeconds", command.expires_in_seconds, 60, 3_600);
    if let Some(destination) = &command.destination {
        destination.check(&mut faults, "destination");
    }
    faults.check()?;
    once(store, call, "stockReserve", command, |tx| hold(tx, call.actor, command)).await
}

async fn hold(tx: WriteTx, actor: &Actor, command: &ReserveStock) -> Result<Uuid> {
    let mut faults = Faults::default();
    let channel = catalog::channels(&tx, &[command.channel_id]).await?.pop();
    let channel = channel.filter(|channel| actor.reach.has_channel(channel.id));
    let Some(channel) = channel else {
        return Err(Error::refused(checks::not_found("channelId", "channel")));
    };
    let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
    let goods = Goods::load(&tx, &skus).await?;
    for (index, sku) in skus.iter().enumerate() {
        goods.check(&mut faults, &format!("lines.{index}.sku"), sku);
    }
    let held = Held::load(&tx, actor, &mut faults, "replacesId", command.replaces_id).await?;
    if held.reservation.as_ref().is_some_and(|old| old.channel_id != channel.id) {
        faults.add(RefusalCode::Invalid, "replacesId", "belongs to another channel");
    }
    let router = Router::load(&tx, &actor.reach, channel.id).await?;
    check_pickup(&mut faults, &router, command.pickup_location_id);
    faults.check()?;
    let wanted: Vec<Wanted> = command
        .lines
        .iter()
        .map(|line| goods.wanted(line.sku.trim(), line.quantity.into()))
        .collect();
    let floor = Floor::load(&tx, &goods, &router.place_ids(), &held).await?;
    let currency = Currency::of_channel(&channel)?;
    // A checkout has no total yet: by the list it is worth about as much as the order will be.
    let listed = crate::orders::sql::listed(&tx, channel.id, &skus).await?;
    let worth = command.lines.iter().filter_map(|line| {
        let row = listed.iter().find(|row| row.variant.sku == line.sku.trim())?;
        Some(row.price?.0.saturating_mul(line.quantity.into()))
    });
    let routing = Routing {
        value: worth.fold(0, i64::saturating_add),
        pickup: command.pickup_location_id,
        allow_split: true,
        destination: command.destination.as_ref().and_then(Point::of_address),
        ..Routing::of(currency)
    };
    let plan = router.route(&wanted, &floor, &routing).plan;
    refuse_short(&plan, &wanted, &skus, "lines")?;
    let id = tx.id();
    let moves = floor.moves(&plan, &held, ("res", id));
    let now = tx.now();
    let expires_at = now + Duration::seconds(command.expires_in_seconds.into());
    let mut batch = Batch::default();
    batch.add(&stock_reservation::Model {
        id,
        channel_id: channel.id,
        state: ReservationState::Active,
        expires_at,
        order_id: None,
        actor_kind: actor.kind,
        actor_id: actor.id,
        created_at: now,
        updated_at: now,
    });
    for ((variant_id, location_id), quantity) in by_place(&plan) {
        batch.add(&stock_reservation_line::Model {
            reservation_id: id,
            variant_id,
            location_id,
            quantity: i32::try_from(quantity).unwrap_or(i32::MAX),
        });
    }
    timers::set(&tx, &mut batch, Job::ExpireReservation, id, expires_at);
    let units: i64 = plan.filled.iter().sum();
    let data = json!({ "expiresAt": crate::sql::fixed_width(expires_at), "units": units });
    let mut event = NewEvent::new(events::RESERVATION_MADE, ("res", id), data);
    event.channel = Some(channel.id);
    audit::record(&tx, actor, &mut batch, Some(event.subject), &audit::made(&event.data));
    events::record(&tx, actor, &mut batch, event);
    if let Some(old) = &held.reservation {
        let event = NewEvent::new(events::RESERVATION_RELEASED, ("res", old.id), json!({}));
        let event = NewEvent { channel: Some(channel.id), ..event };
        events::record(&tx, actor, &mut batch, event);
        if !sql::end_reservation(&tx, old.id, ReservationState::Released, None).await? {
            return Err(Error::Contended);
        }
    }
    backorders::move_and_serve(&tx, actor, batch, moves).await?;
    Ok(id)
}

/// Gives an active reservation back when its time is up; one that ended meanwhile is left alone.
pub(crate) async fn expire(tx: &WriteTx, actor: &Actor, id: Uuid) -> Result<()> {
    end(tx, actor, id, ReservationState::Expired).await.map(|_| ())
}

/// Ends an active reservation and gives its stock back; `false` where it was not active.
pub(super) async fn end(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
    state: ReservationState,
) -> Result<bool> {
    let mut faults = Faults::default();
    let held = Held::load(tx, &Actor::system(), &mut faults, "reservationId", Some(id)).await?;
    let Some(reservation) = held.reservation.as_ref().filter(|_| faults.is_empty()) else {
        return Ok(false);
    };
    if !sql::end_reservation(tx, id, state, None).await? {
        return Ok(false);
    }
    let kind = if state == ReservationState::Expired {
        events::RESERVATION_EXPIRED
    } else {
        events::RESERVATION_RELEASED
    };
    let mut event = NewEvent::new(kind, ("res", id), json!({}));
    event.channel = Some(reservation.channel_id);
    let mut batch = Batch::default();
    let (before, after) = (json!({ "state": "ACTIVE" }), json!({ "state": state.to_value() }));
    let change = audit::changed(&before, &after);
    audit::record(tx, actor, &mut batch, Some(event.subject), &change);
    events::record(tx, actor, &mut batch, event);
    let moves = held.give_back(tx, ("res", id)).await?;
    backorders::move_and_serve(tx, actor, batch, moves).await?;
    Ok(true)
}

/// The variants that lines name, and what bundles among them consume.
#[derive(Debug)]
pub(crate) struct Goods {
    by_sku: HashMap<String, variant::Model>,
    components: HashMap<Uuid, Vec<(Uuid, i64)>>,
    skus: HashMap<Uuid, String>,
}

impl Goods {
    pub(crate) async fn load(db: &Db, skus: &[&str]) -> Result<Self> {
        let variants = catalog::variants_by_sku(db, skus).await?;
        Self::of(db, variants).await
    }

    pub(crate) async fn of(db: &Db, variants: Vec<variant::Model>) -> Result<Self> {
        let bundles: Vec<Uuid> =
            variants.iter().filter(|variant| variant.bundle).map(|variant| variant.id).collect();
        let mut names: HashMap<Uuid, String> =
            variants.iter().map(|variant| (variant.id, variant.sku.clone())).collect();
        let mut components: HashMap<Uuid, Vec<(Uuid, i64)>> = HashMap::new();
        if !bundles.is_empty() {
            let rows = catalog::components_of(db, &bundles).await?;
            let ids: Vec<Uuid> = rows.iter().map(|row| row.component_id).collect();
            let parts = catalog::variants(db, &ids).await?;
            names.extend(parts.into_iter().map(|part| (part.id, part.sku)));
            for row in rows {
                let parts = components.entry(row.bundle_id).or_default();
                parts.push((row.component_id, row.quantity.into()));
            }
        }
        let by_sku = variants.into_iter().map(|variant| (variant.sku.clone(), variant)).collect();
        Ok(Self { by_sku, components, skus: names })
    }

    pub(crate) fn get(&self, sku: &str) -> Option<&variant::Model> {
        self.by_sku.get(sku)
    }

    pub(crate) fn check(&self, faults: &mut Faults, field: &str, sku: &str) {
        match self.by_sku.get(sku) {
            None => faults.push(checks::not_found(field, "SKU")),
            Some(variant) if !variant.active => {
                faults.add(RefusalCode::Invalid, field, format!("{sku} is not sold any more"));
            }
            Some(_) => {}
        }
    }

    /// What one unit of a variant consumes: a plain one itself.
    pub(crate) fn parts_of(&self, variant: Option<Uuid>) -> Vec<(Uuid, i64)> {
        let Some(variant) = variant else { return Vec::new() };
        self.components.get(&variant).cloned().unwrap_or_else(|| vec![(variant, 1)])
    }

    /// What one unit of a bundle consumes; none of a plain variant.
    pub(crate) fn components_of(&self, variant: Uuid) -> Option<Vec<(Uuid, i64)>> {
        self.components.get(&variant).cloned()
    }

    /// What a line consumes.
    pub(crate) fn wanted(&self, sku: &str, quantity: i64) -> Wanted {
        let parts = self.parts_of(self.by_sku.get(sku).map(|variant| variant.id));
        Wanted { quantity, parts }
    }

    /// Every variant that can be taken from a shelf.
    pub(crate) fn stocked(&self) -> Vec<Uuid> {
        let plain =
            self.by_sku.values().filter(|variant| !variant.bundle).map(|variant| variant.id);
        let parts = self.components.values().flatten().map(|part| part.0);
        let mut ids: Vec<Uuid> = plain.chain(parts).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(crate) fn sku(&self, variant: Uuid) -> &str {
        self.skus.get(&variant).map_or("", String::as_str)
    }
}

/// What a reservation holds already, to be used up first.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) reservation: Option<stock_reservation::Model>,
    lines: Vec<stock_reservation_line::Model>,
}

impl Held {
    pub(crate) async fn load(
        tx: &WriteTx,
        actor: &Actor,
        faults: &mut Faults,
        field: &str,
        id: Option<Uuid>,
    ) -> Result<Self> {
        let Some(id) = id else { return Ok(Self::default()) };
        let found = sql::reservation(tx, id).await?;
        let Some(row) = found.filter(|row| actor.reach.has_channel(row.channel_id)) else {
            faults.push(checks::not_found(field, "reservation"));
            return Ok(Self::default());
        };
        if row.state != ReservationState::Active {
            use sea_orm::ActiveEnum;
            let message = format!("is {} and holds nothing", row.state.to_value());
            faults.add(RefusalCode::StateConflict, field, message);
        }
        let lines = sql::reservation_lines(tx, &[id]).await?;
        Ok(Self { reservation: Some(row), lines })
    }

    fn at(&self, variant: Uuid, location: Uuid) -> i64 {
        self.lines
            .iter()
            .filter(|line| line.variant_id == variant && line.location_id == location)
            .map(|line| i64::from(line.quantity))
            .sum()
    }

    /// The moves that give everything back.
    async fn give_back(&self, tx: &WriteTx, subject: (&'static str, Uuid)) -> Result<Vec<Move>> {
        let variants: Vec<Uuid> = self.lines.iter().map(|line| line.variant_id).collect();
        let locations: Vec<Uuid> = self.lines.iter().map(|line| line.location_id).collect();
        let levels = sql::levels(tx, &variants, &locations).await?;
        let names: HashMap<Uuid, String> = catalog::variants(tx, &variants)
            .await?
            .into_iter()
            .map(|variant| (variant.id, variant.sku))
            .collect();
        Ok(levels
            .iter()
            .map(|level| (level, self.at(level.variant_id, level.location_id)))
            .filter(|(_, held)| *held > 0)
            .map(|(level, held)| {
                let sku = names.get(&level.variant_id).map_or("", String::as_str);
                Move::promise(level, sku, -held, subject)
            })
            .collect())
    }
}

/// The levels of all goods at all places.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    levels: Vec<stock_level::Model>,
    held: BTreeMap<(Uuid, Uuid), i64>,
    skus: HashMap<Uuid, String>,
}

impl Floor {
    pub(crate) async fn load(db: &Db, goods: &Goods, places: &[Uuid], held: &Held) -> Result<Self> {
        let mut variants = goods.stocked();
        let mut locations = places.to_vec();
        variants.extend(held.lines.iter().map(|line| line.variant_id));
        locations.extend(held.lines.iter().map(|line| line.location_id));
        let levels = sql::levels(db, &variants, &locations).await?;
        let keys = held.lines.iter().map(|line| (line.variant_id, line.location_id));
        let held = keys.map(|key| (key, held.at(key.0, key.1))).collect();
        let mut skus = goods.skus.clone();
        let unnamed: Vec<Uuid> =
            variants.iter().filter(|id| !skus.contains_key(id)).copied().collect();
        if !unnamed.is_empty() {
            let rows = catalog::variants(db, &unnamed).await?;
            skus.extend(rows.into_iter().map(|row| (row.id, row.sku)));
        }
        Ok(Self { levels, held, skus })
    }

    /// The levels themselves.
    pub(crate) fn levels(&self) -> &[stock_level::Model] {
        &self.levels
    }

    /// What can be promised at a place; what the reservation holds counts as free.
    pub(crate) fn at(&self, place: Uuid) -> BTreeMap<Uuid, i64> {
        let free = |level: &stock_level::Model| {
            let own = self.held.get(&(level.variant_id, level.location_id)).copied().unwrap_or(0);
            available(level) + own
        };
        self.levels
            .iter()
            .filter(|level| level.location_id == place)
            .map(|level| (level.variant_id, free(level)))
            .collect()
    }

    /// Counts units as free, or as taken where they are negative.
    pub(crate) fn free(&mut self, units: &BTreeMap<(Uuid, Uuid), i64>) {
        for (place, units) in units {
            *self.held.entry(*place).or_insert(0) += units;
        }
    }

    /// The moves from what was held to what is planned.
    pub(crate) fn moves(
        &self,
        plan: &Plan,
        held: &Held,
        subject: (&'static str, Uuid),
    ) -> Vec<Move> {
        let planned = by_place(plan);
        self.levels
            .iter()
            .filter_map(|level| {
                let key = (level.variant_id, level.location_id);
                let change = planned.get(&key).copied().unwrap_or(0) - held.at(key.0, key.1);
                let sku = self.skus.get(&level.variant_id).map_or("", String::as_str);
                (change != 0).then(|| Move::promise(level, sku, change, subject))
            })
            .collect()
    }
}

/// Where a customer wants to fetch, customers can.
pub(crate) fn check_pickup(faults: &mut Faults, router: &Router, pickup: Option<Uuid>) {
    if pickup.is_some_and(|id| !router.offers_pickup(id)) {
        let message = "is no location of this channel where customers can fetch";
        faults.add(RefusalCode::NotFound, "pickupLocationId", message);
    }
}

/// Units of each variant at each location.
pub(crate) fn by_place(plan: &Plan) -> BTreeMap<(Uuid, Uuid), i64> {
    let mut places = BTreeMap::new();
    for share in &plan.shares {
        *places.entry((share.variant, share.location)).or_insert(0) += share.quantity;
    }
    places
}

/// Refuses where a line is not filled, naming every short one.
pub(crate) fn refuse_short(
    plan: &Plan,
    wanted: &[Wanted],
    skus: &[&str],
    field: &str,
) -> Result<()> {
    if plan.needs_split {
        let message = "no single location has all of it, and splitting is not allowed";
        return Err(Error::refused(Refusal::new(RefusalCode::NotRoutable, field, message)));
    }
    let short: Vec<Refusal> = wanted
        .iter()
        .zip(&plan.filled)
        .zip(skus)
        .enumerate()
        .filter(|(_, ((line, filled), _))| **filled < line.quantity)
        .map(|(index, ((line, filled), sku))| {
            let message = format!("{filled} of {} {sku} available", line.quantity);
            Refusal::new(RefusalCode::OutOfStock, &format!("{field}.{index}.quantity"), message)
                .with_details(
                    json!({ "sku": sku, "requested": line.quantity, "available": filled }),
                )
        })
        .collect();
    if short.is_empty() { Ok(()) } else { Err(Error::Refused(short)) }
}

//! The one door through which stock changes: a movement, an event, and the level itself.

use super::sql;
use super::value::{self, Cost};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::store::{Batch, WriteTx};
use entities::enums::MovementKind;
use entities::{stock_level, stock_movement};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// One change of one level.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    pub(crate) level_id: Uuid,
    pub(crate) variant_id: Uuid,
    pub(crate) location_id: Uuid,
    pub(crate) sku: String,
    pub(crate) kind: MovementKind,
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    pub(crate) damaged: i64,
    pub(crate) quality_hold: i64,
    pub(crate) incoming: i64,
    pub(crate) in_transit: i64,
    pub(crate) reason: Option<String>,
    /// The document behind it: id prefix and id.
    pub(crate) subject: Option<(&'static str, Uuid)>,
    /// What is known of the cost of what comes.
    pub(crate) cost: Cost,
    /// Nothing is taken that is promised to somebody.
    pub(crate) keeps_promises: bool,
}

impl Move {
    /// A change of a level that changes nothing yet.
    pub(crate) fn of(level: &stock_level::Model, sku: &str, kind: MovementKind) -> Self {
        Self {
            level_id: level.id,
            variant_id: level.variant_id,
            location_id: level.location_id,
            sku: sku.to_owned(),
            kind,
            on_hand: 0,
            reserved: 0,
            damaged: 0,
            quality_hold: 0,
            incoming: 0,
            in_transit: 0,
            reason: None,
            subject: None,
            cost: Cost::Average,
            keeps_promises: false,
        }
    }

    /// A change of what is promised: more is a reservation, less a release.
    pub(crate) fn promise(
        level: &stock_level::Model,
        sku: &str,
        reserved: i64,
        subject: (&'static str, Uuid),
    ) -> Self {
        let kind = if reserved > 0 { MovementKind::Reserve } else { MovementKind::Release };
        Self { reserved, subject: Some(subject), ..Self::of(level, sku, kind) }
    }

    /// Units that can be promised more, or fewer.
    pub(crate) const fn freed(&self) -> i64 {
        self.on_hand - self.reserved - self.damaged - self.quality_hold
    }

    /// Units that belong to the level: what lies there, and what is on its way there.
    pub(super) const fn owned(&self) -> i64 {
        self.on_hand + self.in_transit
    }

    fn event(&self) -> &'static EventKind {
        match self.kind {
            MovementKind::Receipt | MovementKind::Return | MovementKind::TransferIn => {
                events::STOCK_RECEIVED
            }
            MovementKind::Reserve => events::STOCK_RESERVED,
            MovementKind::Release => events::STOCK_RELEASED,
            MovementKind::Ship => events::STOCK_SHIPPED,
            MovementKind::Expect => events::STOCK_EXPECTED,
            MovementKind::Transit => events::STOCK_IN_TRANSIT,
            MovementKind::Hold => events::STOCK_QUALITY_HELD,
            MovementKind::Adjust
            | MovementKind::Count
            | MovementKind::TransferOut
            | MovementKind::Damage
            | MovementKind::Scrap => events::STOCK_ADJUSTED,
        }
    }

    /// The SKU, and the quantities that change.
    fn told(&self) -> Json {
        let changes = [
            ("onHandChange", self.on_hand),
            ("reservedChange", self.reserved),
            ("damagedChange", self.damaged),
            ("qualityHoldChange", self.quality_hold),
            ("incomingChange", self.incoming),
            ("inTransitChange", self.in_transit),
        ];
        let changes = changes.into_iter().filter(|(_, units)| *units != 0);
        let sku = [("sku".to_owned(), json!(self.sku))].into_iter();
        Json::Object(
            sku.chain(changes.map(|(name, units)| (name.to_owned(), json!(units)))).collect(),
        )
    }
}

/// What moves, for the audit log.
pub(super) fn told(moves: &[Move]) -> Json {
    let reason = moves.first().and_then(|change| change.reason.as_deref());
    let moves: Json = moves.iter().map(Move::told).collect();
    json!({ "moves": moves, "reason": reason })
}

/// Moves with what they are worth, in hand until they are applied.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Noted {
    changes: BTreeMap<(Uuid, Uuid), Change>,
    skus: BTreeMap<Uuid, String>,
    /// What goods that left for orders, or came back from them, had cost.
    pub(crate) costs: Vec<Costed>,
}

/// What goods that left for an order had cost; negative for those that came back.
#[derive(Debug, Clone)]
pub(crate) struct Costed {
    /// Whether it came back and was thrown away.
    pub(crate) scrapped: bool,
    pub(crate) movement: Uuid,
    pub(crate) order: Uuid,
    pub(crate) location: Uuid,
    pub(crate) minor: i64,
    pub(crate) currency: String,
    pub(crate) event: Uuid,
}

/// Adds movements and their events to what the transaction writes. Where goods come or go the levels are locked from
/// here on, in the order in which they are changed, and what the movements are worth is frozen into them.
pub(crate) async fn note(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    moves: &[Move],
) -> Result<Noted> {
    let worth = value::of(tx, moves).await?;
    let mut noted = Noted::default();
    for (change, worth) in moves.iter().zip(worth) {
        let adopted = worth.adopted.as_ref();
        if let Some((minor, currency)) = adopted {
            // Units of which no cost was known are worth something from now on.
            let mut row = movement(tx, actor, change);
            row.kind = MovementKind::Adjust;
            row.reason = Some("valued at the first cost that is known".to_owned());
            row.value_change_minor = *minor;
            row.unit_cost_currency = Some(currency.clone());
            batch.add(&row);
        }
        let mut row = movement(tx, actor, change);
        row.on_hand_change = change.on_hand;
        row.reserved_change = change.reserved;
        row.damaged_change = change.damaged;
        row.quality_hold_change = change.quality_hold;
        row.incoming_change = change.incoming;
        row.in_transit_change = change.in_transit;
        row.value_change_minor = worth.change;
        row.unit_cost_minor = worth.unit_cost;
        row.unit_cost_currency.clone_from(&worth.currency);
        batch.add(&row);
        let mut event = NewEvent::new(change.event(), ("stk", change.level_id), change.told());
        event.location = Some(change.location_id);
        let event = events::record(tx, actor, batch, event);
        let scrapped = change.kind == MovementKind::Scrap;
        let of_order = matches!(change.kind, MovementKind::Ship | MovementKind::Return);
        if let (true, Some(("ord", order)), Some(currency)) =
            (of_order || scrapped, change.subject, &worth.currency)
        {
            noted.costs.push(Costed {
                scrapped,
                movement: row.id,
                order,
                location: change.location_id,
                minor: -worth.change,
                currency: currency.clone(),
                event,
            });
        }
        let key = (change.variant_id, change.location_id);
        let sum = noted.changes.entry(key).or_insert_with(|| Change::none(change.level_id));
        sum.on_hand += change.on_hand;
        sum.reserved += change.reserved;
        sum.damaged += change.damaged;
        sum.quality_hold += change.quality_hold;
        sum.incoming += change.incoming;
        sum.in_transit += change.in_transit;
        sum.value += worth.change + adopted.map_or(0, |(minor, _)| *minor);
        sum.currency = worth.currency.or(sum.currency.take());
        sum.keeps_promises |= change.keeps_promises;
        noted.skus.insert(change.level_id, change.sku.clone());
    }
    Ok(noted)
}

/// A movement that changes nothing yet.
fn movement(tx: &WriteTx, actor: &Actor, change: &Move) -> stock_movement::Model {
    stock_movement::Model {
        id: tx.id(),
        level_id: change.level_id,
        variant_id: change.variant_id,
        location_id: change.location_id,
        kind: change.kind,
        on_hand_change: 0,
        reserved_change: 0,
        damaged_change: 0,
        quality_hold_change: 0,
        incoming_change: 0,
        in_transit_change: 0,
        value_change_minor: 0,
        reason: change.reason.clone(),
        actor_kind: actor.kind,
        actor_id: actor.id,
        subject_type: change.subject.map(|subject| subject.0.to_owned()),
        subject_id: change.subject.map(|subject| subject.1),
        unit_cost_minor: None,
        unit_cost_currency: None,
        at: tx.now(),
    }
}

/// What changes of one level in all.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) level_id: Uuid,
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
    pub(super) damaged: i64,
    pub(super) quality_hold: i64,
    pub(super) incoming: i64,
    pub(super) in_transit: i64,
    pub(super) value: i64,
    pub(super) currency: Option<String>,
    pub(super) keeps_promises: bool,
}

impl Change {
    const fn none(level_id: Uuid) -> Self {
        Self {
            level_id,
            on_hand: 0,
            reserved: 0,
            damaged: 0,
            quality_hold: 0,
            incoming: 0,
            in_transit: 0,
            value: 0,
            currency: None,
            keeps_promises: false,
        }
    }
}

/// A level after it changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed {
    pub(super) level_id: Uuid,
    pub(super) available: i64,
    pub(super) reorder_point: Option<i32>,
}

/// Changes the levels: the last thing a transaction does, in one order everywhere, so that two
/// never wait for each other. A promise is kept only where enough is available at this very moment;
/// otherwise the transaction is undone and tried again on what is there then.
pub(crate) async fn apply(tx: &WriteTx, actor: &Actor, noted: Noted) -> Result<()> {
    if noted.changes.is_empty() {
        return Ok(());
    }
    let places: Vec<Uuid> = noted.changes.keys().map(|place| place.1).collect();
    let changes: Vec<Change> = noted.changes.into_values().collect();
    let changed = if tx.is_postgres() {
        sql::apply_postgres(tx, &changes).await?
    } else {
        sql::apply_sqlite(tx, &changes).await?
    };
    if changed.len() != changes.len() {
        return Err(Error::Contended);
    }
    let mut batch = Batch::default();
    for (change, place) in changes.iter().zip(places) {
        let Some(now) = changed.iter().find(|one| one.level_id == change.level_id) else {
            continue;
        };
        let freed = change.on_hand - change.reserved - change.damaged - change.quality_hold;
        let Some(kind) = crossed(now.available - freed, *now) else { continue };
        let sku = noted.skus.get(&change.level_id);
        let data = json!({
            "sku": sku, "available": now.available, "reorderPoint": now.reorder_point,
        });
        let mut event = NewEvent::new(kind, ("stk", change.level_id), data);
        event.location = Some(place);
        events::record(tx, actor, &mut batch, event);
    }
    batch.insert(tx).await
}

/// What a level passed on its way: nothing left, something again, or the point at which to buy more.
fn crossed(before: i64, now: Changed) -> Option<&'static EventKind> {
    let after = now.available;
    if before > 0 && after <= 0 {
        return Some(events::STOCK_OUT);
    }
    let point = now.reorder_point.map(i64::from);
    let low = point.is_some_and(|point| before > point && after <= point);
    match (low, before <= 0 && after > 0) {
        (true, _) => Some(events::STOCK_LOW),
        (false, true) => Some(events::STOCK_BACK),
        (false, false) => None,
    }
}

/// A level that does not exist yet, empty.
pub(crate) fn empty_level(tx: &WriteTx, variant_id: Uuid, location_id: Uuid) -> stock_level::Model {
    stock_level::Model {
        id: tx.id(),
        variant_id,
        location_id,
        on_hand: 0,
        reserved: 0,
        damaged: 0,
        quality_hold: 0,
        incoming: 0,
        in_transit: 0,
        value_minor: 0,
        value_currency: None,
        counted_at: None,
        safety_stock: 0,
        reorder_point: None,
        reorder_quantity: None,
        updated_at: tx.now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_tells_what_it_passes_once() {
        let passed = |before: i64, available: i64, reorder_point: Option<i32>| {
            let now = Changed { level_id: Uuid::nil(), available, reorder_point };
            crossed(before, now).map(|kind| kind.name)
        };
        assert_eq!(passed(10, 6, Some(5)), None);
        assert_eq!(passed(6, 5, Some(5)), Some("stock.low"));
        assert_eq!(passed(5, 4, Some(5)), None, "it was low before");
        assert_eq!(passed(4, 0, Some(5)), Some("stock.out"));
        assert_eq!(passed(9, 0, None), Some("stock.out"));
        assert_eq!(passed(0, -2, Some(5)), None);
        assert_eq!(passed(-2, 3, Some(5)), Some("stock.back"));
        assert_eq!(passed(3, 0, Some(0)), Some("stock.out"), "nothing left says more than low");
    }
}

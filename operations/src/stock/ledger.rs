//! The one door through which stock changes: a movement, an event, and the level itself.

use super::sql;
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
    pub(crate) reason: Option<String>,
    /// The document behind it: id prefix and id.
    pub(crate) subject: Option<(&'static str, Uuid)>,
    pub(crate) unit_cost: Option<(i64, String)>,
}

impl Move {
    /// A change of what is promised: more is a reservation, less a release.
    pub(crate) fn promise(
        level: &stock_level::Model,
        sku: &str,
        reserved: i64,
        subject: (&'static str, Uuid),
    ) -> Self {
        let kind = if reserved > 0 { MovementKind::Reserve } else { MovementKind::Release };
        Self {
            level_id: level.id,
            variant_id: level.variant_id,
            location_id: level.location_id,
            sku: sku.to_owned(),
            kind,
            on_hand: 0,
            reserved,
            damaged: 0,
            reason: None,
            subject: Some(subject),
            unit_cost: None,
        }
    }

    fn event(&self) -> &'static EventKind {
        match self.kind {
            MovementKind::Receipt | MovementKind::Return | MovementKind::TransferIn => {
                events::STOCK_RECEIVED
            }
            MovementKind::Reserve => events::STOCK_RESERVED,
            MovementKind::Release => events::STOCK_RELEASED,
            MovementKind::Ship => events::STOCK_SHIPPED,
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

/// Adds movements and their events to what the transaction writes.
pub(crate) fn note(tx: &WriteTx, actor: &Actor, batch: &mut Batch, moves: &[Move]) {
    for change in moves {
        batch.add(&stock_movement::Model {
            id: tx.id(),
            level_id: change.level_id,
            variant_id: change.variant_id,
            location_id: change.location_id,
            kind: change.kind,
            on_hand_change: change.on_hand,
            reserved_change: change.reserved,
            damaged_change: change.damaged,
            reason: change.reason.clone(),
            actor_kind: actor.kind,
            actor_id: actor.id,
            subject_type: change.subject.map(|subject| subject.0.to_owned()),
            subject_id: change.subject.map(|subject| subject.1),
            unit_cost_minor: change.unit_cost.as_ref().map(|cost| cost.0),
            unit_cost_currency: change.unit_cost.as_ref().map(|cost| cost.1.clone()),
            at: tx.now(),
        });
        let mut event = NewEvent::new(change.event(), ("stk", change.level_id), change.told());
        event.location = Some(change.location_id);
        events::record(tx, actor, batch, event);
    }
}

/// What changes of one level in all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) level_id: Uuid,
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
    pub(super) damaged: i64,
}

/// Changes the levels: the last thing a transaction does, in one order everywhere, so that two
/// never wait for each other. A promise is kept only where enough is available at this very moment;
/// otherwise the transaction is undone and tried again on what is there then.
pub(crate) async fn apply(tx: &WriteTx, moves: &[Move]) -> Result<()> {
    if moves.is_empty() {
        return Ok(());
    }
    let mut levels: BTreeMap<(Uuid, Uuid), Change> = BTreeMap::new();
    for one in moves {
        let change = levels.entry((one.variant_id, one.location_id)).or_insert(Change {
            level_id: one.level_id,
            on_hand: 0,
            reserved: 0,
            damaged: 0,
        });
        change.on_hand += one.on_hand;
        change.reserved += one.reserved;
        change.damaged += one.damaged;
    }
    let changes: Vec<Change> = levels.into_values().collect();
    let changed = if tx.is_postgres() {
        sql::apply_postgres(tx, &changes).await?
    } else {
        sql::apply_sqlite(tx, &changes).await?
    };
    if changed == changes.len() { Ok(()) } else { Err(Error::Contended) }
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
        safety_stock: 0,
        reorder_point: None,
        reorder_quantity: None,
        updated_at: tx.now(),
    }
}

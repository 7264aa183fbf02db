//! `stockAdjust`: correct a level by hand, by a change or to what a location reports.

use super::ledger::Move;
use super::receive::{Shelf, check_lines};
use crate::checks;
use crate::error::{Faults, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::Store;
use entities::enums::MovementKind;
use entities::stock_level;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to correct where, and why.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustStock {
    /// Where.
    pub location_id: Uuid,
    /// What.
    pub lines: Vec<AdjustLine>,
    /// Why: every correction says so.
    pub reason: String,
}

/// The correction of one SKU: a change, or the absolute number that lies there.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustLine {
    /// The SKU.
    pub sku: String,
    /// Units that came or went.
    pub on_hand_change: Option<i32>,
    /// Units found damaged, or mended.
    pub damaged_change: Option<i32>,
    /// Units that lie there.
    pub on_hand: Option<i32>,
    /// Units that the caller believes lie there; refused where it is wrong.
    pub expected_on_hand: Option<i32>,
}

/// Corrects levels and answers with their ids, in the order of the lines.
pub async fn adjust(store: &Store, call: Call<'_>, command: &AdjustStock) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    check_lines(&mut faults, command.lines.iter().map(|line| line.sku.as_str()));
    let reason = checks::text(&mut faults, "reason", &command.reason, 500);
    for (index, line) in command.lines.iter().enumerate() {
        line.check(&mut faults, &format!("lines.{index}"));
    }
    faults.check()?;
    let reason = &reason;
    once(store, call, "stockAdjust", command, |tx| async move {
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let shelf = Shelf::load(&tx, call.actor, command.location_id, &skus).await?;
        let mut faults = Faults::default();
        let mut moves = Vec::new();
        for (index, (line, (variant, level))) in command.lines.iter().zip(&shelf.rows).enumerate() {
            let (on_hand, damaged) = line.change(level);
            line.check_against(&mut faults, &format!("lines.{index}"), level);
            if on_hand == 0 && damaged == 0 {
                continue;
            }
            let kind = if on_hand == 0 && damaged > 0 {
                MovementKind::Damage
            } else {
                MovementKind::Adjust
            };
            moves.push(Move {
                level_id: level.id,
                variant_id: variant.id,
                location_id: level.location_id,
                sku: variant.sku.clone(),
                kind,
                on_hand,
                reserved: 0,
                damaged,
                reason: Some(reason.clone()),
                subject: None,
                unit_cost: None,
            });
        }
        faults.check()?;
        shelf.change(&tx, call.actor, &moves).await
    })
    .await
}

impl AdjustLine {
    fn check(&self, faults: &mut Faults, at: &str) {
        if self.on_hand.is_some() && self.on_hand_change.is_some() {
            let message = "give `onHand` or `onHandChange`, not both";
            faults.add(RefusalCode::Invalid, &format!("{at}.onHand"), message);
        }
        if self.on_hand.is_none() && self.on_hand_change.is_none() && self.damaged_change.is_none()
        {
            let message = "give `onHand`, `onHandChange` or `damagedChange`";
            faults.add(RefusalCode::Required, &format!("{at}.onHandChange"), message);
        }
        if let Some(units) = self.on_hand {
            checks::within(faults, &format!("{at}.onHand"), units, 0, 100_000_000);
        }
        for (name, change) in
            [("onHandChange", self.on_hand_change), ("damagedChange", self.damaged_change)]
        {
            if let Some(change) = change {
                checks::within(faults, &format!("{at}.{name}"), change, -10_000_000, 10_000_000);
            }
        }
    }

    /// What changes: units on hand, units damaged.
    fn change(&self, level: &stock_level::Model) -> (i64, i64) {
        let on_hand = match self.on_hand {
            Some(absolute) => i64::from(absolute) - level.on_hand,
            None => self.on_hand_change.unwrap_or(0).into(),
        };
        (on_hand, self.damaged_change.unwrap_or(0).into())
    }

    fn check_against(&self, faults: &mut Faults, at: &str, level: &stock_level::Model) {
        if let Some(expected) = self.expected_on_hand
            && i64::from(expected) != level.on_hand
        {
            faults.push(
                Refusal::new(
                    RefusalCode::VersionConflict,
                    &format!("{at}.expectedOnHand"),
                    format!("{} lie there, not {expected}", level.on_hand),
                )
                .with_details(json!({ "onHand": level.on_hand })),
            );
        }
        let (on_hand, damaged) = self.change(level);
        let (on_hand, damaged) = (level.on_hand + on_hand, level.damaged + damaged);
        if on_hand < 0 {
            let message = format!("only {} lie there", level.on_hand);
            faults.add(RefusalCode::AmountExceeded, &format!("{at}.onHandChange"), message);
        }
        if damaged < 0 || (on_hand >= 0 && damaged > on_hand) {
            let message = format!("{damaged} damaged of {on_hand} on hand cannot be");
            faults.add(RefusalCode::AmountExceeded, &format!("{at}.damagedChange"), message);
        }
    }
}

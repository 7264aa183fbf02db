//! `stockAdjust`: correct a level by hand, by a change or to what a location reports.

use super::ledger::Move;
use super::lines;
use super::receive::Shelf;
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
    /// Units put on quality hold, or cleared.
    pub quality_hold_change: Option<i32>,
    /// Units that lie there.
    pub on_hand: Option<i32>,
    /// Units that the caller believes lie there; refused where it is wrong.
    pub expected_on_hand: Option<i32>,
}

/// Corrects levels and answers with their ids, in the order of the lines.
pub async fn adjust(store: &Store, call: Call<'_>, command: &AdjustStock) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    let skus = command.lines.iter().map(|line| line.sku.as_str());
    lines::check_skus(&mut faults, "lines", skus, 1);
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
            let change = line.change(level);
            line.check_against(&mut faults, &format!("lines.{index}"), level);
            if change == Correction::default() {
                continue;
            }
            moves.push(Move {
                on_hand: change.on_hand,
                damaged: change.damaged,
                quality_hold: change.quality_hold,
                reason: Some(reason.clone()),
                ..Move::of(level, &variant.sku, change.kind())
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
        let changes = [self.on_hand_change, self.damaged_change, self.quality_hold_change];
        if self.on_hand.is_none() && changes.iter().all(Option::is_none) {
            let message = "give `onHand`, `onHandChange`, `damagedChange` or `qualityHoldChange`";
            faults.add(RefusalCode::Required, &format!("{at}.onHandChange"), message);
        }
        if let Some(units) = self.on_hand {
            checks::within(faults, &format!("{at}.onHand"), units, 0, 100_000_000);
        }
        let names = ["onHandChange", "damagedChange", "qualityHoldChange"];
        for (name, change) in names.into_iter().zip(changes) {
            if let Some(change) = change {
                checks::within(faults, &format!("{at}.{name}"), change, -10_000_000, 10_000_000);
            }
        }
    }

    fn change(&self, level: &stock_level::Model) -> Correction {
        let on_hand = match self.on_hand {
            Some(absolute) => i64::from(absolute) - level.on_hand,
            None => self.on_hand_change.unwrap_or(0).into(),
        };
        Correction {
            on_hand,
            damaged: self.damaged_change.unwrap_or(0).into(),
            quality_hold: self.quality_hold_change.unwrap_or(0).into(),
        }
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
        let change = self.change(level);
        let on_hand = level.on_hand + change.on_hand;
        let damaged = level.damaged + change.damaged;
        let held = level.quality_hold + change.quality_hold;
        if on_hand < 0 {
            let message = format!("only {} lie there", level.on_hand);
            faults.add(RefusalCode::AmountExceeded, &format!("{at}.onHandChange"), message);
        }
        if damaged < 0 || (on_hand >= 0 && damaged > on_hand) {
            let message = format!("{damaged} damaged of {on_hand} on hand cannot be");
            faults.add(RefusalCode::AmountExceeded, &format!("{at}.damagedChange"), message);
        } else if held < 0 || (on_hand >= 0 && damaged + held > on_hand) {
            let message =
                format!("{held} on quality hold and {damaged} damaged of {on_hand} cannot be");
            faults.add(RefusalCode::AmountExceeded, &format!("{at}.qualityHoldChange"), message);
        }
    }
}

/// What a correction changes of a level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Correction {
    on_hand: i64,
    damaged: i64,
    quality_hold: i64,
}

impl Correction {
    const fn kind(self) -> MovementKind {
        match self {
            Self { on_hand: 0, damaged: 0, .. } => MovementKind::Hold,
            Self { on_hand: 0, damaged, .. } if damaged > 0 => MovementKind::Damage,
            Self { on_hand, damaged, .. } if on_hand < 0 && on_hand == damaged => {
                MovementKind::Scrap
            }
            Self { .. } => MovementKind::Adjust,
        }
    }
}

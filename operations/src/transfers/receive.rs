//! `transferReceive`: it arrives, as a whole or in parts; what is missing in the end is given up with a reason.

use super::create::note;
use super::state::Step;
use super::{End, InHand, WhichTransfer, open_units};
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::aggregate::units as column;
use crate::orders::{backorders, receipts};
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::stock::receive::SkuQuantity;
use crate::store::{Batch, Store};
use entities::enums::MovementKind;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What arrived.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveTransfer {
    /// Which transfer.
    #[serde(flatten)]
    pub which: WhichTransfer,
    /// What arrived well.
    pub lines: Vec<SkuQuantity>,
    /// What arrived damaged, beside that.
    pub damaged: Vec<SkuQuantity>,
    /// Nothing more will arrive.
    pub complete: bool,
    /// Why the rest got lost.
    pub reason: Option<String>,
}

/// Receives and answers with the id of the transfer.
pub async fn receive(store: &Store, call: Call<'_>, command: &ReceiveTransfer) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    let least = usize::from(!command.complete && command.damaged.is_empty());
    lines::check(&mut faults, "lines", &command.lines, least, (1, 10_000_000));
    lines::check(&mut faults, "damaged", &command.damaged, 0, (1, 10_000_000));
    let reason = checks::optional(&mut faults, "reason", command.reason.as_deref(), 500);
    faults.check()?;
    let reason = &reason;
    once(store, call, "transferReceive", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which, End::To).await?;
        if super::state::next(found.row.state, Step::ReceiveSome).is_none() {
            return Err(Error::refused(super::conflict(found.row.state)));
        }
        let mut faults = Faults::default();
        let skus = found.lines.iter().map(|line| line.sku.as_str());
        lines::insist_on(&mut faults, "lines", &command.lines, &skus);
        lines::insist_on(&mut faults, "damaged", &command.damaged, &skus);
        let variants = found.variants();
        let mut fresh = Batch::default();
        let to = lines::levels(&tx, &mut fresh, found.row.to_location_id, &variants).await?;
        let subject = Some(("trf", found.row.id));
        let mut moves = Vec::new();
        let mut batch = Batch::default();
        let (mut arrived, mut broken, mut lost) = (0, 0, 0);
        for line in &mut found.lines {
            let damaged = lines::units(&command.damaged, &line.sku);
            let units = lines::units(&command.lines, &line.sku) + damaged;
            let open = open_units(line);
            if units > open {
                let lists = [("lines", &command.lines), ("damaged", &command.damaged)];
                faults.push(too_many(&lines::field_of(&lists, &line.sku), &line.sku, open));
                continue;
            }
            let missing = if command.complete { open - units } else { 0 };
            if missing > 0 && reason.is_none() {
                let message = format!("{missing} of {} are missing: say why", line.sku);
                faults.add(RefusalCode::Required, "reason", message);
            }
            let Some(level) = to.get(&line.variant_id) else { continue };
            if units > 0 {
                moves.push(Move {
                    on_hand: units,
                    in_transit: -units,
                    damaged,
                    subject,
                    ..Move::of(level, &line.sku, MovementKind::TransferIn)
                });
            }
            if missing > 0 {
                moves.push(Move {
                    in_transit: -missing,
                    reason: reason.clone(),
                    subject,
                    ..Move::of(level, &line.sku, MovementKind::Transit)
                });
            }
            line.received += column(units);
            line.damaged += column(damaged);
            line.lost += column(missing);
            (arrived, broken, lost) = (arrived + units, broken + damaged, lost + missing);
            if units > 0 || missing > 0 {
                batch.save(line);
            }
        }
        faults.check()?;
        let rest = found.lines.iter().any(|line| open_units(line) > 0);
        found.step(if rest { Step::ReceiveSome } else { Step::ReceiveRest })?;
        if !rest {
            found.row.received_at = Some(tx.now());
        }
        let row = &found.row;
        let event = NewEvent {
            location: Some(row.from_location_id),
            ..NewEvent::new(
                events::TRANSFER_RECEIVED,
                ("trf", row.id),
                json!({ "number": row.number, "units": arrived, "damaged": broken, "lost": lost }),
            )
        };
        fresh.insert(&tx).await?;
        note(&tx, call.actor, &mut batch, (&found.was, row), event);
        receipts::look_again(&tx, &mut batch, &variants).await?;
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(row.id)
    })
    .await
}

fn too_many(field: &str, sku: &str, open: i64) -> Refusal {
    let message = format!("{open} of {sku} are still on the way");
    Refusal::new(RefusalCode::AmountExceeded, field, message)
        .with_details(json!({ "sku": sku, "open": open }))
}

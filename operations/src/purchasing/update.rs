//! `purchaseOrderUpdate`: other lines, or another date. A later date moves the promises of those who wait for it.

use super::state::{Step, is_open};
use super::{
    InHand, OrderLine, WhichPurchaseOrder, check_lines, check_rate, open_units, overdue, priced,
    sql,
};
use crate::catalog::sql as catalog;
use crate::error::{Error, Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::orders::{backorders, receipts};
use crate::permissions::Permission;
use crate::stock::ledger::Move;
use crate::stock::lines;
use crate::store::{Batch, Store};
use entities::enums::MovementKind;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What changes. What is `None` stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct UpdatePurchaseOrder {
    /// Which purchase order.
    #[serde(flatten)]
    pub which: WhichPurchaseOrder,
    /// All its lines.
    pub lines: Option<Vec<OrderLine>>,
    /// When it is expected.
    pub expected_at: Option<OffsetDateTime>,
    /// What one unit of its currency is worth in that in which the stock is valued.
    pub exchange_rate: Option<Decimal>,
}

/// Changes a purchase order and answers with its id.
pub async fn update(store: &Store, call: Call<'_>, command: &UpdatePurchaseOrder) -> Result<Uuid> {
    call.actor.require(Permission::PurchasingWrite)?;
    let mut faults = Faults::default();
    if let Some(lines) = &command.lines {
        check_lines(&mut faults, lines);
    }
    let rate = check_rate(&mut faults, command.exchange_rate);
    faults.check()?;
    let rate = &rate;
    once(store, call, "purchaseOrderUpdate", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.step(Step::Update)?;
        if let Some(expected) = command.expected_at {
            found.row.expected_at = Some(crate::clock::truncate(expected));
        }
        found.row.exchange_rate = rate.clone().or(found.row.exchange_rate.take());
        let before = found.lines.clone();
        let mut batch = Batch::default();
        if let Some(lines) = &command.lines {
            let mut faults = Faults::default();
            let supplier = catalog::suppliers(&tx, &[found.row.supplier_id]).await?.pop();
            let supplier = supplier
                .ok_or_else(|| Error::Internal("a purchase order has no supplier".into()))?;
            let order = (&supplier, &mut found.row);
            found.lines = priced(&tx, &mut faults, order, lines, &before).await?;
            faults.check()?;
            let stays = |id: Uuid| found.lines.iter().any(|line| line.variant_id == id);
            let gone: Vec<Uuid> =
                before.iter().map(|line| line.variant_id).filter(|id| !stays(*id)).collect();
            sql::remove_lines(&tx, found.row.id, &gone).await?;
            for line in &found.lines {
                batch.save(line);
            }
        }
        let open = is_open(found.row.state);
        let mut expected: BTreeMap<Uuid, (i64, String)> = BTreeMap::new();
        if open {
            for (lines, sign) in [(&found.lines, 1), (&before, -1)] {
                for line in lines {
                    let change = expected.entry(line.variant_id).or_insert((0, line.sku.clone()));
                    change.0 += sign * open_units(line);
                }
            }
        }
        let variants: Vec<Uuid> = expected.keys().copied().collect();
        let mut fresh = Batch::default();
        let levels = lines::levels(&tx, &mut fresh, found.row.location_id, &variants).await?;
        fresh.insert(&tx).await?;
        let moves = expected.iter().filter(|(_, change)| change.0 != 0).filter_map(|one| {
            let (variant, (units, sku)) = one;
            Some(Move {
                incoming: *units,
                subject: Some(("po", found.row.id)),
                ..Move::of(levels.get(variant)?, sku, MovementKind::Expect)
            })
        });
        let moves: Vec<Move> = moves.collect();
        let data = json!({
            "units": found.units(),
            "expectedAt": found.row.expected_at.map(crate::sql::fixed_width),
        });
        let event = found.event(events::PURCHASE_ORDER_UPDATED, &data);
        found.note(&tx, call.actor, &mut batch, event);
        if open {
            overdue::watch(&tx, &mut batch, &found.row);
            receipts::look_again(&tx, &mut batch, &variants).await?;
        }
        backorders::move_and_serve(&tx, call.actor, batch, moves).await?;
        Ok(found.row.id)
    })
    .await
}

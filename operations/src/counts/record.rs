//! `stockCountRecord`: what somebody counted, compared with what should lie there at this moment.

use super::start::uncounted;
use super::state::Step;
use super::{event, sql, take};
use crate::audit;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::stock::lines;
use crate::stock::receive::SkuQuantity;
use crate::stock::sql as stock;
use crate::store::{Batch, Store};
use entities::stock_count_line;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What was counted.
#[derive(Debug, Clone, Serialize)]
pub struct RecordCount {
    /// The count.
    pub stock_count_id: Uuid,
    /// How many units lie there, none among them; a SKU that is counted again is taken anew.
    pub lines: Vec<SkuQuantity>,
}

/// Records what was counted and answers with the id of the count.
pub async fn record(store: &Store, call: Call<'_>, command: &RecordCount) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    lines::check(&mut faults, "lines", &command.lines, 1, (0, 100_000_000));
    faults.check()?;
    once(store, call, "stockCountRecord", command, |tx| async move {
        let (_, row) = take(&tx, call.actor, command.stock_count_id, Step::Record).await?;
        let mut faults = Faults::default();
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let variants = lines::variants(&tx, &mut faults, lines::in_lines, &skus).await?;
        faults.check()?;
        let ids: Vec<Uuid> = variants.iter().map(|variant| variant.id).collect();
        let known = sql::lines_of_variants(&tx, row.id, &ids).await?;
        if known.len() < ids.len() {
            tx.lock(&format!("counts at {}", row.location_id)).await?;
        }
        let levels = stock::levels(&tx, &ids, &[row.location_id]).await?;
        let mut batch = Batch::default();
        for (line, variant) in command.lines.iter().zip(&variants) {
            let level = levels.iter().find(|level| level.variant_id == variant.id);
            let listed = known.iter().find(|known| known.variant_id == variant.id);
            let listed =
                listed.cloned().unwrap_or_else(|| uncounted(row.id, variant.id, &variant.sku));
            batch.save(&stock_count_line::Model {
                expected: level.map_or(0, |level| level.on_hand),
                counted: Some(line.quantity.into()),
                counted_at: Some(tx.now()),
                counted_by_kind: Some(call.actor.kind),
                counted_by_id: call.actor.id,
                ..listed
            });
        }
        let data = json!({ "lines": command.lines.len() });
        let event = event(&row, events::STOCK_COUNT_RECORDED, data);
        let counted: Vec<_> = command
            .lines
            .iter()
            .map(|line| json!({ "sku": line.sku, "counted": line.quantity }))
            .collect();
        let change = audit::made(&json!({ "lines": counted }));
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        if known.len() < ids.len() {
            let taken = sql::counted_elsewhere(&tx, row.id, row.location_id).await?;
            if !taken.is_empty() {
                let message = format!("another open count has {} on its list", taken.join(", "));
                let refusal = Refusal::new(RefusalCode::Duplicate, "lines", message);
                return Err(Error::refused(refusal));
            }
        }
        Ok(row.id)
    })
    .await
}

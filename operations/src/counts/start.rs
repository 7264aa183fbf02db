//! `stockCountStart`: people begin to count.

use super::{event, sql};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::stock::lines;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::StockCountState;
use entities::{stock_count, stock_count_line};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// SKUs that one call names at most.
const MAX_SKUS: usize = 1_000;

/// What to count where.
#[derive(Debug, Clone, Serialize)]
pub struct StartCount {
    /// Where.
    pub location_id: Uuid,
    /// These SKUs; all that have ever lain there without it.
    pub skus: Option<Vec<String>>,
    /// Nobody is told what should lie there until it is closed.
    pub blind: bool,
}

/// Starts a count and answers with its id; refused where another open count has any of it on its list.
pub async fn start(store: &Store, call: Call<'_>, command: &StartCount) -> Result<Uuid> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    if let Some(skus) = &command.skus {
        if skus.is_empty() || skus.len() > MAX_SKUS {
            let message = format!("names 1 to {MAX_SKUS} SKUs");
            faults.add(RefusalCode::LimitExceeded, "skus", message);
        }
        for (index, sku) in skus.iter().enumerate() {
            if skus.iter().take(index).any(|earlier| earlier.trim() == sku.trim()) {
                let field = format!("skus.{index}");
                faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
            }
        }
    }
    faults.check()?;
    once(store, call, "stockCountStart", command, |tx| begin(tx, call.actor, command)).await
}

async fn begin(tx: WriteTx, actor: &Actor, command: &StartCount) -> Result<Uuid> {
    let mut faults = Faults::default();
    let location = catalog::locations(&tx, &[command.location_id]).await?.pop();
    if location.is_none_or(|place| !actor.reach.has_location(place.id)) {
        faults.push(checks::not_found("locationId", "location"));
    }
    let mut named = None;
    if let Some(skus) = &command.skus {
        let skus: Vec<&str> = skus.iter().map(|sku| sku.trim()).collect();
        named = Some(lines::variants(&tx, &mut faults, |at| format!("skus.{at}"), &skus).await?);
    }
    faults.check()?;
    // Two that begin at once see each other's lists.
    tx.lock(&format!("counts at {}", command.location_id)).await?;
    let row = stock_count::Model {
        id: tx.id(),
        location_id: command.location_id,
        state: StockCountState::Open,
        blind: command.blind,
        actor_kind: actor.kind,
        actor_id: actor.id,
        started_at: tx.now(),
        closed_at: None,
        cancelled_at: None,
        lines_counted: 0,
        lines_right: 0,
        difference_minor: None,
        difference_currency: None,
    };
    let mut batch = Batch::default();
    batch.add(&row);
    batch.insert(&tx).await?;
    let ids: Option<Vec<Uuid>> =
        named.as_ref().map(|named| named.iter().map(|variant| variant.id).collect());
    let mut listed = sql::list_levels(&tx, &row, ids.as_deref()).await?;
    let mut batch = Batch::default();
    if let Some(named) = &named {
        // What never lay there can be looked for too.
        let ids: Vec<Uuid> = named.iter().map(|variant| variant.id).collect();
        let known = sql::lines_of_variants(&tx, row.id, &ids).await?;
        let is_new = |id: Uuid| known.iter().all(|line| line.variant_id != id);
        for variant in named.iter().filter(|variant| is_new(variant.id)) {
            batch.add(&uncounted(row.id, variant.id, &variant.sku));
            listed += 1;
        }
    }
    if listed == 0 {
        let message = "nothing has ever lain there: name the SKUs to count";
        return Err(Error::refused(Refusal::new(RefusalCode::Required, "skus", message)));
    }
    let event = event(&row, events::STOCK_COUNT_STARTED, json!({ "lines": listed }));
    let change = audit::difference(None, &row);
    audit::record(&tx, actor, &mut batch, Some(event.subject), &change);
    events::record(&tx, actor, &mut batch, event);
    batch.insert(&tx).await?;
    let taken = sql::counted_elsewhere(&tx, row.id, row.location_id).await?;
    if !taken.is_empty() {
        let message = format!("another open count has {} on its list", taken.join(", "));
        let refusal = Refusal::new(RefusalCode::Duplicate, "skus", message)
            .with_details(json!({ "skus": taken }));
        return Err(Error::refused(refusal));
    }
    Ok(row.id)
}

/// A line of something that the books do not know to lie there.
pub(super) fn uncounted(count: Uuid, variant: Uuid, sku: &str) -> stock_count_line::Model {
    stock_count_line::Model {
        stock_count_id: count,
        variant_id: variant,
        sku: sku.to_owned(),
        expected: 0,
        counted: None,
        counted_at: None,
        counted_by_kind: None,
        counted_by_id: None,
    }
}

//! `stockSetPolicy`: what is never promised, and when to buy more.

use super::receive::Shelf;
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::orders::backorders;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use crate::{Error, error};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The policy of one SKU at one location. What is `None` stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct SetStockPolicy {
    /// Where.
    pub location_id: Uuid,
    /// Which SKU.
    pub sku: String,
    /// Units never promised.
    pub safety_stock: Option<i32>,
    /// Buy more at or below this many available.
    pub reorder_point: Option<i32>,
    /// How many to buy then.
    pub reorder_quantity: Option<i32>,
}

/// Sets the policy and answers with the id of the level.
pub async fn set_policy(
    store: &Store,
    call: Call<'_>,
    command: &SetStockPolicy,
) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::StockWrite)?;
    let mut faults = Faults::default();
    for (field, value, min) in [
        ("safetyStock", command.safety_stock, 0),
        ("reorderPoint", command.reorder_point, 0),
        ("reorderQuantity", command.reorder_quantity, 1),
    ] {
        if let Some(value) = value {
            checks::within(&mut faults, field, value, min, 10_000_000);
        }
    }
    faults.check()?;
    once(store, call, "stockSetPolicy", command, |tx| async move {
        let shelf = Shelf::load(&tx, call.actor, command.location_id, &[command.sku.trim()])
            .await
            .map_err(name_the_sku)?;
        let Some((variant, level)) = shelf.rows.first().cloned() else {
            return Err(Error::refused(checks::not_found("sku", "SKU")));
        };
        shelf.change(&tx, call.actor, &[]).await?;
        let safety = command.safety_stock.unwrap_or(level.safety_stock);
        let point = command.reorder_point.or(level.reorder_point);
        let quantity = command.reorder_quantity.or(level.reorder_quantity);
        sql::set_policy(&tx, level.id, (safety, point, quantity)).await?;
        let data = json!({
            "sku": variant.sku,
            "safetyStock": safety,
            "reorderPoint": point,
            "reorderQuantity": quantity,
        });
        let mut event = NewEvent::new(events::STOCK_POLICY_SET, ("stk", level.id), data);
        event.location = Some(level.location_id);
        let mut batch = Batch::default();
        let before = json!({
            "safetyStock": level.safety_stock,
            "reorderPoint": level.reorder_point,
            "reorderQuantity": level.reorder_quantity,
        });
        let change = audit::changed(&before, &event.data);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        if safety < level.safety_stock {
            let place = (variant.id, level.location_id);
            backorders::serve(&tx, call.actor, place).await?;
        }
        Ok(vec![level.id])
    })
    .await
}

/// The shelf speaks of lines; here there is one SKU.
fn name_the_sku(error: error::Error) -> error::Error {
    let Error::Refused(refusals) = error else { return error };
    let renamed = refusals.into_iter().map(|fault| match fault.field.first() {
        Some(first) if first == "lines" => Refusal { field: vec!["sku".into()], ..fault },
        _ => fault,
    });
    Error::Refused(renamed.filter(|fault| fault.code != RefusalCode::LimitExceeded).collect())
}

//! `orderTag`: add and remove labels.

use super::aggregate::about;
use super::input::check_tags;
use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::order_tag;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Which labels to add and remove.
#[derive(Debug, Clone, Serialize)]
pub struct TagOrder {
    /// The order.
    pub order_id: Uuid,
    /// Labels to add.
    pub add: Vec<String>,
    /// Labels to remove.
    pub remove: Vec<String>,
}

/// Labels of one order at most.
const MAX_TAGS: usize = 50;

/// Changes the labels of an order and answers with its id.
pub async fn tag(store: &Store, call: Call<'_>, command: &TagOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    let add = check_tags(&mut faults, "add", &command.add);
    let remove = check_tags(&mut faults, "remove", &command.remove);
    if let Some(both) = add.iter().find(|tag| remove.contains(tag)) {
        let message = format!("`{both}` is added and removed");
        faults.add(RefusalCode::Invalid, "remove", message);
    }
    faults.check()?;
    let (add, remove) = (&add, &remove);
    once(store, call, "orderTag", command, |tx| async move {
        let order = sql::lock_in_reach(&tx, call.actor, command.order_id).await?;
        let Some(order) = order else {
            return Err(Error::refused(checks::not_found("orderId", "order")));
        };
        let tags = sql::tags_of(&tx, &[order.id]).await?;
        let has = |tag: &&String| tags.iter().any(|row| row.tag == **tag);
        let added: Vec<&String> = add.iter().filter(|tag| !has(tag)).collect();
        let removed: Vec<&String> = remove.iter().filter(has).collect();
        if tags.len() + added.len() - removed.len() > MAX_TAGS {
            let mut faults = Faults::default();
            let message = format!("an order has at most {MAX_TAGS} tags");
            faults.add(RefusalCode::LimitExceeded, "add", message);
            faults.check()?;
        }
        if added.is_empty() && removed.is_empty() {
            return Ok(order.id);
        }
        sql::remove_tags(&tx, order.id, &removed).await?;
        sql::touch(&tx, &order).await?;
        let mut batch = Batch::default();
        for tag in &added {
            let (order_id, tag) = (order.id, (*tag).clone());
            batch.add(&order_tag::Model { order_id, tag, order_placed_at: order.placed_at });
        }
        let before: Vec<&str> = tags.iter().map(|row| row.tag.as_str()).collect();
        let kept = before.iter().filter(|tag| !removed.iter().any(|gone| gone == *tag));
        let after: Vec<&str> = kept.copied().chain(added.iter().map(|tag| tag.as_str())).collect();
        let (tags_before, tags_after) = (json!({ "tags": before }), json!({ "tags": after }));
        let data = json!({ "added": added, "removed": removed });
        let event = about(&order, events::ORDER_TAGGED, ("ord", order.id), data);
        audit::record(
            &tx,
            call.actor,
            &mut batch,
            Some(event.subject),
            &audit::changed(&tags_before, &tags_after),
        );
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(order.id)
    })
    .await
}

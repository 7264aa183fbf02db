//! `fulfillmentStartPicking`: somebody goes to the shelves for one fulfillment or a batch.

use super::in_hand;
use super::state::Step;
use crate::access::read::users_by_ids;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::enums::ActorKind;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to pick, and who does.
#[derive(Debug, Clone, Serialize)]
pub struct StartPicking {
    /// The fulfillments.
    pub fulfillment_ids: Vec<Uuid>,
    /// Who picks; whoever asks, if a person does.
    pub assignee_id: Option<Uuid>,
}

/// Fulfillments in one call at most.
const MAX: usize = 200;

/// Starts all of them, or none, and answers with their ids.
pub async fn start_picking(
    store: &Store,
    call: Call<'_>,
    command: &StartPicking,
) -> Result<Vec<Uuid>> {
    call.actor.require(Permission::FulfillmentWrite)?;
    let ids = &command.fulfillment_ids;
    let mut faults = Faults::default();
    if ids.is_empty() || ids.len() > MAX {
        let message = format!("takes 1 to {MAX} fulfillments");
        faults.add(RefusalCode::LimitExceeded, "fulfillmentIds", message);
    }
    for (index, id) in ids.iter().enumerate() {
        if ids.iter().take(index).any(|earlier| earlier == id) {
            let field = format!("fulfillmentIds.{index}");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
    faults.check()?;
    once(store, call, "fulfillmentStartPicking", command, |tx| async move {
        let field = |index: usize| format!("fulfillmentIds.{index}");
        let mut found = in_hand::take_all(&tx, call.actor, ids, field).await?;
        let mut faults = Faults::default();
        if let Some(user) = command.assignee_id {
            let known = users_by_ids(&tx, &[user]).await?;
            if !known.iter().any(|user| user.active) {
                faults.push(checks::not_found("assigneeId", "active user"));
            }
        }
        let own = call.actor.id.filter(|_| call.actor.kind == ActorKind::User);
        let assignee = command.assignee_id.or(own);
        for (index, id) in ids.iter().enumerate() {
            match in_hand::step(&mut found, *id, Step::StartPicking, &field(index)) {
                Ok(()) => {}
                Err(Error::Refused(refusals)) => {
                    for refusal in refusals {
                        faults.push(refusal);
                    }
                }
                Err(error) => return Err(error),
            }
            let work = found.work_mut(*id)?;
            work.row.assignee_id = assignee.or(work.row.assignee_id);
            found.note_work(*id, events::PICKING_STARTED, &json!({ "userId": assignee }));
        }
        faults.check()?;
        let mut batch = Batch::default();
        let told = audit::made(&json!({ "fulfillments": ids, "assigneeId": assignee }));
        let first = ids.first().map(|id| ("ful", *id));
        audit::record(&tx, call.actor, &mut batch, first, &told);
        found.write(&tx, call.actor, batch).await?;
        Ok(ids.clone())
    })
    .await
}

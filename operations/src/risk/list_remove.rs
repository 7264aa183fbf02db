//! `riskListRemove`: somebody is not known any longer.

use super::sql;
use crate::audit;
use crate::checks;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Which entry.
#[derive(Debug, Clone, Serialize)]
pub struct RemoveFromList {
    /// The entry.
    pub entry_id: Uuid,
}

/// Takes an entry off its list and answers with its id.
pub async fn list_remove(store: &Store, call: Call<'_>, command: &RemoveFromList) -> Result<Uuid> {
    call.actor.require(Permission::OrdersRisk)?;
    once(store, call, "riskListRemove", command, |tx| async move {
        let id = command.entry_id;
        if call.actor.reach.channels.is_some() {
            let message = "the lists of the whole shop are beyond your reach";
            let code = RefusalCode::PolicyViolation;
            return Err(Error::refused(Refusal::new(code, "entryId", message)));
        }
        let Some(row) = sql::entry(&tx, id).await? else {
            return Err(Error::refused(checks::not_found("entryId", "entry")));
        };
        if sql::remove_entry(&tx, id).await? != 1 {
            return Err(Error::Contended);
        }
        let data = json!({ "list": row.list.to_value(), "kind": row.kind.to_value() });
        let event = NewEvent::new(events::RISK_UNLISTED, ("rle", id), data);
        let mut batch = Batch::default();
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &audit::made(&event.data));
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

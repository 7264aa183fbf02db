//! `caseAssign`: who has a case.

use super::WhichCase;
use super::in_hand::InHand;
use super::open::assignee;
use crate::error::{Faults, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Who is to have it.
#[derive(Debug, Clone, Serialize)]
pub struct AssignCase {
    /// Which case.
    pub case_id: Uuid,
    /// Who; nobody without it.
    pub user_id: Option<Uuid>,
}

/// Gives a case to a user, or to nobody, and answers with its id.
pub async fn case_assign(store: &Store, call: Call<'_>, command: &AssignCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    once(store, call, "caseAssign", command, |tx| async move {
        let which = WhichCase { case_id: command.case_id, expected_version: None };
        let mut found = InHand::take(&tx, call.actor, &which).await?;
        let mut faults = Faults::default();
        assignee(&tx, command.user_id, "userId", &mut faults).await?;
        faults.check()?;
        if found.row.assignee_id == command.user_id {
            return Ok(found.row.id);
        }
        let data = json!({
            "number": found.row.number,
            "userId": command.user_id,
            "previousUserId": found.row.assignee_id,
        });
        found.row.assignee_id = command.user_id;
        let mut batch = Batch::default();
        let id = found.write(&tx, call.actor, &mut batch, vec![(events::CASE_ASSIGNED, data)]);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

//! `caseUpdate`: what a case is about, how urgent it is, and whom it waits for.

use super::in_hand::InHand;
use super::open::words_of;
use super::{WhichCase, sql};
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::case_word;
use entities::enums::{CaseKind, CasePriority, CaseState};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What changes; what is left out stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateCase {
    /// Which case.
    #[serde(flatten)]
    pub which: WhichCase,
    /// What is asked for.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub kind: Option<CaseKind>,
    /// How urgent it is.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub priority: Option<CasePriority>,
    /// In a few words.
    pub subject: Option<String>,
    /// Whom it waits for.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub state: Option<CaseState>,
}

/// Cases are resolved, opened again and closed in their own ways.
pub(super) fn check_state(faults: &mut Faults, state: Option<CaseState>) {
    match state {
        None | Some(CaseState::Open | CaseState::WaitingOnCustomer | CaseState::WaitingOnTeam) => {}
        Some(CaseState::Resolved | CaseState::Closed) => {
            let message = "is OPEN, WAITING_ON_CUSTOMER or WAITING_ON_TEAM: caseResolve solves it";
            faults.add(RefusalCode::Invalid, "state", message);
        }
    }
}

/// Changes a case and answers with its id.
pub async fn case_update(store: &Store, call: Call<'_>, command: &UpdateCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    let mut faults = Faults::default();
    let subject = command.subject.as_deref();
    let subject = &subject.map(|text| checks::text(&mut faults, "subject", text, 200));
    check_state(&mut faults, command.state);
    faults.check()?;
    once(store, call, "caseUpdate", command, |tx| async move {
        let mut found = InHand::take(&tx, call.actor, &command.which).await?;
        found.insist_open()?;
        let mut changed: Vec<&str> = Vec::new();
        let row = &mut found.row;
        let mut batch = Batch::default();
        if let Some(kind) = command.kind.filter(|kind| *kind != row.kind) {
            row.kind = kind;
            changed.push("kind");
        }
        if let Some(subject) = subject.as_ref().filter(|subject| **subject != row.subject) {
            row.subject.clone_from(subject);
            changed.push("subject");
            sql::forget_words(&tx, row.id).await?;
            for word in words_of(row) {
                batch.add(&case_word::Model { case_id: row.id, word });
            }
        }
        if let Some(state) = command.state.filter(|state| *state != row.state) {
            row.state = state;
            changed.push("state");
        }
        if let Some(priority) = command.priority.filter(|priority| *priority != row.priority) {
            row.priority = priority;
            changed.push("priority");
            if row.answer_due_at.is_some() {
                // Counted anew from the moment it became as urgent as it is.
                let due = found.hours.answer_due(priority, tx.now());
                row.answer_due_at = row.answer_due_at.map(|known| known.min(due));
            }
        }
        if changed.is_empty() {
            return Ok(row.id);
        }
        let data =
            json!({ "number": row.number, "fields": changed, "state": row.state.to_value() });
        let id = found.write(&tx, call.actor, &mut batch, vec![(events::CASE_CHANGED, data)]);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

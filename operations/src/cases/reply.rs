//! `caseReply`: something is said in a case: by the customer, by the team, or within the team.

use super::in_hand::InHand;
use super::{WhichCase, clocks, update};
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store, WriteTx};
use entities::case_message;
use entities::enums::{ActorKind, CaseState, MessageDirection};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Characters of a message at most.
pub(super) const MAX_TEXT: usize = 20_000;

/// What is said.
#[derive(Debug, Clone, Serialize)]
pub struct ReplyCase {
    /// In which case.
    pub case_id: Uuid,
    /// What.
    pub text: String,
    /// Whether the customer said it, or somebody of the team.
    #[serde(serialize_with = "crate::as_column")]
    pub direction: MessageDirection,
    /// Whether it is for the team only.
    pub internal: bool,
    /// Where the case stands then.
    #[serde(serialize_with = "crate::as_optional_column")]
    pub state: Option<CaseState>,
}

/// A message of a case.
pub(super) fn message(
    tx: &WriteTx,
    (case_id, text): (Uuid, &str),
    (direction, author, internal): (MessageDirection, Option<(ActorKind, Option<Uuid>)>, bool),
) -> case_message::Model {
    case_message::Model {
        id: tx.id(),
        case_id,
        direction,
        author_kind: author.map(|(kind, _)| kind),
        author_id: author.and_then(|(_, id)| id),
        text: text.to_owned(),
        internal,
        at: tx.now(),
    }
}

/// Notes it and answers with the id of the case.
pub async fn case_reply(store: &Store, call: Call<'_>, command: &ReplyCase) -> Result<Uuid> {
    call.actor.require(Permission::CasesWrite)?;
    let inbound = command.direction == MessageDirection::Inbound;
    let mut faults = Faults::default();
    let text = &checks::text(&mut faults, "text", &command.text, MAX_TEXT);
    if inbound && command.internal {
        let message = "what a customer says is not for the team only";
        faults.add(RefusalCode::Invalid, "internal", message);
    }
    update::check_state(&mut faults, command.state);
    faults.check()?;
    once(store, call, "caseReply", command, |tx| async move {
        let which = WhichCase { case_id: command.case_id, expected_version: None };
        let mut found = InHand::take(&tx, call.actor, &which).await?;
        let mut told = Vec::new();
        let now = tx.now();
        let row = &mut found.row;
        if row.state == CaseState::Closed
            || row.resolved_at.is_some_and(|at| now - at > clocks::REOPENED_WITHIN)
        {
            let message = "is over: open another one";
            let refusal = Refusal::new(RefusalCode::StateConflict, "caseId", message);
            return Err(Error::refused(refusal));
        }
        let number = row.number.clone();
        if inbound {
            if row.state == CaseState::Resolved {
                // Whoever writes again does not think it solved.
                super::resolve::reopen(row, now);
                told.push((events::CASE_REOPENED, json!({ "number": number })));
            } else {
                row.state = CaseState::Open;
            }
            found.hours.step(&mut found.row, now);
            let due = found.hours.answer_due(found.row.priority, now);
            found.row.answer_due_at.get_or_insert(due);
        } else if !command.internal {
            // Only what a person says is an answer.
            if call.actor.kind == ActorKind::User {
                found.row.first_responded_at.get_or_insert(now);
                found.row.answer_due_at = None;
            }
        }
        if let Some(state) = command.state {
            found.insist_open()?;
            found.row.state = state;
        }
        let author = (!inbound).then_some((call.actor.kind, call.actor.id));
        let said = (command.direction, author, command.internal);
        let row = message(&tx, (command.case_id, text), said);
        let mut batch = Batch::default();
        batch.add(&row);
        let data = json!({
            "number": number,
            "messageId": row.id,
            "direction": row.direction.to_value(),
            "internal": row.internal,
        });
        let answered = !inbound && !command.internal && call.actor.kind == ActorKind::User;
        let number = json!({ "number": number });
        if inbound {
            told.insert(0, (events::CASE_ASKED, number));
        } else if answered {
            told.insert(0, (events::CASE_ANSWERED, number));
        }
        told.insert(0, (events::CASE_REPLIED, data));
        let id = found.write(&tx, call.actor, &mut batch, told);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

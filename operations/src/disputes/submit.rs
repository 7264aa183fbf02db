//! `disputeSubmitEvidence`: a dispute is answered.

use super::{evidence, sql, told};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::payments::in_hand::take;
use crate::permissions::Permission;
use crate::providers::queue;
use crate::store::{Batch, Store};
use entities::dispute;
use entities::enums::{AskKind, DisputeState};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What is answered.
#[derive(Debug, Clone, Serialize)]
pub struct SubmitEvidence {
    /// The dispute.
    pub dispute_id: Uuid,
    /// What is said.
    pub note: Option<String>,
}

/// Freezes what is known as the answer and answers with the id of the dispute.
pub async fn submit(store: &Store, call: Call<'_>, command: &SubmitEvidence) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    let mut faults = Faults::default();
    let note = &checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    once(store, call, "disputeSubmitEvidence", command, |tx| async move {
        let id = command.dispute_id;
        let missing = || Error::refused(checks::not_found("disputeId", "dispute"));
        let payment = sql::by_ids(&tx, call.actor, &[id]).await?.pop().ok_or_else(missing)?;
        let mut taken = take(&tx, call.actor, payment.payment_id, None).await?;
        let before = sql::lock(&tx, id).await?.ok_or_else(missing)?;
        let refuse = |message: &str| {
            let code = RefusalCode::StateConflict;
            Err(Error::refused(Refusal::new(code, "disputeId", message)))
        };
        if before.state != DisputeState::Open {
            return refuse("it was answered or ended already");
        }
        if before.evidence_due_at.is_some_and(|due| due < tx.now()) {
            return refuse("it could be answered until its evidence was due, which has passed");
        }
        let mut evidence = evidence::assemble(&tx, &before).await?;
        if let Some(fields) = evidence.as_object_mut() {
            fields.insert("note".into(), json!(note));
        }
        let row = dispute::Model {
            version: before.version + 1,
            state: DisputeState::EvidenceSent,
            evidence_sent_at: Some(tx.now()),
            evidence: Some(evidence),
            note: note.clone().or_else(|| before.note.clone()),
            ..before.clone()
        };
        let order = (*taken.one()?.row).clone();
        taken.orders.note(told(&order, &row, events::DISPUTE_EVIDENCE_SENT, json!({})));
        let mut batch = Batch::default();
        batch.save(&row);
        let payment = taken.payment()?.clone();
        queue::ask(&tx, &mut batch, &payment, (AskKind::Evidence, id));
        let change =
            audit::changed(&json!({ "state": "OPEN" }), &json!({ "state": "EVIDENCE_SENT" }));
        audit::record(&tx, call.actor, &mut batch, Some(("dsp", id)), &change);
        taken.orders.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

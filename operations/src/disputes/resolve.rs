//! `disputeResolve`: a dispute ends.

use super::record::move_money;
use super::{currency_of, sql, told};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::ledger::templates::{self, Contested};
use crate::payments::in_hand::take;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::dispute;
use entities::enums::DisputeState;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// How it ended.
#[derive(Debug, Clone, Serialize)]
pub struct ResolveDispute {
    /// The dispute.
    pub dispute_id: Uuid,
    /// Won, lost or accepted.
    #[serde(serialize_with = "crate::as_column")]
    pub state: DisputeState,
    /// What is said of it.
    pub note: Option<String>,
}

/// Ends a dispute and answers with its id. What is won comes back; what is lost or accepted is a loss.
pub async fn resolve(store: &Store, call: Call<'_>, command: &ResolveDispute) -> Result<Uuid> {
    call.actor.require(Permission::PaymentsWrite)?;
    let mut faults = Faults::default();
    let note = &checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    let ends =
        matches!(command.state, DisputeState::Won | DisputeState::Lost | DisputeState::Accepted);
    if !ends {
        faults.add(RefusalCode::Invalid, "state", "is WON, LOST or ACCEPTED");
    }
    faults.check()?;
    once(store, call, "disputeResolve", command, |tx| async move {
        let id = command.dispute_id;
        let missing = || Error::refused(checks::not_found("disputeId", "dispute"));
        let found = sql::by_ids(&tx, call.actor, &[id]).await?.pop().ok_or_else(missing)?;
        let mut taken = take(&tx, call.actor, found.payment_id, None).await?;
        let before = sql::lock(&tx, id).await?.ok_or_else(missing)?;
        if before.resolved_at.is_some() {
            let message = "it has ended: a later stage opens it again";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "disputeId", message)));
        }
        let won = command.state == DisputeState::Won;
        let row = dispute::Model {
            version: before.version + 1,
            state: command.state,
            taken_minor: if won { 0 } else { before.taken_minor },
            resolved_at: Some(tx.now()),
            note: note.clone().or_else(|| before.note.clone()),
            ..before.clone()
        };
        let mut batch = Batch::default();
        let order = (*taken.one()?.row).clone();
        if before.taken_minor > 0 && won {
            move_money(&tx, &mut taken, &mut batch, (&row, 0), tx.now(), false).await?;
        } else if before.taken_minor > 0 && order.in_books {
            let currency = currency_of(&row)?;
            let payment = taken.payment()?.clone();
            let mut books = taken.orders.books_of(&tx, order.id).await?;
            let amount = books.worth(&tx, currency, row.taken_minor, tx.now()).await?;
            let (dispute, payment) = (&row, &payment);
            // Each stage that is lost is a loss of its own.
            let (source, at) = (tx.id(), tx.now());
            let contested = Contested { dispute, payment, source, at, currency, amount };
            books.write(&tx, &mut batch, templates::chargeback_lost(&contested, &order))?;
        }
        let data = json!({ "outcome": row.state.to_value() });
        taken.orders.note(told(&order, &row, events::DISPUTE_RESOLVED, data));
        batch.save(&row);
        let change = audit::changed(
            &json!({ "state": before.state.to_value() }),
            &json!({ "state": row.state.to_value() }),
        );
        audit::record(&tx, call.actor, &mut batch, Some(("dsp", id)), &change);
        taken.orders.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

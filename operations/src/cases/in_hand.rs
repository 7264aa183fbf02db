//! A case that is worked on: locked, changed, and written with what is told of it.

use super::clocks::Hours;
use super::{WhichCase, sql};
use crate::actor::Actor;
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::orders::in_hand::version;
use crate::store::{Batch, WriteTx};
use entities::case_row;
use entities::enums::CaseState;
use sea_orm::ActiveEnum;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A case in a transaction.
pub(super) struct InHand {
    pub(super) row: case_row::Model,
    pub(super) hours: Hours,
    before: case_row::Model,
}

impl InHand {
    /// Takes a case within reach.
    pub(super) async fn take(tx: &WriteTx, actor: &Actor, which: &WhichCase) -> Result<Self> {
        let missing = || Error::refused(checks::not_found("caseId", "case"));
        let row = sql::lock(tx, actor, which.case_id).await?.ok_or_else(missing)?;
        let mut faults = Faults::default();
        version(&mut faults, which.expected_version, row.version);
        faults.check()?;
        let hours = Hours::load(tx).await?;
        Ok(Self { before: row.clone(), row, hours })
    }

    /// Refuses what is not possible in its state.
    pub(super) fn insist_open(&self) -> Result<()> {
        match self.row.state {
            CaseState::Open | CaseState::WaitingOnCustomer | CaseState::WaitingOnTeam => Ok(()),
            CaseState::Resolved | CaseState::Closed => {
                let state = self.row.state.to_value();
                let message = format!("is {state}: open it again, or another one");
                let refusal = Refusal::new(RefusalCode::StateConflict, "caseId", message);
                Err(Error::refused(refusal))
            }
        }
    }

    /// Adds the case as it is now, and what is told of it, to what is written; answers with its id.
    pub(super) fn write(
        mut self,
        tx: &WriteTx,
        actor: &Actor,
        batch: &mut Batch,
        told: Vec<(&'static EventKind, Json)>,
    ) -> Uuid {
        self.hours.step(&mut self.row, tx.now());
        self.row.version += 1;
        self.row.updated_at = tx.now();
        batch.save(&self.row);
        let change = audit::difference(Some(&self.before), &self.row);
        audit::record(tx, actor, batch, Some(("cas", self.row.id)), &change);
        let waits = |row: &case_row::Model| row.state == CaseState::WaitingOnCustomer;
        let turned = match (waits(&self.before), waits(&self.row)) {
            (false, true) => Some(events::CASE_PAUSED),
            (true, false) => Some(events::CASE_RESUMED),
            (true, true) | (false, false) => None,
        };
        let number = json!({ "number": self.row.number });
        for (kind, data) in told.into_iter().chain(turned.map(|kind| (kind, number))) {
            tell(tx, actor, batch, &self.row, (kind, data));
        }
        self.row.id
    }
}

/// Tells of a case.
pub(super) fn tell(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    row: &case_row::Model,
    (kind, data): (&'static EventKind, Json),
) {
    let event = NewEvent {
        order: row.order_id,
        customer: row.customer_id,
        channel: row.channel_id,
        ..NewEvent::new(kind, ("cas", row.id), data)
    };
    events::record(tx, actor, batch, event);
}

//! `periodClose`: nothing is booked on or before a day any longer.

use super::sql;
use crate::audit;
use crate::checks;
use crate::clock;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::legal_entity;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to close.
#[derive(Debug, Clone, Serialize)]
pub struct ClosePeriod {
    /// The company.
    pub legal_entity_id: Uuid,
    /// The last day of the period, `YYYY-MM-DD`.
    pub through: String,
}

/// Closes a period and answers with the id of the company. What comes late is booked in the open period and says so.
pub async fn period_close(store: &Store, call: Call<'_>, command: &ClosePeriod) -> Result<Uuid> {
    call.actor.require(Permission::LedgerWrite)?;
    let mut faults = Faults::default();
    let through = checks::date(&mut faults, "through", &command.through);
    faults.check()?;
    let through = &through.unwrap_or_default();
    once(store, call, "periodClose", command, |tx| async move {
        let id = command.legal_entity_id;
        super::read::entity_in_reach(&tx, call.actor, id).await?;
        // Waits for whoever writes in the books, and keeps others from beginning.
        let before = sql::entity_alone(&tx, id).await?.ok_or(Error::Contended)?;
        let zone = TimeZone::get(&before.time_zone).unwrap_or(TimeZone::UTC);
        let today = clock::timestamp(tx.now()).to_zoned(zone).date().to_string();
        let refuse = |message: String| {
            Err(Error::refused(Refusal::new(RefusalCode::Invalid, "through", message)))
        };
        if *through >= today {
            return refuse(format!("lies before today, which is {today} where the company is"));
        }
        if let Some(closed) = before.closed_through.as_ref().filter(|closed| *closed >= through) {
            return refuse(format!("the books are closed through {closed} already"));
        }
        let row = legal_entity::Model {
            closed_through: Some(through.clone()),
            updated_at: tx.now(),
            ..before.clone()
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let event =
            NewEvent::new(events::PERIOD_CLOSED, ("ent", id), json!({ "through": through }));
        let change = audit::difference(Some(&before), &row);
        audit::record(&tx, call.actor, &mut batch, Some(event.subject), &change);
        events::record(&tx, call.actor, &mut batch, event);
        batch.insert(&tx).await?;
        Ok(id)
    })
    .await
}

//! Counts: somebody counts what lies at a location while selling goes on.
//!
//! A line compares what was counted with what the level says at that moment, and closing applies the difference: what
//! moves between counting and closing stays moved.

pub mod cancel;
pub mod close;
pub mod propose;
pub mod read;
pub mod record;
pub(crate) mod sql;
pub mod start;
pub mod state;

use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::events::{EventKind, NewEvent};
use crate::store::WriteTx;
use entities::stock_count;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::Value as Json;
use state::Step;
use uuid::Uuid;

/// Which count.
#[derive(Debug, Clone, Serialize)]
pub struct WhichCount {
    /// The count.
    pub stock_count_id: Uuid,
}

/// A count within reach, locked, at which a step can be taken.
async fn take(
    tx: &WriteTx,
    actor: &Actor,
    id: Uuid,
    step: Step,
) -> Result<(stock_count::Model, stock_count::Model)> {
    let found = sql::lock(tx, id).await?;
    let Some(row) = found.filter(|row| actor.reach.has_location(row.location_id)) else {
        return Err(Error::refused(checks::not_found("stockCountId", "count")));
    };
    let Some(state) = state::next(row.state, step) else {
        let message = format!("is {} and cannot be taken this step", row.state.to_value());
        let code = RefusalCode::StateConflict;
        return Err(Error::refused(Refusal::new(code, "stockCountId", message)));
    };
    Ok((row.clone(), stock_count::Model { state, ..row }))
}

/// What happened to a count.
fn event(row: &stock_count::Model, kind: &'static EventKind, data: Json) -> NewEvent {
    NewEvent { location: Some(row.location_id), ..NewEvent::new(kind, ("cnt", row.id), data) }
}

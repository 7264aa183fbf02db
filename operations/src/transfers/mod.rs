//! Transfers: goods that go from one location of ours to another.
//!
//! What sets out leaves the one level and is in transit to the other in the same transaction, at what it cost; what arrives
//! is taken from there; and what gets lost is a movement with a reason. So nothing is ever nowhere.

pub mod cancel;
pub mod create;
pub(crate) mod overdue;
pub mod read;
pub mod receive;
pub mod ship;
pub(crate) mod sql;
pub mod state;

use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::orders::in_hand::version;
use crate::store::WriteTx;
use entities::enums::TransferState;
use entities::{stock_transfer, stock_transfer_line};
use sea_orm::ActiveEnum;
use serde::Serialize;
use state::Step;
use uuid::Uuid;

/// Which transfer.
#[derive(Debug, Clone, Serialize)]
pub struct WhichTransfer {
    /// The transfer.
    pub transfer_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
}

/// A transfer in hand, locked, with its lines.
struct InHand {
    was: stock_transfer::Model,
    row: stock_transfer::Model,
    lines: Vec<stock_transfer_line::Model>,
}

/// Which end of a transfer an actor must reach.
#[derive(Clone, Copy)]
enum End {
    From,
    To,
}

impl InHand {
    async fn take(tx: &WriteTx, actor: &Actor, which: &WhichTransfer, end: End) -> Result<Self> {
        let found = sql::lock(tx, which.transfer_id).await?;
        let reached = |row: &stock_transfer::Model| {
            let place = match end {
                End::From => row.from_location_id,
                End::To => row.to_location_id,
            };
            actor.reach.has_location(place)
        };
        let Some(row) = found.filter(reached) else {
            return Err(Error::refused(checks::not_found("transferId", "transfer")));
        };
        let mut faults = Faults::default();
        version(&mut faults, which.expected_version, row.version);
        faults.check()?;
        let lines = sql::lines_of(tx, &[row.id]).await?;
        Ok(Self { was: row.clone(), row, lines })
    }

    /// Takes a step, or refuses it in words.
    fn step(&mut self, step: Step) -> Result<()> {
        let Some(state) = state::next(self.row.state, step) else {
            return Err(Error::refused(conflict(self.row.state)));
        };
        self.row.state = state;
        self.row.version += 1;
        Ok(())
    }

    fn variants(&self) -> Vec<Uuid> {
        self.lines.iter().map(|line| line.variant_id).collect()
    }
}

fn conflict(state: TransferState) -> Refusal {
    let message = format!("is {} and cannot be taken this step", state.to_value());
    Refusal::new(RefusalCode::StateConflict, "transferId", message)
}

/// Units of a line that are still to arrive.
pub(crate) fn open_units(line: &stock_transfer_line::Model) -> i64 {
    i64::from(line.quantity) - i64::from(line.received) - i64::from(line.lost)
}

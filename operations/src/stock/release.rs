//! `stockReservationRelease`: a checkout gives its stock back.

use super::{reserve, sql};
use crate::checks;
use crate::error::{Error, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::permissions::Permission;
use crate::store::Store;
use entities::enums::ReservationState;
use sea_orm::ActiveEnum;
use serde::Serialize;
use uuid::Uuid;

/// Which reservation to give back.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseReservation {
    /// The reservation.
    pub reservation_id: Uuid,
}

/// Gives the stock of an active reservation back and answers with its id.
pub async fn release(store: &Store, call: Call<'_>, command: &ReleaseReservation) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let id = command.reservation_id;
    once(store, call, "stockReservationRelease", command, |tx| async move {
        let found = sql::reservation(&tx, id).await?;
        let found = found.filter(|row| call.actor.reach.has_channel(row.channel_id));
        let Some(row) = found else {
            return Err(Error::refused(checks::not_found("reservationId", "reservation")));
        };
        if !reserve::end(&tx, call.actor, id, ReservationState::Released).await? {
            let message = format!("is {} and holds nothing", row.state.to_value());
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "reservationId", message)));
        }
        Ok(id)
    })
    .await
}

//! `carrierClaimRecord`: what a carrier owes for a parcel that went wrong.

use super::decide::InHand;
use super::{WhichReturn, sql};
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use entities::carrier_claim;
use entities::enums::{CarrierClaimState as State, ReturnKind, ReturnState};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What is known of a claim against a carrier.
#[derive(Debug, Clone, Serialize)]
pub struct RecordClaim {
    /// The customer's claim.
    #[serde(flatten)]
    pub which: WhichReturn,
    /// Where it stands.
    #[serde(serialize_with = "crate::as_column")]
    pub state: State,
    /// What the carrier calls it.
    pub reference: Option<String>,
    /// What is asked for; once it is said it stays.
    pub claimed: Option<Decimal>,
    /// What the carrier paid.
    pub recovered: Option<Decimal>,
}

/// Notes where a claim against a carrier stands, and answers with the id of the return.
pub async fn carrier_claim_record(
    store: &Store,
    call: Call<'_>,
    command: &RecordClaim,
) -> Result<Uuid> {
    call.actor.require(Permission::ReturnsWrite)?;
    let mut faults = Faults::default();
    let reference = command.reference.as_deref();
    let reference = &checks::optional(&mut faults, "reference", reference, 200);
    if command.state != State::Paid && command.recovered.is_some() {
        faults.add(RefusalCode::Invalid, "recovered", "is what was paid: the state is PAID then");
    }
    faults.check()?;
    once(store, call, "carrierClaimRecord", command, |tx| async move {
        let found = InHand::take(&tx, call.actor, &command.which).await?;
        let open = !matches!(found.row.state, ReturnState::Rejected | ReturnState::Cancelled);
        let order = found.order().filter(|_| open && found.row.kind == ReturnKind::Claim);
        let Some(order) = order else {
            let message = "is no claim that stands";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "returnId", message)));
        };
        let currency = Currency::of_row(&order.currency)?;
        let before = sql::carrier_claims(&tx, &[found.row.id]).await?.pop();
        let mut faults = Faults::default();
        if before.as_ref().is_some_and(|row| row.state != State::Filed) {
            faults.add(RefusalCode::StateConflict, "state", "the carrier has answered already");
        }
        let mut minor = |field: &str, amount: Option<Decimal>| {
            let minor = faults.take(field, currency.minor(amount?))?;
            if minor < 0 {
                faults.add(RefusalCode::Invalid, field, "is 0 at least");
            }
            Some(minor)
        };
        let claimed = minor("claimed", command.claimed);
        let recovered = minor("recovered", command.recovered);
        let claimed = claimed.or(before.as_ref().map(|row| row.claimed_minor));
        if claimed.is_none() {
            faults.add(RefusalCode::Required, "claimed", "say how much is asked for");
        }
        if command.state == State::Paid && recovered.is_none() {
            faults.add(RefusalCode::Required, "recovered", "say how much was paid");
        }
        faults.check()?;
        let row = carrier_claim::Model {
            return_id: found.row.id,
            reference: reference.clone().or(before.as_ref().and_then(|row| row.reference.clone())),
            state: command.state,
            currency: order.currency.clone(),
            claimed_minor: claimed.unwrap_or(0),
            recovered_minor: recovered.unwrap_or(0),
            filed_at: before.map_or_else(|| tx.now(), |row| row.filed_at),
            resolved_at: (command.state != State::Filed).then(|| tx.now()),
        };
        let mut batch = Batch::default();
        batch.save(&row);
        let data = json!({ "number": found.row.number, "state": row.state.to_value() });
        found.write(&tx, call.actor, batch, (events::RETURN_CARRIER_CLAIMED, data)).await
    })
    .await
}

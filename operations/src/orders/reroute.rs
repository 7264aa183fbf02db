//! `orderReroute`: send what nobody has begun from elsewhere.

use super::in_hand;
use super::state::Act;
use super::supply::{Choice, Want};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::idempotency::{Call, once};
use crate::orders::aggregate::WorkInHand;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to send from elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct RerouteOrder {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// From where; the strategy chooses without it.
    pub location_id: Option<Uuid>,
    /// This fulfillment alone; all that nobody has begun, and what waits for stock, without it.
    pub fulfillment_id: Option<Uuid>,
}

/// Routes again and answers with the id of the order; refused where less would be promised than before.
pub async fn reroute(store: &Store, call: Call<'_>, command: &RerouteOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    once(store, call, "orderReroute", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order(id).ok_or(Error::Contended)?;
        in_hand::insist(one, Act::Reroute)?;
        let mut faults = Faults::default();
        let chosen = |work: &&WorkInHand| {
            let named = command.fulfillment_id.is_none_or(|wanted| work.row.id == wanted);
            named && work.serves(id) && work.is_changeable()
        };
        let works: Vec<Uuid> = found.work.iter().filter(chosen).map(|work| work.row.id).collect();
        if let Some(wanted) = command.fulfillment_id {
            let known = found.work.iter().find(|work| work.row.id == wanted);
            match known.filter(|work| work.orders.contains(&id)) {
                None => {
                    let what = "fulfillment of this order";
                    faults.push(checks::not_found("fulfillmentId", what));
                }
                Some(work) if works.is_empty() => {
                    use sea_orm::ActiveEnum;
                    let message =
                        format!("is {}: it is sent from there", work.row.state.to_value());
                    faults.add(RefusalCode::StateConflict, "fulfillmentId", message);
                }
                Some(_) => {}
            }
        }
        let serving = crate::catalog::sql::serving(&tx, one.row.channel_id).await?;
        let serves = |location: Uuid| {
            serving.iter().any(|place| place.id == location)
                && call.actor.reach.has_location(location)
        };
        if command.location_id.is_some_and(|location| !serves(location)) {
            let message = "location that serves the channel";
            faults.push(checks::not_found("locationId", message));
        }
        faults.check()?;
        let lines: Vec<Uuid> = one.lines.iter().map(|line| line.id).collect();
        let mut wants = Vec::new();
        let mut promised = 0;
        for line in lines {
            let waiting = found.waiting(id).into_iter().find(|want| want.line == line);
            let waiting = waiting.filter(|_| command.fulfillment_id.is_none());
            let before = found.whole_units(line, WorkInHand::counts);
            let chosen = |work: &WorkInHand| works.contains(&work.row.id);
            let all = found.all_units(line, chosen);
            found.take(line, &all, chosen);
            let units = before - found.whole_units(line, WorkInHand::counts);
            promised += units;
            let units = units + waiting.map_or(0, |want| want.units);
            if units > 0 {
                wants.push(Want { line, units });
            }
        }
        if wants.is_empty() {
            let message = "nothing of it waits to be sent";
            let code = RefusalCode::StateConflict;
            return Err(Error::refused(Refusal::new(code, "orderId", message)));
        }
        let choice = Choice { only: command.location_id, not: Vec::new() };
        let routed = found.supply(&tx, &call.actor.reach, id, &wants, choice).await?;
        let filled: i64 = routed.iter().flat_map(|found| &found.routed.plan.filled).sum();
        let short = command.location_id.is_some() && {
            let wanted: i64 = wants.iter().map(|want| want.units).sum();
            filled < wanted
        };
        if filled < promised || short {
            let message = format!("only {filled} units can be promised there, {promised} are now");
            let details = json!({ "available": filled, "promised": promised });
            let refusal = Refusal::new(RefusalCode::NotRoutable, "locationId", message);
            return Err(Error::refused(refusal.with_details(details)));
        }
        let mut batch = Batch::default();
        let told = json!({ "locationId": command.location_id, "units": filled });
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &audit::made(&told));
        found.note_order(id, crate::events::ORDER_REROUTED, json!({ "units": filled }));
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

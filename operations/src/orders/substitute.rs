//! `lineSubstitute`: send something else in place of what was ordered, as agreed with the customer.

use super::aggregate::Tracked;
use super::aggregate::WorkInHand;
use super::edit::{add_cancelled, give_up};
use super::in_hand;
use super::input::{self, LineInput};
use super::place::Shelf;
use super::pricing::LineAmounts;
use super::sql;
use super::state::Act;
use super::supply::{Choice, Want};
use super::totals::{discount_of, own_discount, share, standing};
use crate::audit;
use crate::checks;
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::store::{Batch, Store};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What to send in place of what.
#[derive(Debug, Clone, Serialize)]
pub struct SubstituteLine {
    /// The line that was ordered.
    pub line_id: Uuid,
    /// The version of its order that the caller saw.
    pub expected_version: Option<i32>,
    /// What is sent.
    pub sku: String,
    /// How many units are replaced, one for one.
    pub quantity: i32,
    /// `true` keeps the ordered price, `false` takes the substitute's own as agreed; without it the lower of both.
    pub keep_price: Option<bool>,
    /// An internal message.
    pub note: Option<String>,
}

/// Replaces units and answers with the id of the order.
pub async fn substitute(store: &Store, call: Call<'_>, command: &SubstituteLine) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    let mut faults = Faults::default();
    let sku = checks::text(&mut faults, "sku", &command.sku, 100);
    checks::within(&mut faults, "quantity", command.quantity, 1, 1_000_000);
    checks::optional(&mut faults, "note", command.note.as_deref(), 10_000);
    faults.check()?;
    let sku = sku.as_str();
    once(store, call, "lineSubstitute", command, |tx| async move {
        let missing = || Error::refused(checks::not_found("lineId", "line"));
        let line = sql::lines_by_ids(&tx, call.actor, &[command.line_id]).await?.pop();
        let id = line.ok_or_else(missing)?.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        let one = found.order(id).ok_or(Error::Contended)?;
        in_hand::insist(one, Act::Substitute)?;
        let old = one.lines.iter().find(|row| row.id == command.line_id).ok_or_else(missing)?;
        let old = (**old).clone();
        let begun = found.begun_units(old.id, WorkInHand::is_begun);
        let begun = begun.max(old.quantity_fulfilled.into());
        let free = standing(&old) - begun;
        let quantity = i64::from(command.quantity);
        let mut faults = Faults::default();
        if one.row.imported {
            let message = "came with its history from another system: change it there";
            faults.add(RefusalCode::StateConflict, "lineId", message);
        }
        if quantity > free {
            let message = format!("{free} of {} have neither left nor are in hand", old.sku);
            faults.add(RefusalCode::AmountExceeded, "quantity", message);
        }
        if sku == old.sku {
            faults.add(RefusalCode::Invalid, "sku", "is what was ordered");
        }
        let currency = Currency::from_code(&one.row.currency)
            .ok_or_else(|| Error::Internal(format!("order {} has no currency", one.row.number)))?;
        let shelf = Shelf::load(&tx, one.row.channel_id, &[sku, &old.sku]).await?;
        // A rate that was agreed, not the list's, holds for what takes its place.
        let agreed = (shelf.rate_of(&old.sku) != Some(old.home_rate_ppm))
            .then(|| crate::money::rate_decimal(old.home_rate_ppm));
        let given = match command.keep_price {
            Some(true) => Some(currency.decimal(old.unit_price_minor)),
            Some(false) | None => None,
        };
        let wanted = LineInput {
            sku: sku.to_owned(),
            quantity: command.quantity,
            unit_price: given,
            tax_rate: agreed,
            ..LineInput::default()
        };
        let mut checked = shelf.check(&mut faults, (currency, "lines"), &[wanted]);
        let seller = crate::tax::seller(&tx, one.row.channel_id).await?;
        let country = old.tax_country.as_deref();
        let to = (country, one.row.tax_id.as_deref());
        input::tax(&tx, &mut faults, &seller, to, ("lines", &mut checked)).await?;
        let checked = checked.pop();
        let faults: Vec<Refusal> = faults.into_vec().into_iter().map(name_the_sku).collect();
        let (Some(mut new), true) = (checked, faults.is_empty()) else {
            return Err(Error::Refused(faults));
        };
        if command.keep_price.is_none() {
            new.price.unit_price = new.price.unit_price.min(old.unit_price_minor);
        }
        // The discount of what is replaced goes with it, as far as the substitute costs that much.
        let moved = old.discount_minor - discount_of(&old, standing(&old) - quantity);
        new.price.discount = moved.min(quantity * new.price.unit_price);
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        let position = one.lines.iter().map(|row| row.position + 1).max().unwrap_or(0);
        let amounts = LineAmounts { discount: new.price.discount, ..LineAmounts::default() };
        let mut row = input::line_row(&tx, (&one.row, position), &new, amounts);
        let own = share(own_discount(&old), quantity, standing(&old));
        row.own_discount_minor = own.min(new.price.discount);
        row.substitutes_for = Some(old.id);
        let want = Want { line: row.id, units: quantity };
        one.lines.push(Tracked::new(row));
        if let Some(line) = one.lines.iter_mut().find(|row| row.id == old.id) {
            add_cancelled(line, quantity);
        }
        let digital = one.is_digital();
        give_up(&mut found, id, old.id);
        if !digital {
            found.supply(&tx, &call.actor.reach, id, &[want], Choice::default()).await?;
        }
        let missing = found.waiting(id).into_iter().find(|waits| waits.line == want.line);
        let may_wait = found.order(id).is_some_and(|one| one.row.allow_backorder);
        if let Some(missing) = missing.filter(|_| !may_wait) {
            let message = format!("{} of {quantity} {sku} available", quantity - missing.units);
            let refusal = Refusal::new(RefusalCode::OutOfStock, "quantity", message);
            return Err(Error::refused(refusal));
        }
        let data = json!({ "sku": sku, "replaced": old.sku, "units": quantity });
        found.note_order(id, events::ORDER_SUBSTITUTED, data.clone());
        let mut batch = Batch::default();
        if let Some(one) = found.order(id) {
            in_hand::note(&tx, call.actor, &mut batch, &one.row, command.note.as_deref());
        }
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &audit::made(&data));
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// The shelf speaks of lines; here there is one SKU.
fn name_the_sku(fault: Refusal) -> Refusal {
    match fault.field.first().map(String::as_str) {
        Some("lines") => Refusal { field: fault.field.into_iter().skip(2).collect(), ..fault },
        Some(_) | None => fault,
    }
}

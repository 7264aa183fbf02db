//! `orderEdit` and `orderEditPreview`: change lines, amounts, addresses or the delivery before it leaves.

use super::aggregate::{Aggregate, OrderInHand, Tracked, WorkInHand, units};
use super::doubt::look_again;
use super::in_hand::{self, LineQuantity};
use super::input::{self, AdjustmentInput, CheckedLine, LineInput};
use super::place::Shelf;
use super::pricing::{LineAmounts, PriceAdjustment};
use super::state::Act;
use super::supply::{Choice, Want};
use super::totals::{self, standing};
use crate::actor::Actor;
use crate::audit;
use crate::checks::{self, Address};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events;
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::permissions::Permission;
use crate::routing::Router;
use crate::store::{Batch, Store, WriteTx};
use crate::tax::{self, Good, Taxed};
use entities::enums::DeliveryMethod;
use entities::{legal_entity, order, order_line};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What to change; what is `None` stays as it is.
#[derive(Debug, Clone, Serialize)]
pub struct EditOrder {
    /// The order.
    pub order_id: Uuid,
    /// The version the caller saw.
    pub expected_version: Option<i32>,
    /// New quantities of lines.
    pub set_quantities: Vec<LineQuantity>,
    /// Lines to add.
    pub add_lines: Vec<LineInput>,
    /// All amounts beside the lines anew, dealt out to what stands.
    pub adjustments: Option<Vec<AdjustmentInput>>,
    /// Where the goods go.
    pub shipping_address: Option<Address>,
    /// Where the invoice goes.
    pub billing_address: Option<Address>,
    /// Where messages go.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// How it reaches the customer.
    #[serde(serialize_with = "method")]
    pub delivery_method: Option<DeliveryMethod>,
    /// The service chosen.
    pub delivery_service: Option<String>,
    /// Where the customer fetches it.
    pub pickup_location_id: Option<Uuid>,
    /// Whether several locations may serve it.
    pub allow_split: Option<bool>,
    /// Why, kept as an internal message.
    pub reason: Option<String>,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn method<S: serde::Serializer>(
    method: &Option<DeliveryMethod>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    use sea_orm::ActiveEnum;
    method.map(|method| method.to_value()).serialize(serializer)
}

/// What an edit would do.
#[derive(Debug)]
pub struct Preview {
    /// The order as it is.
    pub before: order::Model,
    /// The order as it would be.
    pub after: order::Model,
    /// What would still have to be obtained for it, in minor units.
    pub to_charge: i64,
    /// What would be given back, in minor units.
    pub to_refund: i64,
    /// Why its work would lie where it would: location and decision.
    pub routing: Vec<(Uuid, Json)>,
}

/// Changes an order, or refuses the change whole, and answers with its id.
pub async fn edit(store: &Store, call: Call<'_>, command: &EditOrder) -> Result<Uuid> {
    call.actor.require(Permission::OrdersWrite)?;
    check(command).check()?;
    once(store, call, "orderEdit", command, |tx| async move {
        let id = command.order_id;
        let mut found = in_hand::take(&tx, call.actor, id, command.expected_version).await?;
        apply(&tx, call.actor, &mut found, command).await?;
        found.load_schedules(&tx).await?;
        found.settle(&tx);
        let mut batch = Batch::default();
        if command.matters_to_risk()
            && let Some(risk) = look_again(&tx, &mut found, id).await?
        {
            batch.save(&risk);
        }
        if let Some(one) = found.order(id) {
            in_hand::note(&tx, call.actor, &mut batch, &one.row, command.reason.as_deref());
            let total = Currency::from_code(&one.row.currency)
                .map(|currency| currency.decimal(one.row.grand_total_minor));
            let data =
                json!({ "fields": command.fields(), "total": total, "currency": one.row.currency });
            found.note_order(id, events::ORDER_EDITED, data);
        }
        let change = found.difference(id);
        audit::record(&tx, call.actor, &mut batch, Some(("ord", id)), &change);
        found.write(&tx, call.actor, batch).await?;
        Ok(id)
    })
    .await
}

/// What an edit would do: it is done, looked at, and undone.
pub async fn preview(store: &Store, actor: &Actor, command: &EditOrder) -> Result<Preview> {
    actor.require(Permission::OrdersWrite)?;
    check(command).check()?;
    store
        .rehearse(|tx| async move {
            let id = command.order_id;
            let mut found = in_hand::take(&tx, actor, id, command.expected_version).await?;
            let one = found.order(id).ok_or(Error::Contended)?;
            let (before, refunded) = ((*one.row).clone(), one.purse.returned());
            let known: Vec<Uuid> = found.work.iter().map(|work| work.row.id).collect();
            apply(&tx, actor, &mut found, command).await?;
            found.load_schedules(&tx).await?;
            found.settle(&tx);
            let one = found.order(id).ok_or(Error::Contended)?;
            let obtained = one.purse.funds().authorized - one.purse.returned();
            let on_terms = one.row.payment_terms_days.is_some();
            let missing = if on_terms { 0 } else { one.row.grand_total_minor - obtained };
            let new = |work: &&WorkInHand| !known.contains(&work.row.id);
            Ok(Preview {
                to_charge: missing.max(0),
                to_refund: one.purse.returned() - refunded,
                after: (*one.row).clone(),
                routing: found
                    .work
                    .iter()
                    .filter(new)
                    .filter_map(|work| Some((work.row.location_id, work.row.routing.clone()?)))
                    .collect(),
                before,
            })
        })
        .await
}

impl EditOrder {
    /// The country that the goods go to afterwards, where that decides about taxes.
    fn destination(&self, order: &order::Model) -> Option<String> {
        let country = |given: Option<&Address>, kept: Option<&Json>| {
            let given = given.and_then(|address| address.country_code.clone());
            let kept = kept.and_then(|json| Address::from_json(json).country_code);
            given.or(kept).map(|code| code.trim().to_ascii_uppercase())
        };
        let ships = country(self.shipping_address.as_ref(), order.shipping_address.as_ref());
        match self.delivery_method.unwrap_or(order.delivery_method) {
            DeliveryMethod::Pickup => None,
            DeliveryMethod::Ship => ships,
            DeliveryMethod::Digital => {
                country(self.billing_address.as_ref(), order.billing_address.as_ref()).or(ships)
            }
        }
    }

    /// What is changed, by its name in the input.
    fn fields(&self) -> Vec<&'static str> {
        let fields = [
            ("setQuantities", !self.set_quantities.is_empty()),
            ("addLines", !self.add_lines.is_empty()),
            ("adjustments", self.adjustments.is_some()),
            ("shippingAddress", self.shipping_address.is_some()),
            ("billingAddress", self.billing_address.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("deliveryMethod", self.delivery_method.is_some()),
            ("deliveryService", self.delivery_service.is_some()),
            ("pickupLocationId", self.pickup_location_id.is_some()),
            ("allowSplit", self.allow_split.is_some()),
        ];
        fields.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// Whether it changes what the rules about risk look at.
    fn matters_to_risk(&self) -> bool {
        let person = self.email.is_some() || self.phone.is_some();
        let goods = !self.add_lines.is_empty() || !self.set_quantities.is_empty();
        person || goods || self.billing_address.is_some() || self.moves_goods()
    }

    /// Whether it changes where the goods go, or how.
    fn moves_goods(&self) -> bool {
        self.shipping_address.is_some()
            || self.delivery_method.is_some()
            || self.delivery_service.is_some()
            || self.pickup_location_id.is_some()
    }
}

/// What needs no database to be checked.
fn check(command: &EditOrder) -> Faults {
    let mut faults = Faults::default();
    if command.fields().is_empty() {
        faults.add(RefusalCode::Required, "", "names nothing to change");
    }
    if let Some(email) = &command.email {
        checks::email(&mut faults, "email", email);
    }
    for (field, value, max) in [
        ("phone", &command.phone, 50),
        ("deliveryService", &command.delivery_service, 100),
        ("reason", &command.reason, 10_000),
    ] {
        checks::optional(&mut faults, field, value.as_deref(), max);
    }
    for (field, address) in [
        ("shippingAddress", &command.shipping_address),
        ("billingAddress", &command.billing_address),
    ] {
        if let Some(address) = address {
            address.check(&mut faults, field);
        }
    }
    for (index, one) in command.set_quantities.iter().enumerate() {
        let field = format!("setQuantities.{index}");
        checks::within(&mut faults, &format!("{field}.quantity"), one.quantity, 0, 1_000_000);
        if command.set_quantities.iter().take(index).any(|other| other.line_id == one.line_id) {
            let field = format!("{field}.lineId");
            faults.add(RefusalCode::Duplicate, &field, "stands in the list twice");
        }
    }
    faults
}

/// Changes an order in hand; every fault is named before anything is.
async fn apply(
    tx: &WriteTx,
    actor: &Actor,
    found: &mut Aggregate,
    command: &EditOrder,
) -> Result<()> {
    let id = command.order_id;
    let one = found.order(id).ok_or(Error::Contended)?;
    in_hand::insist(one, Act::Edit)?;
    let mut faults = Faults::default();
    if one.row.imported {
        let message = "came with its history from another system: change it there";
        faults.add(RefusalCode::StateConflict, "orderId", message);
    }
    let currency = Currency::from_code(&one.row.currency)
        .ok_or_else(|| Error::Internal(format!("order {} has no currency", one.row.number)))?;
    let skus: Vec<&str> = command.add_lines.iter().map(|line| line.sku.trim()).collect();
    let digital = command.delivery_method.unwrap_or(one.row.delivery_method);
    let bills = digital == DeliveryMethod::Digital && command.billing_address.is_some();
    let moves = command.moves_goods() || bills;
    let entity = if moves || !skus.is_empty() {
        Some(crate::tax::seller(tx, one.row.channel_id).await?)
    } else {
        None
    };
    let mut added = if skus.is_empty() {
        Vec::new()
    } else {
        let shelf = Shelf::load(tx, one.row.channel_id, &skus).await?;
        shelf.check(&mut faults, (currency, "addLines"), &command.add_lines)
    };
    let destination = command.destination(&one.row);
    if let Some(entity) = entity.as_ref().filter(|_| !added.is_empty()) {
        let to = (destination.as_deref(), one.row.tax_id.as_deref());
        input::tax(tx, &mut faults, entity, to, ("addLines", &mut added)).await?;
    }
    let taxes = match entity.as_ref().filter(|_| moves) {
        Some(entity) => tax_anew(tx, &mut faults, entity, one, destination.as_deref()).await?,
        None => Vec::new(),
    };
    if one.lines.len() + command.add_lines.len() > input::MAX_LINES {
        let message = format!("an order has at most {} lines", input::MAX_LINES);
        faults.add(RefusalCode::LimitExceeded, "addLines", message);
    }
    check_quantities(&mut faults, found, one, command);
    let adjustments = command
        .adjustments
        .as_ref()
        .map(|given| input::check_adjustments(&mut faults, currency, given));
    check_delivery(tx, actor, &mut faults, found, command).await?;
    faults.check()?;
    let waited: i64 = found.waiting(id).iter().map(|want| want.units).sum();
    for (line, taxed) in taxes {
        let Some(one) = found.order_mut(id) else { break };
        let Some(row) = one.lines.iter_mut().find(|row| row.id == line) else { continue };
        row.tax_rate_ppm = taxed.rate_ppm.unwrap_or(row.tax_rate_ppm);
        row.tax_scheme = taxed.scheme;
        row.tax_country = taxed.country;
    }
    let mut wants = change_lines(tx, found, id, command, &added)?;
    if let (Some(given), Some(adjustments)) = (&command.adjustments, &adjustments) {
        deal_out(tx, found, id, given, adjustments)?;
    }
    let one = found.order_mut(id).ok_or(Error::Contended)?;
    change_person(one, command);
    if command.moves_goods() {
        change_delivery(one, command);
        let lines: Vec<Uuid> = one.lines.iter().map(|line| line.id).collect();
        for line in lines {
            let all = found.all_units(line, WorkInHand::is_changeable);
            found.take(line, &all, WorkInHand::is_changeable);
        }
        wants = found.waiting(id);
    }
    if let Some(one) = found.order_mut(id) {
        // What it is worth decides whether it may be split.
        one.price();
    }
    if !wants.is_empty() {
        found.supply(tx, &actor.reach, id, &wants, Choice::default()).await?;
    }
    refuse_short(found, command, waited)
}

/// How the lines of an order are taxed that goes elsewhere. What was invoiced of them is corrected when it is written.
async fn tax_anew(
    tx: &WriteTx,
    faults: &mut Faults,
    entity: &legal_entity::Model,
    one: &OrderInHand,
    destination: Option<&str>,
) -> Result<Vec<(Uuid, Taxed)>> {
    let variants: Vec<Uuid> = one.lines.iter().filter_map(|line| line.variant_id).collect();
    let unlike: BTreeMap<Uuid, String> =
        tax::categories(tx, &variants).await?.into_iter().collect();
    let good = |line: &order_line::Model| {
        let category = line.variant_id.and_then(|id| unlike.get(&id).cloned());
        let category = category.unwrap_or_else(|| tax::STANDARD.to_owned());
        Good { category, home_rate_ppm: line.home_rate_ppm, given: line.tax_given }
    };
    let goods: Vec<(String, Good)> = one
        .lines
        .iter()
        .map(|line| ("shippingAddress.countryCode".to_owned(), good(line)))
        .collect();
    let to = (destination, one.row.tax_id.as_deref());
    let taxed = tax::assess(tx, faults, entity, to, &goods).await?;
    Ok(one.lines.iter().map(|line| line.id).zip(taxed).collect())
}

/// New quantities are not below what is cancelled, has left or is in hand.
fn check_quantities(
    faults: &mut Faults,
    found: &Aggregate,
    one: &OrderInHand,
    command: &EditOrder,
) {
    let mut left = 0;
    for line in &one.lines {
        let place = command.set_quantities.iter().position(|set| set.line_id == line.id);
        let set = place.and_then(|index| command.set_quantities.get(index));
        let quantity = set.map_or(line.quantity, |set| set.quantity);
        left += i64::from(quantity) - i64::from(line.quantity_cancelled);
        let Some(index) = place else { continue };
        let begun = found.begun_units(line.id, WorkInHand::is_begun);
        let begun = begun.max(line.quantity_fulfilled.into());
        let least = i64::from(line.quantity_cancelled) + begun;
        if i64::from(quantity) < least {
            let message = format!(
                "{} of {} are cancelled, {begun} have left or are in hand",
                line.quantity_cancelled, line.sku
            );
            let field = format!("setQuantities.{index}.quantity");
            let refusal = Refusal::new(RefusalCode::StateConflict, &field, message);
            faults.push(refusal.with_details(json!({ "sku": line.sku, "least": least })));
        }
    }
    for (index, set) in command.set_quantities.iter().enumerate() {
        if !one.lines.iter().any(|line| line.id == set.line_id) {
            faults.push(checks::not_found(&format!("setQuantities.{index}.lineId"), "line"));
        }
    }
    let mut whole: i128 = 0;
    for line in &one.lines {
        let set = command.set_quantities.iter().find(|set| set.line_id == line.id);
        let quantity = set.map_or(line.quantity, |set| set.quantity);
        whole += i128::from(quantity) * i128::from(line.unit_price_minor);
    }
    if !crate::money::is_bearable(whole) {
        let message = "the whole is too large an amount";
        faults.add(RefusalCode::AmountExceeded, "setQuantities", message);
    }
    if left == 0 && command.add_lines.is_empty() {
        let message = "nothing would be left of it: cancel it instead";
        faults.add(RefusalCode::Invalid, "setQuantities", message);
    }
}

/// Goods go elsewhere only while nobody has begun with them.
async fn check_delivery(
    tx: &WriteTx,
    actor: &Actor,
    faults: &mut Faults,
    found: &Aggregate,
    command: &EditOrder,
) -> Result<()> {
    if !command.moves_goods() {
        return Ok(());
    }
    let one = found.order(command.order_id).ok_or(Error::Contended)?;
    let begun = found.work.iter().any(|work| work.serves(one.row.id) && work.is_begun());
    if begun {
        let message = "some of it is being picked or has left";
        faults.add(RefusalCode::StateConflict, "orderId", message);
    }
    let method = command.delivery_method.unwrap_or(one.row.delivery_method);
    let pickup = command
        .pickup_location_id
        .or_else(|| one.row.pickup_location_id.filter(|_| method == DeliveryMethod::Pickup));
    if (method == DeliveryMethod::Pickup) != pickup.is_some() {
        let message = "comes with the delivery method PICKUP, and only with it";
        faults.add(RefusalCode::Invalid, "pickupLocationId", message);
    }
    if command.pickup_location_id.is_some() {
        let router = Router::load(tx, &actor.reach, one.row.channel_id).await?;
        crate::stock::reserve::check_pickup(faults, &router, command.pickup_location_id);
    }
    Ok(())
}

/// Changes quantities and adds lines; answers with what stock is wanted for.
fn change_lines(
    tx: &WriteTx,
    found: &mut Aggregate,
    id: Uuid,
    command: &EditOrder,
    added: &[CheckedLine],
) -> Result<Vec<Want>> {
    let mut wants = Vec::new();
    for set in &command.set_quantities {
        let one = found.order_mut(id).ok_or(Error::Contended)?;
        let Some(line) = one.lines.iter_mut().find(|line| line.id == set.line_id) else { continue };
        let more = i64::from(set.quantity) - i64::from(line.quantity);
        line.quantity = set.quantity;
        if more > 0 {
            wants.push(Want { line: set.line_id, units: more });
        } else {
            give_up(found, id, set.line_id);
        }
    }
    let one = found.order_mut(id).ok_or(Error::Contended)?;
    let first = one.lines.iter().map(|line| line.position + 1).max().unwrap_or(0);
    for (position, line) in (first..).zip(added) {
        let amounts = LineAmounts { discount: line.price.discount, ..LineAmounts::default() };
        let row = input::line_row(tx, (&one.row, position), line, amounts);
        wants.push(Want { line: row.id, units: line.price.quantity });
        one.lines.push(Tracked::new(row));
    }
    if one.is_digital() { Ok(Vec::new()) } else { Ok(wants) }
}

/// Work that nobody has begun sends no more than what stands of a line.
pub(super) fn give_up(found: &mut Aggregate, order: Uuid, line: Uuid) {
    let Some(one) = found.order(order) else { return };
    let stands = one.lines.iter().find(|row| row.id == line).map_or(0, |row| standing(row));
    let over = found.over(line, stands);
    found.take(line, &over, WorkInHand::is_changeable);
}

/// Deals new adjustments out to what stands.
fn deal_out(
    tx: &WriteTx,
    found: &mut Aggregate,
    id: Uuid,
    given: &[AdjustmentInput],
    adjustments: &[PriceAdjustment],
) -> Result<()> {
    let one = found.order_mut(id).ok_or(Error::Contended)?;
    let goods: i64 = one
        .lines
        .iter()
        .map(|line| standing(line) * line.unit_price_minor - totals::own_discount(line))
        .sum();
    let off: i64 = adjustments
        .iter()
        .filter(|one| super::pricing::taken_off(one.kind))
        .map(|one| one.amount)
        .sum();
    let whole =
        one.lines.iter().map(|line| i128::from(standing(line)) * i128::from(line.unit_price_minor));
    let beside = adjustments.iter().map(|one| i128::from(one.amount));
    if !crate::money::is_bearable(whole.chain(beside).sum()) {
        let message = "the whole is too large an amount";
        let refusal = Refusal::new(RefusalCode::AmountExceeded, "adjustments", message);
        return Err(Error::refused(refusal));
    }
    if off > goods {
        let message = "discounts exceed what the lines cost";
        let refusal = Refusal::new(RefusalCode::AmountExceeded, "adjustments", message);
        return Err(Error::refused(refusal));
    }
    let mut lines: Vec<&mut entities::order_line::Model> =
        one.lines.iter_mut().map(|line| &mut **line).collect();
    let priced = totals::deal_out(&one.row, &mut lines, adjustments);
    one.adjustments = input::adjustment_rows(tx, &one.row, (given, adjustments), &priced);
    Ok(())
}

fn change_person(one: &mut OrderInHand, command: &EditOrder) {
    let text = |value: &String| Some(value.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(email) = &command.email {
        one.row.email = text(email);
        one.row.email_key = one.row.email.as_deref().map(checks::fold);
    }
    if let Some(phone) = &command.phone {
        one.row.phone = text(phone);
        one.row.phone_key = one.row.phone.as_deref().and_then(checks::phone_key);
    }
    if let Some(address) = &command.billing_address {
        one.row.billing_address = Some(address.check(&mut Faults::default(), "").json());
    }
    if let Some(allow) = command.allow_split {
        one.row.allow_split = allow;
    }
}

fn change_delivery(one: &mut OrderInHand, command: &EditOrder) {
    if let Some(address) = &command.shipping_address {
        let address = address.check(&mut Faults::default(), "");
        one.row.address_key = Some(address.key());
        one.row.country_code.clone_from(&address.country_code);
        one.row.shipping_address = Some(address.json());
    }
    if let Some(method) = command.delivery_method {
        one.row.delivery_method = method;
    }
    if let Some(service) = &command.delivery_service {
        one.row.delivery_service = Some(service.trim().to_owned()).filter(|text| !text.is_empty());
    }
    if let Some(pickup) = command.pickup_location_id {
        one.row.pickup_location_id = Some(pickup);
    }
    if one.row.delivery_method != DeliveryMethod::Pickup {
        one.row.pickup_location_id = None;
    }
}

/// An order that may not wait for stock has all of it, or is not changed.
fn refuse_short(found: &Aggregate, command: &EditOrder, waited: i64) -> Result<()> {
    let id = command.order_id;
    let one = found.order(id).ok_or(Error::Contended)?;
    let waiting = found.waiting(id);
    let units_waiting: i64 = waiting.iter().map(|want| want.units).sum();
    if one.row.allow_backorder || units_waiting <= waited {
        return Ok(());
    }
    let short: BTreeMap<Uuid, i64> = waiting.iter().map(|want| (want.line, want.units)).collect();
    let mut faults = Faults::default();
    let first_added = one.lines.len() - command.add_lines.len();
    for (index, line) in one.lines.iter().enumerate() {
        let Some(missing) = short.get(&line.id) else { continue };
        let set = command.set_quantities.iter().position(|set| set.line_id == line.id);
        let field = match (set, index.checked_sub(first_added)) {
            (Some(place), _) => format!("setQuantities.{place}.quantity"),
            (None, Some(place)) => format!("addLines.{place}.quantity"),
            (None, None) => "shippingAddress".to_owned(),
        };
        let there = standing(line) - missing;
        let message = format!("{there} of {} {} available", standing(line), line.sku);
        let details = json!({ "sku": line.sku, "requested": standing(line), "available": there });
        let refusal = Refusal::new(RefusalCode::OutOfStock, &field, message);
        faults.push(refusal.with_details(details));
    }
    faults.check()
}

/// Cancelled units of a line, as a count that a column holds.
pub(super) fn add_cancelled(line: &mut entities::order_line::Model, quantity: i64) {
    line.quantity_cancelled += units(quantity);
}

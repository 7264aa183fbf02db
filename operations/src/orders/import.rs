//! `ordersImport`: orders that already have a history. Moves no stock and books nothing.
//!
//! History is kept as it is told: delivered before shipped, cancelled after delivery, paid more
//! than the lines sum to, without lines at all. Only what cannot be understood is refused, each
//! order on its own.

use super::aggregate::about;
use super::input::{self, AdjustmentInput, LineInput, Listed};
use super::list::search;
use super::place::{importer, numbered, placed_data};
use super::sql;
use super::state::Facts;
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::customers::resolve::{Book, CustomerRef, NewCustomer};
use crate::error::{Error, Faults, Refusal, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::money::Currency;
use crate::payments::purse::Funds;
use crate::payments::record::{self, RecordPayment};
use crate::permissions::Permission;
use crate::privacy::seal::ERASED;
use crate::privacy::suppress;
use crate::store::{Batch, Store, WriteTx};
use entities::enums::{
    CapturePolicy, DeliveryMethod, FulfillmentState, OrderFulfillmentState, OrderPaymentState,
    OrderReturnState, OrderState, TaxRounding,
};
use entities::{
    channel, fulfillment, fulfillment_line, fulfillment_order, location, order, order_line,
    order_tag, variant,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// Orders in one call at most.
pub const MAX_ORDERS: usize = 250;

/// An order with its history.
#[derive(Debug, Clone, Serialize)]
pub struct ImportOrder {
    /// The code of the channel it came from.
    pub channel_code: String,
    /// What the channel calls it.
    pub channel_reference: String,
    /// Who ordered.
    pub customer: Option<NewCustomer>,
    /// When.
    pub placed_at: OffsetDateTime,
    /// In which currency.
    pub currency: String,
    /// What; may be empty.
    pub lines: Vec<LineInput>,
    /// Shipping, discounts and so on.
    pub adjustments: Vec<AdjustmentInput>,
    /// Where the goods went.
    pub shipping_address: Option<Address>,
    /// Where the invoice went.
    pub billing_address: Option<Address>,
    /// What was paid.
    pub payments: Vec<ImportedPayment>,
    /// When it was released for delivery.
    pub approved_at: Option<OffsetDateTime>,
    /// When it left.
    pub shipped_at: Option<OffsetDateTime>,
    /// When it arrived.
    pub delivered_at: Option<OffsetDateTime>,
    /// What the customer was told.
    pub promised_by: Option<OffsetDateTime>,
    /// When it was cancelled.
    pub cancelled_at: Option<OffsetDateTime>,
    /// When it came back.
    pub returned_at: Option<OffsetDateTime>,
    /// The code of the location that sent it.
    pub location_code: Option<String>,
    /// The customer's score, 1 to 5.
    pub satisfaction: Option<i32>,
    /// Labels.
    pub tags: Vec<String>,
    /// Whatever else is known.
    pub attributes: Option<Json>,
}

/// A payment of an order with its history.
#[derive(Debug, Clone, Serialize)]
pub struct ImportedPayment {
    /// How it was paid.
    pub method: String,
    /// How much.
    pub amount: Decimal,
    /// What the provider called it.
    pub reference: Option<String>,
    /// When it was captured; none where it never was.
    pub captured_at: Option<OffsetDateTime>,
    /// In how many the payer paid.
    pub installments: Option<i32>,
}

/// What came of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Imported {
    /// In the order of the input; none where the row was refused.
    pub orders: Vec<Option<Uuid>>,
    /// Why; `DUPLICATE` where the order had been imported before.
    pub refusals: Vec<Refusal>,
}

impl Imported {
    /// How many orders came in.
    pub fn count(&self) -> usize {
        self.orders.iter().flatten().count()
    }
}

/// Imports up to 250 orders in one transaction, each refused or taken on its own.
pub async fn import(store: &Store, call: Call<'_>, command: &[ImportOrder]) -> Result<Imported> {
    call.actor.require(Permission::OrdersWrite)?;
    if command.is_empty() || command.len() > MAX_ORDERS {
        let message = format!("takes 1 to {MAX_ORDERS} orders");
        let code = RefusalCode::LimitExceeded;
        return Err(Error::refused(Refusal::new(code, "orders", message)));
    }
    once(store, call, "ordersImport", &command, |tx| import_in(tx, call.actor, command)).await
}

async fn import_in(tx: WriteTx, actor: &Actor, command: &[ImportOrder]) -> Result<Imported> {
    let mut importer = Importer::load(&tx, actor, command).await?;
    let command = &importer.without_erased(command).await?;
    let mut answer = Imported { orders: Vec::with_capacity(command.len()), refusals: Vec::new() };
    let mut accepted = Vec::new();
    for (index, input) in command.iter().enumerate() {
        let mut faults = Faults::default();
        let checked = importer.check(&mut faults, input);
        let refusals = faults.into_vec();
        if let (Some(checked), true) = (checked, refusals.is_empty()) {
            accepted.push((index, checked));
        }
        let at = format!("orders.{index}");
        answer.refusals.extend(refusals.into_iter().map(|fault| fault.under(&at)));
        answer.orders.push(None);
    }
    let numbers = tx.next_numbers("order_numbers", accepted.len()).await?;
    let mut batch = Batch::default();
    let mut orders = Vec::new();
    for ((index, checked), number) in accepted.into_iter().zip(numbers) {
        let Some(input) = command.get(index) else { continue };
        let id = importer.build(input, checked, number, &mut orders);
        if let Some(place) = answer.orders.get_mut(index) {
            *place = Some(id);
        }
    }
    importer.book.write(&tx, actor, &mut batch).await?;
    for built in &orders {
        built.add(&tx, actor, &mut batch);
        let customer = built.order.customer_id.and_then(|id| importer.book.get(id));
        batch.add(&search::document(&built.order, &built.lines, customer.as_ref()));
    }
    let told = json!({ "imported": orders.len(), "refused": command.len() - orders.len() });
    audit::record(&tx, actor, &mut batch, None, &audit::made(&told));
    batch.insert(&tx).await?;
    search::refresh_customers(&tx, &importer.book.changed()).await?;
    Ok(answer)
}

/// What the rows of one call refer to.
struct Importer<'a> {
    tx: &'a WriteTx,
    actor: &'a Actor,
    channels: HashMap<String, channel::Model>,
    locations: HashMap<String, location::Model>,
    variants: HashMap<String, variant::Model>,
    /// Orders that stand already, and rows of this call.
    taken: HashSet<(Uuid, String)>,
    book: Book,
}

/// A row that can be imported.
struct Checked {
    channel: channel::Model,
    currency: Currency,
    lines: Vec<input::CheckedLine>,
    adjustments: Vec<super::pricing::PriceAdjustment>,
    payments: Vec<record::Checked>,
    location: Option<Uuid>,
    customer: Option<entities::customer::Model>,
}

/// The rows of one imported order.
struct Built {
    order: order::Model,
    lines: Vec<order_line::Model>,
    adjustments: Vec<entities::order_adjustment::Model>,
    tags: Vec<order_tag::Model>,
    payments: Vec<record::Checked>,
    location: Option<Uuid>,
}

impl<'a> Importer<'a> {
    /// The rows, those of people who were erased since without the person: they do not come back.
    async fn without_erased(&self, command: &[ImportOrder]) -> Result<Vec<ImportOrder>> {
        let mut rows = command.to_vec();
        let named: Vec<(usize, CustomerRef, Uuid)> = command
            .iter()
            .enumerate()
            .filter_map(|(at, row)| {
                let channel = self.channels.get(row.channel_code.trim())?;
                let new = row.customer.clone()?;
                Some((at, CustomerRef::Create(Box::new(new)), channel.id))
            })
            .collect();
        let references: Vec<(&CustomerRef, Uuid)> =
            named.iter().map(|(_, reference, channel)| (reference, *channel)).collect();
        for (place, erased) in suppress::erased(self.tx, &references).await? {
            let Some(row) = named.get(place).and_then(|(at, ..)| rows.get_mut(*at)) else {
                continue;
            };
            if row.placed_at > erased.at {
                continue;
            }
            row.customer = None;
            row.attributes = None;
            for address in [&mut row.shipping_address, &mut row.billing_address] {
                *address = address.take().map(|address| Address {
                    line1: Some(ERASED.to_owned()),
                    city: Some(ERASED.to_owned()),
                    country_code: address.country_code,
                    ..Address::default()
                });
            }
        }
        Ok(rows)
    }

    async fn load(tx: &'a WriteTx, actor: &'a Actor, command: &[ImportOrder]) -> Result<Self> {
        let unique = |texts: &mut Vec<&'_ str>| {
            texts.sort_unstable();
            texts.dedup();
        };
        let mut codes: Vec<&str> = command.iter().map(|row| row.channel_code.trim()).collect();
        unique(&mut codes);
        let mut places: Vec<&str> =
            command.iter().filter_map(|row| row.location_code.as_deref()).map(str::trim).collect();
        unique(&mut places);
        let mut skus: Vec<&str> =
            command.iter().flat_map(|row| &row.lines).map(|line| line.sku.trim()).collect();
        unique(&mut skus);
        let channels: HashMap<String, channel::Model> = catalog::channels_by_code(tx, &codes)
            .await?
            .into_iter()
            .filter(|channel| actor.reach.has_channel(channel.id))
            .map(|channel| (channel.code.clone(), channel))
            .collect();
        let mut references: Vec<&str> =
            command.iter().map(|row| row.channel_reference.trim()).collect();
        unique(&mut references);
        let ids: Vec<Uuid> = channels.values().map(|channel| channel.id).collect();
        let taken = sql::taken_references(tx, &ids, &references).await?;
        let customers: Vec<(CustomerRef, Uuid)> = command
            .iter()
            .filter_map(|row| {
                let channel = channels.get(row.channel_code.trim())?;
                let new = row.customer.clone()?;
                Some((CustomerRef::Create(Box::new(new)), channel.id))
            })
            .collect();
        let named: Vec<(&CustomerRef, Uuid)> =
            customers.iter().map(|(reference, channel)| (reference, *channel)).collect();
        let locations = if places.is_empty() {
            Vec::new()
        } else {
            catalog::locations_by_code(tx, &places).await?
        };
        Ok(Self {
            tx,
            actor,
            book: Book::load(tx, actor, &named).await?,
            locations: locations
                .into_iter()
                .filter(|location| actor.reach.has_location(location.id))
                .map(|location| (location.code.clone(), location))
                .collect(),
            variants: catalog::variants_by_sku(tx, &skus)
                .await?
                .into_iter()
                .map(|variant| (variant.sku.clone(), variant))
                .collect(),
            taken: taken.into_iter().collect(),
            channels,
        })
    }

    fn check(&mut self, faults: &mut Faults, row: &ImportOrder) -> Option<Checked> {
        let code = row.channel_code.trim();
        let currency = checks::currency(faults, "currencyCode", &row.currency);
        let channel = self.channels.get(code).cloned();
        if channel.is_none() {
            let message = format!(
                "there is no channel `{code}`: make it with the mutation channelUpsert, code \"{code}\""
            );
            faults.add(RefusalCode::NotFound, "channelCode", message);
        }
        let reference = checks::text(faults, "channelReference", &row.channel_reference, 100);
        if let (Some(channel), Some(currency)) = (&channel, currency)
            && channel.currency != currency.code()
        {
            let message = format!("the channel `{code}` sells in {}", channel.currency);
            faults.add(RefusalCode::CurrencyMismatch, "currencyCode", message);
        }
        let location = row.location_code.as_deref().map(str::trim).and_then(|code| {
            let found = self.locations.get(code).map(|location| location.id);
            if found.is_none() {
                faults.push(checks::not_found("locationCode", &format!("location `{code}`")));
            }
            found
        });
        if let Some(score) = row.satisfaction {
            checks::within(faults, "satisfaction", score, 1, 5);
        }
        for (field, address) in
            [("shippingAddress", &row.shipping_address), ("billingAddress", &row.billing_address)]
        {
            if let Some(address) = address {
                address.check(faults, field);
            }
        }
        input::check_tags(faults, "tags", &row.tags);
        if row.lines.len() > input::MAX_LINES {
            let message = format!("takes at most {} lines", input::MAX_LINES);
            faults.add(RefusalCode::LimitExceeded, "lines", message);
        }
        let currency = currency?;
        let mut lines = Vec::with_capacity(row.lines.len());
        for (index, line) in row.lines.iter().enumerate() {
            let at = format!("lines.{index}");
            if line.unit_price.is_none() {
                let message = "a history says what was paid";
                faults.add(RefusalCode::Required, &format!("{at}.unitPrice"), message);
                continue;
            }
            let variant = self.variants.get(line.sku.trim());
            let listed = Listed {
                variant_id: variant.map(|variant| variant.id),
                name: variant.map(|variant| variant.name.clone()),
                price_minor: None,
                tax_rate_ppm: Some(0),
                // What left is told by the history, unit by unit of the line.
                components: None,
            };
            lines.extend(input::check_line(faults, &at, currency, line, &listed));
        }
        let adjustments = input::check_adjustments(faults, currency, &row.adjustments);
        input::check_discounts(faults, &lines, &adjustments);
        let payments = record::check(faults, "payments", currency, &payments_of(row));
        if let Some(new) = &row.customer {
            CustomerRef::Create(Box::new(new.clone())).check(faults, "customer");
        }
        let channel = channel?;
        if !faults.is_empty() {
            return None;
        }
        if !self.taken.insert((channel.id, reference.clone())) {
            let message = format!("{reference} of `{code}` is here already");
            faults.add(RefusalCode::Duplicate, "channelReference", message);
            return None;
        }
        let customer = row.customer.as_ref().and_then(|new| {
            let reference = CustomerRef::Create(Box::new(new.clone()));
            // A customer about whom nothing is told is nobody.
            let told = new.email.is_some() || new.name.is_some() || new.phone.is_some();
            if !told && new.identities.is_empty() {
                return None;
            }
            self.book.resolve(self.tx, faults, "customer", (&reference, channel.id))
        });
        Some(Checked { channel, currency, lines, adjustments, payments, location, customer })
    }

    fn build(
        &self,
        row: &ImportOrder,
        checked: Checked,
        number: i64,
        built: &mut Vec<Built>,
    ) -> Uuid {
        let id = self.tx.id();
        let mut order = self.order(id, row, &checked, number);
        let (mut lines, adjustments) = input::rows(
            self.tx,
            &mut order,
            &checked.lines,
            (&row.adjustments, &checked.adjustments),
        );
        let left = order.shipped_at.is_some() || order.delivered_at.is_some();
        for line in &mut lines {
            if left {
                line.quantity_fulfilled = line.quantity;
            } else if order.cancelled_at.is_some() {
                line.quantity_cancelled = line.quantity;
            }
            if order.returned_at.is_some() {
                line.quantity_returned = line.quantity;
            }
        }
        if order.cancelled_at.is_some() && !left {
            input::void_amounts(&mut order, &mut lines);
        }
        order.paid_minor = checked.payments.iter().map(record::Checked::captured).sum();
        let authorized = checked.payments.iter().map(record::Checked::authorized).sum();
        let funds = Funds { authorized, obtained: authorized > 0, disputed: 0 };
        let states = Facts::of(&order, &lines, funds).states();
        order.state = states.order;
        order.fulfillment_state = states.fulfillment;
        order.payment_state = states.payment;
        order.return_state = states.returns;
        if order.state == OrderState::Completed {
            order.completed_at = order.delivered_at;
        }
        let tags = input::check_tags(&mut Faults::default(), "tags", &row.tags);
        built.push(Built {
            lines,
            adjustments,
            tags: tags
                .into_iter()
                .map(|tag| order_tag::Model { order_id: id, tag, order_placed_at: order.placed_at })
                .collect(),
            payments: checked.payments,
            location: checked.location.filter(|_| left),
            order,
        });
        id
    }

    fn order(&self, id: Uuid, row: &ImportOrder, checked: &Checked, number: i64) -> order::Model {
        let now = self.tx.now();
        let at = |moment: Option<OffsetDateTime>| moment.map(crate::clock::truncate);
        let address = |address: &Option<Address>| {
            address.as_ref().map(|address| address.check(&mut Faults::default(), "").json())
        };
        let customer = checked.customer.as_ref();
        let own = row.customer.as_ref();
        let email = own.and_then(|own| own.email.clone()).or_else(|| customer?.email.clone());
        let phone = own.and_then(|own| own.phone.clone()).or_else(|| customer?.phone.clone());
        let (placed_by_kind, placed_by_id) = importer(self.actor);
        order::Model {
            id,
            version: 1,
            number: numbered(&checked.channel.order_number_prefix, number),
            channel_id: checked.channel.id,
            channel_reference: Some(row.channel_reference.trim().to_owned()),
            customer_id: customer.map(|customer| customer.id),
            state: OrderState::Open,
            fulfillment_state: OrderFulfillmentState::Unfulfilled,
            payment_state: OrderPaymentState::Pending,
            return_state: OrderReturnState::None,
            currency: checked.currency.code().to_owned(),
            currency_digits: checked.currency.digits_column(),
            tax_included: checked.channel.tax_included,
            placed_at: crate::clock::truncate(row.placed_at),
            approved_at: at(row.approved_at),
            shipped_at: at(row.shipped_at),
            delivered_at: at(row.delivered_at),
            completed_at: None,
            cancelled_at: at(row.cancelled_at),
            returned_at: at(row.returned_at),
            cancel_reason: None,
            placed_by_kind,
            placed_by_id,
            email_key: email.as_deref().map(checks::fold),
            email,
            phone_key: phone.as_deref().and_then(checks::phone_key),
            phone,
            billing_address: address(&row.billing_address),
            shipping_address: address(&row.shipping_address),
            country_code: row
                .shipping_address
                .as_ref()
                .and_then(|address| address.country_code.as_ref())
                .map(|code| code.trim().to_ascii_uppercase()),
            delivery_method: DeliveryMethod::Ship,
            delivery_service: None,
            pickup_location_id: None,
            allow_split: true,
            allow_backorder: false,
            tax_id: None,
            purchase_order_number: None,
            payment_terms_days: None,
            promised_by: row
                .promised_by
                .map(|at| super::promise::kept(at, row.shipping_address.as_ref())),
            promise_given: row.promised_by.is_some(),
            ship_by: None,
            expected_at: None,
            at_risk: false,
            review_at: None,
            risk_level: None,
            items_minor: 0,
            shipping_minor: 0,
            discounts_minor: 0,
            other_minor: 0,
            tax_minor: 0,
            grand_total_minor: 0,
            paid_minor: 0,
            refunded_minor: 0,
            assignee_id: None,
            satisfaction: row.satisfaction,
            client_ip: None,
            user_agent: None,
            attributes: row.attributes.clone(),
            imported: true,
            created_at: now,
            updated_at: now,
            draft: false,
            on_hold: false,
            address_key: row.shipping_address.as_ref().map(Address::key),
            tax_rounding: TaxRounding::Document,
            capture: CapturePolicy::Manual,
            returns_asked: 0,
            returns_moving: 0,
            in_books: false,
            invoiced_minor: 0,
            credited_minor: 0,
            store_credit_minor: 0,
            exchanged_minor: 0,
            deposit_minor: 0,
            deposit_base_minor: 0,
            receivable_minor: 0,
            receivable_base_minor: 0,
            refund_due_minor: 0,
            refund_due_base_minor: 0,
        }
    }
}

/// A payment that was never captured is pending: nobody knows what came of it.
fn payments_of(row: &ImportOrder) -> Vec<RecordPayment> {
    let of = |payment: &ImportedPayment| {
        let captured = payment.captured_at.is_some();
        RecordPayment {
            provider: "imported".into(),
            provider_reference: payment.reference.clone(),
            method: payment.method.clone(),
            at: payment.captured_at,
            pending: (!captured).then_some(payment.amount),
            captured: captured.then_some(payment.amount),
            installments: payment.installments,
            ..RecordPayment::default()
        }
    };
    row.payments.iter().map(of).collect()
}

impl Built {
    fn add(&self, tx: &WriteTx, actor: &Actor, batch: &mut Batch) {
        let order = &self.order;
        batch.add(order);
        batch.add_all(&self.lines);
        batch.add_all(&self.adjustments);
        batch.add_all(&self.tags);
        let mut data = placed_data(order, self.lines.len());
        if let Some(fields) = data.as_object_mut() {
            use sea_orm::ActiveEnum;
            fields.insert("state".into(), json!(order.state.to_value()));
        }
        let event = about(order, events::ORDER_IMPORTED, ("ord", order.id), data);
        let event = NewEvent { at: Some(order.placed_at), location: self.location, ..event };
        events::record(tx, actor, batch, event);
        let mut purse = record::record(tx, order, &self.payments);
        for event in purse.take_events() {
            events::record(tx, actor, batch, event);
        }
        purse.write(tx, batch);
        if let Some(location) = self.location {
            self.add_fulfillment(tx, batch, location);
        }
    }

    /// What left, left one location.
    fn add_fulfillment(&self, tx: &WriteTx, batch: &mut Batch, location_id: Uuid) {
        let order = &self.order;
        let state = if order.delivered_at.is_some() {
            FulfillmentState::Delivered
        } else {
            FulfillmentState::Shipped
        };
        let row = fulfillment::Model {
            id: tx.id(),
            version: 1,
            number: format!("{}-1", order.number),
            location_id,
            state,
            delivery_method: order.delivery_method,
            delivery_service: None,
            destination: order.shipping_address.clone(),
            created_at: order.placed_at,
            shipped_at: order.shipped_at,
            delivered_at: order.delivered_at,
            cancelled_at: None,
            assignee_id: None,
            ship_by: None,
            third_party: false,
            accepted_at: None,
            picked_at: None,
            packed_at: None,
            ready_at: None,
            cancel_requested_at: None,
            cancel_request: None,
            failed_because: None,
            routing: None,
        };
        batch.add(&row);
        batch.add(&fulfillment_order::Model {
            fulfillment_id: row.id,
            order_id: order.id,
            location_id,
            order_placed_at: order.placed_at,
        });
        for (position, line) in (0..).zip(&self.lines) {
            batch.add(&fulfillment_line::Model {
                id: tx.id(),
                fulfillment_id: row.id,
                order_id: order.id,
                order_line_id: Some(line.id),
                variant_id: line.variant_id,
                sku: line.sku.clone(),
                name: line.name.clone(),
                quantity: line.quantity,
                position,
                quantity_picked: line.quantity,
                quantity_short: 0,
                per_unit: 1,
            });
        }
    }
}

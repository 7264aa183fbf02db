//! `orderPlace`: price it, reserve stock at the best locations, all in one transaction.

use super::aggregate::{Aggregate, about};
use super::backorders::wait_in_turn;
use super::doubt::look_at_risk;
use super::input::{self, AdjustmentInput, CheckedLine, LineInput, Listed};
use super::list::search;
use super::pricing::PriceAdjustment;
use super::promise::{self, Schedules};
use super::sql;
use super::supply::{self, Choice};
use crate::actor::Actor;
use crate::audit;
use crate::catalog::sql as catalog;
use crate::checks::{self, Address};
use crate::credit::tender::{self, GiftCardTender, Tenders};
use crate::customers::resolve::{Book, CustomerRef};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::events::{self, NewEvent};
use crate::idempotency::{Call, once};
use crate::ledger::entry::Books;
use crate::money::Currency;
use crate::payments::record::{self, RecordPayment};
use crate::permissions::Permission;
use crate::routing::Router;
use crate::routing::search::Wanted;
use crate::stock::ledger;
use crate::stock::reserve::{Floor, Goods, Held, check_pickup, refuse_short};
use crate::stock::sql as stock;
use crate::store::{Batch, Db, Store, WriteTx};
use crate::timers::{self, Job};
use entities::enums::{
    ActorKind, DeliveryMethod, OrderFulfillmentState, OrderPaymentState, OrderReturnState,
    OrderState, ReservationState,
};
use entities::{channel, customer, legal_entity, order, order_line, order_tag, payment};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::sync::Mutex;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An order to place.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceOrder {
    /// Where it comes from.
    pub channel_id: Uuid,
    /// What the channel calls it; unique in the channel.
    pub channel_reference: Option<String>,
    /// Who orders.
    pub customer: Option<CustomerRef>,
    /// What.
    pub lines: Vec<LineInput>,
    /// Shipping, discounts and so on.
    pub adjustments: Vec<AdjustmentInput>,
    /// Where messages go; the customer's email without it.
    pub email: Option<String>,
    /// The telephone number; the customer's without it.
    pub phone: Option<String>,
    /// Where the invoice goes.
    pub billing_address: Option<Address>,
    /// Where the goods go.
    pub shipping_address: Option<Address>,
    /// How it reaches the customer.
    #[serde(serialize_with = "crate::as_column")]
    pub delivery_method: DeliveryMethod,
    /// The service chosen.
    pub delivery_service: Option<String>,
    /// Where the customer fetches it.
    pub pickup_location_id: Option<Uuid>,
    /// What was paid or authorized.
    pub payments: Vec<RecordPayment>,
    /// Gift cards that pay for it.
    pub gift_cards: Vec<GiftCardTender>,
    /// How much of the customer's credit pays for it.
    pub store_credit: Option<Decimal>,
    /// The checkout's reservation.
    pub reservation_id: Option<Uuid>,
    /// The buyer's tax number.
    pub tax_id: Option<String>,
    /// The buyer's own number.
    pub purchase_order_number: Option<String>,
    /// Days until a buyer on terms pays.
    pub payment_terms_days: Option<i32>,
    /// When it was placed; now without it.
    pub placed_at: Option<OffsetDateTime>,
    /// What the customer was told.
    pub promised_by: Option<OffsetDateTime>,
    /// Whether it may wait for stock.
    pub allow_backorder: bool,
    /// Whether several locations may serve it.
    pub allow_split: bool,
    /// Labels.
    pub tags: Vec<String>,
    /// An internal message.
    pub note: Option<String>,
    /// Whatever else the shop keeps.
    pub attributes: Option<Json>,
    /// The address the order came from.
    pub client_ip: Option<String>,
    /// The program it came from.
    pub user_agent: Option<String>,
}

impl PlaceOrder {
    /// An order of a channel with everything else left out.
    pub fn new(channel_id: Uuid, lines: Vec<LineInput>) -> Self {
        Self {
            channel_id,
            channel_reference: None,
            customer: None,
            lines,
            adjustments: Vec::new(),
            email: None,
            phone: None,
            billing_address: None,
            shipping_address: None,
            delivery_method: DeliveryMethod::Ship,
            delivery_service: None,
            pickup_location_id: None,
            payments: Vec::new(),
            gift_cards: Vec::new(),
            store_credit: None,
            reservation_id: None,
            tax_id: None,
            purchase_order_number: None,
            payment_terms_days: None,
            placed_at: None,
            promised_by: None,
            allow_backorder: false,
            allow_split: true,
            tags: Vec::new(),
            note: None,
            attributes: None,
            client_ip: None,
            user_agent: None,
        }
    }

    /// What needs no database to be checked.
    fn check(&self, now: OffsetDateTime) -> Faults {
        let mut faults = Faults::default();
        if self.lines.is_empty() {
            faults.add(RefusalCode::Required, "lines", "an order has at least one line");
        } else if self.lines.len() > input::MAX_LINES {
            let message = format!("takes at most {} lines", input::MAX_LINES);
            faults.add(RefusalCode::LimitExceeded, "lines", message);
        }
        if let Some(customer) = &self.customer {
            customer.check(&mut faults, &customer.path("customer"));
        }
        if let Some(email) = &self.email {
            checks::email(&mut faults, "email", email);
        }
        for (field, value, max) in [
            ("channelReference", &self.channel_reference, 100),
            ("phone", &self.phone, 50),
            ("deliveryService", &self.delivery_service, 100),
            ("taxId", &self.tax_id, 50),
            ("purchaseOrderNumber", &self.purchase_order_number, 100),
            ("note", &self.note, 10_000),
            ("clientIp", &self.client_ip, 45),
            ("userAgent", &self.user_agent, 1_000),
        ] {
            checks::optional(&mut faults, field, value.as_deref(), max);
        }
        for (field, address) in
            [("billingAddress", &self.billing_address), ("shippingAddress", &self.shipping_address)]
        {
            if let Some(address) = address {
                address.check(&mut faults, field);
            }
        }
        let pickup = self.delivery_method == DeliveryMethod::Pickup;
        if pickup != self.pickup_location_id.is_some() {
            let message = "comes with the delivery method PICKUP, and only with it";
            faults.add(RefusalCode::Invalid, "pickupLocationId", message);
        }
        if let Some(days) = self.payment_terms_days {
            checks::within(&mut faults, "paymentTermsDays", days, 0, 365);
        }
        // Clocks differ a little between machines; more than that is a mistake.
        if self.placed_at.is_some_and(|at| at > now + Duration::minutes(5)) {
            faults.add(RefusalCode::Invalid, "placedAt", "lies in the future");
        }
        if clean(self.client_ip.as_ref()).is_some_and(|text| checks::ip(&text).is_none()) {
            let message = "is an IP address, such as 203.0.113.7 or 2001:db8::1";
            faults.add(RefusalCode::Invalid, "clientIp", message);
        }
        input::check_tags(&mut faults, "tags", &self.tags);
        faults
    }
}

impl PlaceOrder {
    /// The country that the goods go to; what is fetched or needs no way is taxed where it is sold, or where the buyer
    /// is.
    pub(super) fn destination(&self) -> Option<&str> {
        let address = match self.delivery_method {
            DeliveryMethod::Pickup => None,
            DeliveryMethod::Ship => self.shipping_address.as_ref(),
            DeliveryMethod::Digital => {
                self.billing_address.as_ref().or(self.shipping_address.as_ref())
            }
        };
        address?.country_code.as_deref().map(str::trim)
    }
}

/// An order that was placed.
#[derive(Debug)]
pub struct Placed {
    /// Its id.
    pub id: Uuid,
    /// What was written, so that it need not be read again; none where the client's key had placed the
    /// order before.
    pub written: Option<Box<Written>>,
}

/// The rows of an order as they were just written.
#[derive(Debug)]
pub struct Written {
    /// The order.
    pub order: order::Model,
    /// Its lines.
    pub lines: Vec<order_line::Model>,
    /// Its payments.
    pub payments: Vec<payment::Model>,
    /// Its customer.
    pub customer: Option<customer::Model>,
}

impl Written {
    fn of(one: &super::aggregate::OrderInHand, customer: Option<customer::Model>) -> Self {
        Self {
            order: (*one.row).clone(),
            lines: one.lines.iter().map(|line| (**line).clone()).collect(),
            payments: one.purse.payments().to_vec(),
            customer,
        }
    }
}

/// Places an order. Every fault is named at once; a refused order leaves nothing behind.
pub async fn place(store: &Store, call: Call<'_>, command: &PlaceOrder) -> Result<Placed> {
    call.actor.require(Permission::OrdersWrite)?;
    let written = Mutex::new(None);
    let keep = &written;
    let placed = once(store, call, "orderPlace", command, |tx| async move {
        let rows = place_in(&tx, call.actor, command, None).await?;
        let id = rows.order.id;
        if let Ok(mut keep) = keep.lock() {
            *keep = Some(Box::new(rows));
        }
        Ok(id)
    });
    let id = placed.await?;
    let written = written.into_inner().ok().flatten();
    Ok(Placed { id, written: written.filter(|rows| rows.order.id == id) })
}

/// What an order is made of, checked against the catalog, the customers and the stock that is held.
pub(super) struct Prepared {
    pub(super) channel: channel::Model,
    pub(super) books: Books,
    pub(super) currency: Currency,
    pub(super) goods: Shelf,
    pub(super) lines: Vec<CheckedLine>,
    pub(super) adjustments: Vec<PriceAdjustment>,
    pub(super) payments: Vec<record::Checked>,
    pub(super) tenders: Tenders,
    pub(super) book: Book,
    pub(super) customer: Option<customer::Model>,
    pub(super) held: Held,
    pub(super) router: Router,
}

impl Prepared {
    /// Checks everything; every fault is named at once. `own` is a draft that is being written anew.
    pub(super) async fn of(
        tx: &WriteTx,
        actor: &Actor,
        command: &PlaceOrder,
        own: Option<Uuid>,
    ) -> Result<Self> {
        let channel = catalog::channels(tx, &[command.channel_id]).await?.pop();
        let channel = channel.filter(|channel| actor.reach.has_channel(channel.id));
        let mut faults = command.check(tx.now());
        let Some(channel) = channel else {
            // Without a channel nothing has a price; what can be said of the rest is said all the same.
            faults.push(checks::not_found("channelId", "channel"));
            for (index, line) in command.lines.iter().enumerate() {
                input::check_words(&mut faults, &format!("lines.{index}"), line);
            }
            return Err(Error::Refused(faults.into_vec()));
        };
        let currency = Currency::of_channel(&channel)?;
        check_reference(tx, &mut faults, &channel, (command, own)).await?;
        let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
        let goods = Shelf::load(tx, channel.id, &skus).await?;
        let mut lines = goods.check(&mut faults, (currency, "lines"), &command.lines);
        let books = Books::of_channels(tx, &[channel.id]).await?.remove(&channel.id);
        let books = books.ok_or(Error::Contended)?;
        let to = (command.destination(), command.tax_id.as_deref());
        input::tax(tx, &mut faults, &books.entity, to, ("lines", &mut lines)).await?;
        let adjustments = input::check_adjustments(&mut faults, currency, &command.adjustments);
        input::check_discounts(&mut faults, &lines, &adjustments);
        let payments = record::check(&mut faults, "payments", currency, &command.payments);
        let references: Vec<(&CustomerRef, Uuid)> =
            command.customer.iter().map(|reference| (reference, channel.id)).collect();
        let mut book = Book::load(tx, actor, &references).await?;
        let customer = references
            .first()
            .and_then(|named| book.resolve(tx, &mut faults, &named.0.path("customer"), *named));
        let owed = (command.gift_cards.as_slice(), command.store_credit);
        let seller = (&books.entity, currency);
        let tenders = tender::check(tx, &mut faults, seller, customer.as_ref(), owed).await?;
        let held =
            Held::load(tx, actor, &mut faults, "reservationId", command.reservation_id).await?;
        if held.reservation.as_ref().is_some_and(|held| held.channel_id != channel.id) {
            faults.add(RefusalCode::Invalid, "reservationId", "belongs to another channel");
        }
        let router = Router::load(tx, &actor.reach, channel.id).await?;
        check_pickup(&mut faults, &router, command.pickup_location_id);
        faults.check()?;
        Ok(Self {
            channel,
            books,
            currency,
            goods,
            lines,
            adjustments,
            payments,
            tenders,
            book,
            customer,
            held,
            router,
        })
    }
}

/// Places an order. One that is made for another one, whose goods come back, is `paid` with the money of that one so far, and waits
/// for the rest as long as it takes.
pub(super) async fn place_in(
    tx: &WriteTx,
    actor: &Actor,
    command: &PlaceOrder,
    paid: Option<Vec<record::Checked>>,
) -> Result<Written> {
    let prepared = Prepared::of(tx, actor, command, None).await?;
    let Prepared {
        channel,
        books,
        currency,
        goods,
        lines,
        adjustments,
        payments,
        tenders,
        mut book,
        customer,
        held,
        router,
    } = prepared;
    let skus: Vec<&str> = command.lines.iter().map(|line| line.sku.trim()).collect();
    let digital = command.delivery_method == DeliveryMethod::Digital;
    // Nothing leaves a shelf for a digital delivery.
    let wanted: Vec<Wanted> = if digital {
        Vec::new()
    } else {
        command
            .lines
            .iter()
            .map(|line| goods.goods.wanted(line.sku.trim(), line.quantity.into()))
            .collect()
    };
    let mut floor = Floor::load(tx, &goods.goods, &router.place_ids(), &held).await?;
    let batch = Batch::default();
    let entity = &books.entity;
    let mut draft = Draft { tx, actor, command, channel: &channel, entity, batch };
    let number = draft.next_number().await?;
    let mut order = draft.order(currency, customer.as_ref(), number);
    let (line_rows, adjustment_rows) =
        input::rows(tx, &mut order, &lines, (&command.adjustments, &adjustments));
    let choice = Choice::default();
    let mut routed = router.route(&wanted, &floor, &supply::job(&order, &choice)?);
    if !command.allow_backorder {
        refuse_short(&routed.plan, &wanted, &skus, "lines")?;
    } else if wait_in_turn(tx, &routed.plan, &wanted).await? {
        floor = Floor::load(tx, &goods.goods, &router.place_ids(), &held).await?;
        routed = router.route(&wanted, &floor, &supply::job(&order, &choice)?);
    }
    let plan = &routed.plan;
    book.write(tx, actor, &mut draft.batch).await?;
    draft.placed(&order, &line_rows);
    let (id, ids) = (order.id, line_rows.iter().map(|line| line.id).collect::<Vec<Uuid>>());
    let otherwise = payments.iter().map(record::Checked::worth).sum();
    let cost = (order.grand_total_minor, otherwise);
    let mut tendered = tenders.payments((entity, currency), cost)?;
    tendered.extend(payments);
    let waits = paid.is_some();
    tendered.extend(paid.into_iter().flatten());
    let purse = record::record(tx, &order, &tendered);
    let mut placed = Aggregate::placed(order, line_rows, adjustment_rows, purse);
    placed.books.insert(channel.id, books.clone());
    let decision = router.decision(&routed, tx.now());
    placed.assign(tx, id, (&ids, plan), (&goods.goods, &router), &decision);
    placed.retry_later(&router, &routed, &wanted, tx.now());
    let moves = floor.moves(plan, &held, ("ord", id));
    // What the checkout held beyond the order is dealt out to those who wait.
    let left = moves.iter().filter(|one| one.reserved < 0);
    placed.retries.extend(left.map(|one| (one.variant_id, one.location_id, tx.now())));
    let schedules = Schedules::with(tx, &router.places).await?;
    let risk = look_at_risk(tx, &mut placed, &schedules, id).await?;
    draft.batch.add(&risk);
    placed.schedules = Some(schedules);
    placed.expect(tx).await?;
    placed.settle(tx);
    placed.set_clocks(tx, &mut draft.batch);
    let customer = customer.and_then(|customer| book.get(customer.id));
    if let Some(one) = placed.order(id) {
        draft.tags_and_note(&one.row);
        if !waits {
            let authorized = one.purse.funds().authorized;
            wait_for_payment(tx, &mut draft.batch, &one.row, authorized, &channel);
        }
        let lines = one.lines.iter().map(|line| &**line);
        draft.batch.add(&search::document(&one.row, lines, customer.as_ref()));
    }
    let mut batch = draft.batch;
    placed.rows(tx, actor, &mut batch).await?;
    use_up(tx, actor, &mut batch, (&held, channel.id, id)).await?;
    let noted = ledger::note(tx, actor, &mut batch, &moves).await?;
    batch.insert(tx).await?;
    placed.spend(tx, actor).await?;
    placed.queue(tx).await?;
    ledger::apply(tx, actor, noted).await?;
    placed.tell_companions(tx, actor).await?;
    search::refresh_customers(tx, &book.changed()).await?;
    placed.issue(tx, actor).await?;
    let one = placed.orders.pop().ok_or_else(|| Error::Internal("no order was placed".into()))?;
    Ok(Written::of(&one, customer))
}

/// What the checkout held is the order's now.
async fn use_up(
    tx: &WriteTx,
    actor: &Actor,
    batch: &mut Batch,
    (held, channel, order): (&Held, Uuid, Uuid),
) -> Result<()> {
    let Some(reservation) = &held.reservation else { return Ok(()) };
    let used = stock::end_reservation(tx, reservation.id, ReservationState::Used, Some(order));
    if !used.await? {
        return Err(Error::Contended);
    }
    let data = json!({ "orderId": order });
    let event = NewEvent::new(events::RESERVATION_USED, ("res", reservation.id), data);
    let event = NewEvent { channel: Some(channel), order: Some(order), ..event };
    events::record(tx, actor, batch, event);
    Ok(())
}

/// A reference names one order of its channel.
async fn check_reference(
    tx: &WriteTx,
    faults: &mut Faults,
    channel: &channel::Model,
    (command, own): (&PlaceOrder, Option<Uuid>),
) -> Result<()> {
    if let Some(reference) = command.channel_reference.as_deref().map(str::trim)
        && !reference.is_empty()
        && let Some(known) = sql::by_reference(tx, channel.id, reference).await?
        && Some(known) != own
    {
        let message = format!("an order with the reference {reference} exists in {}", channel.code);
        faults.add(RefusalCode::Duplicate, "channelReference", message);
    }
    Ok(())
}

/// What is sold, with its prices in one channel.
pub(super) struct Shelf {
    pub(super) goods: Goods,
    prices: std::collections::HashMap<Uuid, (i64, i32)>,
}

impl Shelf {
    pub(super) async fn load(db: &Db, channel: Uuid, skus: &[&str]) -> Result<Self> {
        let listed = sql::listed(db, channel, skus).await?;
        let prices = listed.iter().filter_map(|row| Some((row.variant.id, row.price?))).collect();
        let variants = listed.into_iter().map(|row| row.variant).collect();
        Ok(Self { goods: Goods::of(db, variants).await?, prices })
    }

    /// The tax rate that the channel's list has for a SKU, in millionths.
    pub(super) fn rate_of(&self, sku: &str) -> Option<i32> {
        let variant = self.goods.get(sku)?;
        self.prices.get(&variant.id).map(|price| price.1)
    }

    /// The price that the channel's list has for a SKU.
    pub(super) fn price_of(&self, sku: &str) -> Option<i64> {
        let variant = self.goods.get(sku)?;
        self.prices.get(&variant.id).map(|price| price.0)
    }

    /// What can be sold of the lines at a place of the input.
    pub(super) fn check(
        &self,
        faults: &mut Faults,
        (currency, place): (Currency, &str),
        lines: &[LineInput],
    ) -> Vec<CheckedLine> {
        let mut checked = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            let at = format!("{place}.{index}");
            let sku = line.sku.trim();
            if !sku.is_empty() {
                self.goods.check(faults, &format!("{at}.sku"), sku);
            }
            let variant = self.goods.get(sku);
            let price = variant.and_then(|variant| self.prices.get(&variant.id));
            let listed = Listed {
                variant_id: variant.map(|variant| variant.id),
                name: variant.map(|variant| variant.name.clone()),
                price_minor: price.map(|price| price.0),
                // An unknown SKU is one fault, not three.
                tax_rate_ppm: price.map(|price| price.1).or(variant.is_none().then_some(0)),
                components: variant.and_then(|variant| self.goods.components_of(variant.id)),
            };
            checked.extend(input::check_line(faults, &at, currency, line, &listed));
        }
        checked
    }
}

/// The rows of an order in the making.
pub(super) struct Draft<'a> {
    pub(super) tx: &'a WriteTx,
    pub(super) actor: &'a Actor,
    pub(super) command: &'a PlaceOrder,
    pub(super) channel: &'a channel::Model,
    pub(super) entity: &'a legal_entity::Model,
    pub(super) batch: Batch,
}

fn clean(value: Option<&String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl Draft<'_> {
    /// `WEB-1000001`: the next number of all orders, with what the channel's begin with.
    pub(super) async fn next_number(&self) -> Result<String> {
        let number = self.tx.next_numbers("order_numbers", 1).await?.pop().unwrap_or_default();
        Ok(numbered(&self.channel.order_number_prefix, number))
    }

    pub(super) fn order(
        &self,
        currency: Currency,
        customer: Option<&customer::Model>,
        number: String,
    ) -> order::Model {
        let (tx, command) = (self.tx, self.command);
        let now = tx.now();
        let email = clean(command.email.as_ref()).or_else(|| customer?.email.clone());
        let phone = clean(command.phone.as_ref()).or_else(|| customer?.phone.clone());
        let address = |address: &Option<Address>| {
            address.as_ref().map(|address| address.check(&mut Faults::default(), "").json())
        };
        let placed_at = command.placed_at.map_or(now, crate::clock::truncate);
        order::Model {
            id: tx.id(),
            version: 1,
            number,
            channel_id: self.channel.id,
            channel_reference: clean(command.channel_reference.as_ref()),
            customer_id: customer.map(|customer| customer.id),
            state: OrderState::Open,
            fulfillment_state: OrderFulfillmentState::Unfulfilled,
            payment_state: OrderPaymentState::Pending,
            return_state: OrderReturnState::None,
            currency: currency.code().to_owned(),
            currency_digits: currency.digits_column(),
            tax_included: self.channel.tax_included,
            placed_at,
            approved_at: None,
            shipped_at: None,
            delivered_at: None,
            completed_at: None,
            cancelled_at: None,
            returned_at: None,
            cancel_reason: None,
            placed_by_kind: self.actor.kind,
            placed_by_id: self.actor.id,
            email_key: email.as_deref().map(checks::fold),
            email,
            phone_key: phone.as_deref().and_then(checks::phone_key),
            phone,
            billing_address: address(&command.billing_address),
            shipping_address: address(&command.shipping_address),
            country_code: command
                .shipping_address
                .as_ref()
                .and_then(|address| address.country_code.as_ref())
                .map(|code| code.trim().to_ascii_uppercase()),
            delivery_method: command.delivery_method,
            delivery_service: clean(command.delivery_service.as_ref()),
            pickup_location_id: command.pickup_location_id,
            allow_split: command.allow_split,
            allow_backorder: command.allow_backorder,
            tax_id: clean(command.tax_id.as_ref()),
            purchase_order_number: clean(command.purchase_order_number.as_ref()),
            payment_terms_days: command.payment_terms_days,
            promised_by: command
                .promised_by
                .map(|at| promise::kept(at, command.shipping_address.as_ref())),
            promise_given: command.promised_by.is_some(),
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
            satisfaction: None,
            client_ip: command.client_ip.as_deref().and_then(checks::ip),
            user_agent: clean(command.user_agent.as_ref()),
            attributes: command.attributes.clone(),
            imported: false,
            created_at: now,
            updated_at: now,
            draft: false,
            on_hold: false,
            address_key: command.shipping_address.as_ref().map(Address::key),
            tax_rounding: self.entity.tax_rounding,
            capture: self.channel.capture,
            returns_asked: 0,
            returns_moving: 0,
            in_books: true,
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

    fn placed(&mut self, order: &order::Model, lines: &[order_line::Model]) {
        let event = NewEvent {
            at: Some(order.placed_at),
            ..about(order, events::ORDER_PLACED, ("ord", order.id), placed_data(order, lines.len()))
        };
        let change = audit::made(&event.data);
        audit::record(self.tx, self.actor, &mut self.batch, Some(event.subject), &change);
        events::record(self.tx, self.actor, &mut self.batch, event);
    }

    pub(super) fn tags_and_note(&mut self, order: &order::Model) {
        let tags = input::check_tags(&mut Faults::default(), "tags", &self.command.tags);
        for tag in tags {
            let order_placed_at = order.placed_at;
            self.batch.add(&order_tag::Model { order_id: order.id, tag, order_placed_at });
        }
        let note = self.command.note.as_deref();
        super::in_hand::note(self.tx, self.actor, &mut self.batch, order, note);
    }
}

/// Sets the clock of an order that nobody has paid yet.
pub(super) fn wait_for_payment(
    tx: &WriteTx,
    batch: &mut Batch,
    order: &order::Model,
    authorized: i64,
    channel: &channel::Model,
) {
    let unpaid = order.payment_state == OrderPaymentState::Pending
        && authorized < order.grand_total_minor
        && order.payment_terms_days.is_none();
    if let Some(seconds) = channel.unpaid_expires_after_seconds
        && unpaid
    {
        let due = order.placed_at + Duration::seconds(seconds.into());
        timers::set(tx, batch, Job::ExpireUnpaidOrder, order.id, due);
    }
}

/// `WEB-1000001`.
pub(super) fn numbered(prefix: &str, number: i64) -> String {
    format!("{prefix}-{number}")
}

/// What the event of a new order says.
pub(super) fn placed_data(order: &order::Model, lines: usize) -> Json {
    let total = Currency::from_code(&order.currency)
        .map_or(Decimal::ZERO, |currency| currency.decimal(order.grand_total_minor));
    json!({
        "number": order.number,
        "total": total,
        "currency": order.currency,
        "lines": lines,
    })
}

/// Who placed an order that came with its history.
pub(super) const fn importer(actor: &Actor) -> (ActorKind, Option<Uuid>) {
    (actor.kind, actor.id)
}

//! Orders as the schema shows them.

use crate::access::types::{ActorRef, User, mask_email, mask_tail};
use crate::cases::types::Case;
use crate::catalog::types::{Channel, Location, Variant};
use crate::context::{Ask, present};
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::events::types::{Event, EventConnection};
use crate::fulfillment::types::Fulfillment;
use crate::ids::{Kind, encode_prefixed, id};
use crate::invoices::types::Invoice;
use crate::ledger::types::TaxScheme;
use crate::paging::{connection, counted, page_args};
use crate::payments::types::Payment;
use crate::procedures::types::Task;
use crate::returns::types::Return;
use crate::risk::types::RiskAssessment;
use crate::scalars::{Address, CountryCode, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entities::{
    enums, fulfillment, note, order, order_adjustment, order_flag, order_hold, order_line, payment,
};
use operations::events;
use operations::orders::read::ListedOrder;
use operations::permissions::Permission;
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// COMPLETED: all that is not cancelled is delivered, and nothing is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::OrderState")]
pub(crate) enum OrderState {
    /// Being written, not yet placed.
    Draft,
    /// Placed and not finished.
    Open,
    /// All that is not cancelled is delivered, and nothing is outstanding.
    Completed,
    /// Nothing of it will be delivered.
    Cancelled,
}

/// How much of an order has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::OrderFulfillmentState")]
pub(crate) enum OrderFulfillmentState {
    /// Nothing has left.
    Unfulfilled,
    /// Some units have left.
    PartiallyFulfilled,
    /// All units have left.
    Fulfilled,
    /// All units have arrived.
    Delivered,
}

/// How the money of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::OrderPaymentState")]
pub(crate) enum OrderPaymentState {
    /// Neither paid nor fully authorized.
    Pending,
    /// The whole total is authorized or captured.
    Authorized,
    /// Some of the total is captured.
    PartiallyPaid,
    /// The whole total is captured.
    Paid,
    /// Some of what was captured is refunded.
    PartiallyRefunded,
    /// All that was captured is refunded.
    Refunded,
    /// The payer's bank took the money back.
    ChargedBack,
    /// Authorized once and released without capture.
    Voided,
}

/// Whether goods of an order come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::OrderReturnState")]
pub(crate) enum OrderReturnState {
    /// Nothing comes back.
    None,
    /// A return is asked for.
    Requested,
    /// A return is on its way.
    InProgress,
    /// What was to come back is back.
    Returned,
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CancelReason")]
pub(crate) enum CancelReason {
    /// The customer asked for it.
    Customer,
    /// It was fraudulent.
    Fraud,
    /// It could not be delivered.
    Stock,
    /// It was never paid.
    Declined,
    /// We made a mistake.
    StaffError,
    /// Anything else.
    Other,
}

/// How an order reaches the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::DeliveryMethod")]
pub(crate) enum DeliveryMethod {
    /// A carrier brings it.
    Ship,
    /// The customer fetches it.
    Pickup,
    /// Nothing leaves a shelf: no stock is reserved and no fulfillment is made.
    Digital,
}

/// What an amount beside the lines is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::AdjustmentKind")]
pub(crate) enum AdjustmentKind {
    /// Delivery.
    Shipping,
    /// Taken off the lines.
    Discount,
    /// Wrapping.
    GiftWrap,
    /// A fee.
    Fee,
    /// Taken off as goodwill.
    Goodwill,
    /// A rounding difference; bears no tax.
    Rounding,
}

/// A list that was loaded ahead, or not yet.
type Ahead<T> = Option<Arc<Vec<Arc<T>>>>;

/// Who ordered, if anybody is known.
type Ordered = Option<Arc<entities::customer::Model>>;

/// The fields of an order that need its [`order::Details`].
pub(crate) const DETAILS: &[&str] = &[
    "approvedAt",
    "completedAt",
    "cancelledAt",
    "cancelReason",
    "placedBy",
    "email",
    "phone",
    "billingAddress",
    "shippingAddress",
    "deliveryMethod",
    "deliveryService",
    "pickupLocation",
    "allowSplit",
    "taxId",
    "purchaseOrderNumber",
    "paymentTermsDays",
    "assignee",
    "attributes",
    "imported",
];

/// An order with what was loaded together with it.
#[derive(Default)]
pub(crate) struct Prefetched {
    pub(crate) details: Option<Arc<order::Details>>,
    /// The customer, or that there is none.
    pub(crate) customer: Option<Ordered>,
    pub(crate) lines: Ahead<order_line::Model>,
    pub(crate) payments: Ahead<payment::Model>,
    pub(crate) fulfillments: Ahead<(Uuid, fulfillment::Model)>,
}

#[derive(Clone)]
pub(crate) struct Order(Arc<(order::Summary, Prefetched)>);

impl Order {
    /// An order of a list.
    pub(crate) fn of(listed: ListedOrder) -> Self {
        let customer = listed.customer.map(|row| Some(Arc::new(row)));
        let details = listed.details.map(Arc::new);
        Self::with(listed.order, Prefetched { details, customer, ..Prefetched::default() })
    }

    pub(crate) fn with(row: order::Summary, prefetched: Prefetched) -> Self {
        Self(Arc::new((row, prefetched)))
    }

    /// An order as it would be: its own columns alone are ever asked for.
    pub(crate) fn unwritten(row: order::Model) -> Self {
        let (summary, details) = row.into();
        let details = Some(Arc::new(details));
        Self::with(summary, Prefetched { details, ..Prefetched::default() })
    }

    /// An order that a row names; none where it is beyond reach.
    pub(crate) async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        let found = ctx.loaders().order(id).await?;
        Ok(found.map(|listed| Self::of((*listed).clone())))
    }

    /// An order that the asker just changed. Whoever may write orders but not read them gets none.
    pub(crate) async fn changed(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        if ctx.may(Permission::OrdersRead) { Self::load(ctx, id).await } else { Ok(None) }
    }

    fn row(&self) -> &order::Summary {
        &self.0.0
    }

    /// What lists seldom show: read with the order where a client selects any of [`DETAILS`].
    async fn details(&self, ctx: &Context<'_>) -> Result<Arc<order::Details>, Failure> {
        match &self.0.1.details {
            Some(ahead) => Ok(ahead.clone()),
            None => present(ctx.loaders().order_details(self.row().id).await?),
        }
    }

    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.row().currency)
    }

    /// Whether the personal data on it are shown in full; a view is noted in the audit log.
    pub(super) fn sees_person(&self, ctx: &Context<'_>) -> bool {
        let row = self.row();
        let subject = row.customer_id.map_or(("ord", row.id), |customer| ("cus", customer));
        ctx.scope().sees_person(subject)
    }
}

/// An order from placement to closing. Needs `ORDERS_READ` and reach.
#[Object]
impl Order {
    /// Its id, `ord_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Order, self.row().id)
    }

    /// Raised by every change; give it back as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.row().version
    }

    /// Human-friendly, unique, rising per channel: WEB-1000001.
    async fn number(&self) -> &str {
        &self.row().number
    }

    /// Where it came from.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel, Failure> {
        Ok(Channel(present(ctx.loaders().channel(self.row().channel_id).await?)?))
    }

    /// What the channel calls it; unique in the channel.
    async fn channel_reference(&self) -> Option<&str> {
        self.row().channel_reference.as_deref()
    }

    /// Who ordered. Needs `CUSTOMERS_READ`.
    pub(super) async fn customer(&self, ctx: &Context<'_>) -> Option<Customer> {
        let customer = self.row().customer_id?;
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersRead).or_null(ctx)?;
        match &self.0.1.customer {
            Some(ahead) => ahead.clone().map(Customer),
            None => ctx.loaders().customer(customer).await.or_null(ctx)?.map(Customer),
        }
    }

    /// Where it stands as a whole; derived from facts, as the other three states.
    async fn state(&self) -> OrderState {
        self.row().state.into()
    }

    /// How much has left.
    async fn fulfillment_state(&self) -> OrderFulfillmentState {
        self.row().fulfillment_state.into()
    }

    /// How the money stands.
    async fn payment_state(&self) -> OrderPaymentState {
        self.row().payment_state.into()
    }

    /// Whether goods come back.
    async fn return_state(&self) -> OrderReturnState {
        self.row().return_state.into()
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.row().placed_at)
    }

    /// When it was released for delivery.
    async fn approved_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.details(ctx).await.or_null(ctx)?.approved_at.map(DateTime)
    }

    /// When it was finished.
    async fn completed_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.details(ctx).await.or_null(ctx)?.completed_at.map(DateTime)
    }

    /// When it was cancelled.
    async fn cancelled_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.details(ctx).await.or_null(ctx)?.cancelled_at.map(DateTime)
    }

    /// Why it was cancelled, as far as it is known.
    async fn cancel_reason(&self, ctx: &Context<'_>) -> Option<CancelReason> {
        self.details(ctx).await.or_null(ctx)?.cancel_reason.map(Into::into)
    }

    /// Who placed it: a shop's token, an agent for the customer, or the system.
    async fn placed_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        let details = self.details(ctx).await?;
        ActorRef::load(ctx, details.placed_by_kind, details.placed_by_id).await
    }

    /// Where messages about it go; masked without `CUSTOMERS_PII`.
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        let email = self.details(ctx).await.or_null(ctx)?.email.clone()?;
        Some(if self.sees_person(ctx) { email } else { mask_email(&email) })
    }

    /// The telephone number; masked without `CUSTOMERS_PII`.
    async fn phone(&self, ctx: &Context<'_>) -> Option<String> {
        let phone = self.details(ctx).await.or_null(ctx)?.phone.clone()?;
        Some(if self.sees_person(ctx) { phone } else { mask_tail(&phone) })
    }

    /// Where the invoice goes; town, region and country alone without `CUSTOMERS_PII`.
    async fn billing_address(&self, ctx: &Context<'_>) -> Option<Address> {
        let details = self.details(ctx).await.or_null(ctx)?;
        let json = details.billing_address.as_ref()?;
        Some(Address::of(json, self.sees_person(ctx)))
    }

    /// Where the goods go; town, region and country alone without `CUSTOMERS_PII`.
    pub(super) async fn shipping_address(&self, ctx: &Context<'_>) -> Option<Address> {
        let details = self.details(ctx).await.or_null(ctx)?;
        let json = details.shipping_address.as_ref()?;
        Some(Address::of(json, self.sees_person(ctx)))
    }

    /// How it reaches the customer.
    async fn delivery_method(&self, ctx: &Context<'_>) -> Result<DeliveryMethod, Failure> {
        Ok(self.details(ctx).await?.delivery_method.into())
    }

    /// The service chosen, such as `express`.
    async fn delivery_service(&self, ctx: &Context<'_>) -> Option<String> {
        self.details(ctx).await.or_null(ctx)?.delivery_service.clone()
    }

    /// Where the customer fetches it.
    async fn pickup_location(&self, ctx: &Context<'_>) -> Option<Location> {
        let location = self.details(ctx).await.or_null(ctx)?.pickup_location_id?;
        ctx.loaders().location(location).await.or_null(ctx)?.map(Location)
    }

    /// Whether several locations may serve it.
    async fn allow_split(&self, ctx: &Context<'_>) -> Result<bool, Failure> {
        Ok(self.details(ctx).await?.allow_split)
    }

    /// The buyer's tax number.
    async fn tax_id(&self, ctx: &Context<'_>) -> Option<String> {
        self.details(ctx).await.or_null(ctx)?.tax_id.clone()
    }

    /// The buyer's own number for it.
    async fn purchase_order_number(&self, ctx: &Context<'_>) -> Option<String> {
        self.details(ctx).await.or_null(ctx)?.purchase_order_number.clone()
    }

    /// Days until a buyer on terms pays; null where it is paid at once.
    async fn payment_terms_days(&self, ctx: &Context<'_>) -> Option<i32> {
        self.details(ctx).await.or_null(ctx)?.payment_terms_days
    }

    /// What was ordered, in order; an imported order may have none.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>, Failure> {
        let rows = match &self.0.1.lines {
            Some(ahead) => ahead.clone(),
            None => ctx.loaders().lines_of(self.row().id).await?,
        };
        let currency: Arc<str> = self.row().currency.as_str().into();
        Ok(rows.iter().map(|row| OrderLine(row.clone(), currency.clone())).collect())
    }

    /// Shipping, discounts and other amounts beside the lines.
    async fn adjustments(&self, ctx: &Context<'_>) -> Result<Vec<OrderAdjustment>, Failure> {
        let rows = ctx.loaders().adjustments_of(self.row().id).await?;
        let of = |row: &Arc<order_adjustment::Model>| OrderAdjustment {
            kind: row.kind.into(),
            label: row.label.clone(),
            amount: self.money(row.amount_minor),
            tax: self.money(row.tax_minor),
            minimum_items: row.minimum_items_minor.map(|minor| self.money(minor)),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// What it costs, and what of that is paid.
    async fn totals(&self) -> OrderTotals {
        OrderTotals(self.clone())
    }

    /// What the customer was told, counted from approval (else placement), and whether today's plan still keeps it. Null
    /// where nothing is promised: a draft, a digital delivery, or one of which some waits for stock without a date.
    async fn promise(&self) -> Option<DeliveryPromise> {
        let row = self.row();
        let promise = DeliveryPromise {
            ship_by: row.ship_by.map(DateTime),
            deliver_by: row.promised_by.map(DateTime),
            expected_delivery_at: row.expected_at.map(DateTime),
            at_risk: row.at_risk,
        };
        let any = row.ship_by.or(row.promised_by).or(row.expected_at);
        any.map(|_| promise)
    }

    /// How doubtful it is, and why; null in an imported order. Needs `ORDERS_RISK`.
    async fn risk(&self, ctx: &Context<'_>) -> Option<RiskAssessment> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::OrdersRisk).or_null(ctx)?;
        ctx.loaders().risk_of(self.row().id).await.or_null(ctx)?.map(RiskAssessment)
    }

    /// What rules found that people should see, by their codes.
    async fn flags(&self, ctx: &Context<'_>) -> Result<Vec<OrderFlag>, Failure> {
        let rows = ctx.loaders().flags_of(self.row().id).await?;
        let flag = |row: &Arc<order_flag::Model>| OrderFlag {
            code: row.code.into(),
            raised_at: DateTime(row.raised_at),
            explanation: row.explanation.clone(),
        };
        Ok(rows.iter().map(flag).collect())
    }

    /// Why it may not go on, or might not: holds that stand and those that were released, oldest first.
    async fn holds(&self, ctx: &Context<'_>) -> Result<Vec<Hold>, Failure> {
        let rows = ctx.loaders().holds_of(self.row().id).await?;
        Ok(rows.iter().cloned().map(Hold).collect())
    }

    /// Whether any hold stands: its stock stays reserved, and nothing of it is picked.
    async fn on_hold(&self) -> bool {
        self.row().on_hold
    }

    /// Labels, in order of the alphabet.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
        let rows = ctx.loaders().tags_of(self.row().id).await?;
        Ok(rows.iter().map(|row| row.tag.clone()).collect())
    }

    /// The user who looks after it.
    async fn assignee(&self, ctx: &Context<'_>) -> Option<User> {
        let assignee = self.details(ctx).await.or_null(ctx)?.assignee_id?;
        ctx.loaders().user(assignee).await.or_null(ctx)?.map(User::new)
    }

    /// What each location sends, within reach. Needs `FULFILLMENT_READ`.
    async fn fulfillments(&self, ctx: &Context<'_>) -> Option<Vec<Fulfillment>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::FulfillmentRead).or_null(ctx)?;
        let rows = match &self.0.1.fulfillments {
            Some(ahead) => ahead.clone(),
            None => ctx.loaders().fulfillments_of(self.row().id).await.or_null(ctx)?,
        };
        let reached = rows.iter().filter(|row| actor.reach.has_location(row.1.location_id));
        Some(reached.map(|row| Fulfillment(Arc::new(row.1.clone()))).collect())
    }

    /// Money obtained or promised, in the order in which it is used up. Needs `PAYMENTS_READ`.
    async fn payments(&self, ctx: &Context<'_>) -> Option<Vec<Payment>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PaymentsRead).or_null(ctx)?;
        let rows = match &self.0.1.payments {
            Some(ahead) => ahead.clone(),
            None => ctx.loaders().payments_of(self.row().id).await.or_null(ctx)?,
        };
        Some(rows.iter().cloned().map(Payment).collect())
    }

    /// Its invoices and credit notes, oldest first. Needs `PAYMENTS_READ`.
    async fn invoices(&self, ctx: &Context<'_>) -> Option<Vec<Invoice>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PaymentsRead).or_null(ctx)?;
        let rows = ctx.loaders().invoices_of(self.row().id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Invoice).collect())
    }

    /// What of it comes back, or is claimed, oldest first. Needs `RETURNS_READ`.
    async fn returns(&self, ctx: &Context<'_>) -> Option<Vec<Return>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::ReturnsRead).or_null(ctx)?;
        let rows = ctx.loaders().returns_of(self.row().id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Return).collect())
    }

    /// The return that this order makes right, by goods in exchange or as replacement; null of any other order. Needs `RETURNS_READ`.
    async fn makes_right(&self, ctx: &Context<'_>) -> Option<Return> {
        if !ctx.may(Permission::ReturnsRead) {
            return None;
        }
        let id = ctx.loaders().return_made_right(self.row().id).await.or_null(ctx)??;
        ctx.loaders().return_row(id).await.or_null(ctx)?.map(Return)
    }

    /// What customers asked about it, oldest first. Needs `CASES_READ`.
    async fn cases(&self, ctx: &Context<'_>) -> Option<Vec<Case>> {
        let rows = ctx.loaders().cases_of(self.row().id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Case).collect())
    }

    /// Tasks about it or part of it, in the order in which they began: who has to do what by when. Needs `PROCEDURES_READ`.
    async fn tasks(&self, ctx: &Context<'_>) -> Option<Vec<Task>> {
        let rows = ctx.loaders().tasks_of(self.row().id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Task).collect())
    }

    /// Internal messages between teams about this order, newest first; customers never see them.
    /// Needs `ORDERS_WRITE`.
    async fn notes(&self, ctx: &Context<'_>) -> Option<Vec<Note>> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::OrdersWrite).or_null(ctx)?;
        let rows = ctx.loaders().notes_of(self.row().id).await.or_null(ctx)?;
        Some(rows.iter().cloned().map(Note).collect())
    }

    /// Everything that happened, newest first: one list of events, whoever caused them, as far as the
    /// asker may see them.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection, Failure> {
        let order = self.row().id;
        let page = page_args(first, after, last, before);
        let (read, actor) = (ctx.read(), ctx.actor()?);
        let rows = events::order_timeline(&read, actor, order, &page).await?;
        let count = counted(ctx, move |scope| async move {
            events::order_timeline_count(&scope.store.read(), scope.actor()?, order).await
        });
        Ok(EventConnection::new(rows.map(|row| Event(Arc::new(row))), count))
    }

    /// Whatever else the shop keeps.
    async fn attributes(&self, ctx: &Context<'_>) -> Option<Json> {
        self.details(ctx).await.or_null(ctx)?.attributes.clone()
    }

    /// Whether it came with its history from another system.
    async fn imported(&self, ctx: &Context<'_>) -> Result<bool, Failure> {
        Ok(self.details(ctx).await?.imported)
    }
}

#[derive(Clone)]
pub(crate) struct OrderLine(Arc<order_line::Model>, Arc<str>);

impl OrderLine {
    /// A line that a row names; none where its order is beyond reach.
    pub(crate) async fn load(ctx: &Context<'_>, id: Uuid) -> Result<Option<Self>, Failure> {
        let Some(row) = ctx.loaders().order_line(id).await? else { return Ok(None) };
        let order = ctx.loaders().order(row.order_id).await?;
        Ok(order.map(|order| Self(row, order.order.currency.as_str().into())))
    }

    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.1)
    }
}

/// What was ordered of one SKU. `quantity` is what stands ordered after edits; cancelled units stay
/// in it and are counted in `quantityCancelled`; totals are of what is not cancelled.
#[Object]
impl OrderLine {
    /// Its id, `lin_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::OrderLine, self.0.id)
    }

    /// The variant; null where the catalog lacks the SKU, in an imported order.
    async fn variant(&self, ctx: &Context<'_>) -> Option<Variant> {
        ctx.loaders().variant(self.0.variant_id?).await.or_null(ctx)?.map(Variant)
    }

    /// The SKU as it was ordered.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// Its name when it was ordered.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Units that stand ordered.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// The price of one unit, with the tax where the channel's prices contain it.
    async fn unit_price(&self) -> Money {
        self.money(self.0.unit_price_minor)
    }

    /// The line's frozen share of every discount.
    async fn discount(&self) -> Money {
        self.money(self.0.discount_minor)
    }

    /// Of how many units together the line's own discount is earned: 3 in "3 for 2". Null where each unit has its part.
    async fn discount_per(&self) -> Option<i32> {
        self.0.discount_per
    }

    /// The part of `total` that is tax.
    async fn tax(&self) -> Money {
        self.money(self.0.tax_minor)
    }

    /// The tax rate as a fraction: 0.19 is 19 %.
    async fn tax_rate(&self) -> Decimal {
        Decimal::rate(self.0.tax_rate_ppm)
    }

    /// Under which rule it is taxed.
    async fn tax_scheme(&self) -> TaxScheme {
        self.0.tax_scheme.into()
    }

    /// Where the tax is due; null for what was ordered before that was noted.
    async fn tax_country_code(&self) -> Option<CountryCode> {
        self.0.tax_country.clone().map(CountryCode)
    }

    /// Unit price x quantity - discount, with the tax.
    async fn total(&self) -> Money {
        self.money(self.0.total_minor)
    }

    /// Units promised at a location.
    async fn quantity_reserved(&self) -> i32 {
        self.0.quantity_reserved
    }

    /// Units that wait for stock.
    async fn quantity_backordered(&self) -> i32 {
        self.0.quantity_backordered
    }

    /// Units that left.
    async fn quantity_fulfilled(&self) -> i32 {
        self.0.quantity_fulfilled
    }

    /// Units cancelled.
    async fn quantity_cancelled(&self) -> i32 {
        self.0.quantity_cancelled
    }

    /// Units that came back.
    async fn quantity_returned(&self) -> i32 {
        self.0.quantity_returned
    }

    /// Set when an agreed substitute replaced what was ordered: the line whose place it took.
    async fn substitutes_for(&self, ctx: &Context<'_>) -> Option<OrderLine> {
        Self::load(ctx, self.0.substitutes_for?).await.or_null(ctx)?
    }
}

/// What the customer was told, counted from approval (else placement), and whether today's plan still keeps it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct DeliveryPromise {
    /// When the last of it is to leave: the hour at which its location closes, by its calendar, cut-off and time zone.
    pub(super) ship_by: Option<DateTime>,
    /// When the last of it is to arrive: the last instant of its day in the customer's place. A promise that came with
    /// the order is kept as the end of its day.
    pub(super) deliver_by: Option<DateTime>,
    /// When it will arrive by today's plan; null while some of it waits for stock.
    pub(super) expected_delivery_at: Option<DateTime>,
    /// Whether today's plan breaks the promise.
    pub(super) at_risk: bool,
}

/// What people should see of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::OrderFlagCode")]
pub(crate) enum OrderFlagCode {
    /// Its amount is far from what is usual.
    Outlier,
    /// It comes in several shipments.
    SplitShipment,
    /// Some of it waits for stock.
    Backordered,
    /// Its promise is broken.
    Late,
    /// Its promise will be broken by today's plan.
    PromiseAtRisk,
    /// It could ship together with another.
    Consolidatable,
    /// An authorization ends within 48 hours and is not captured in full.
    AuthorizationExpiring,
    /// Something left that is neither paid nor on terms.
    UnpaidShipped,
    /// Billing and shipping address lie in different countries.
    AddressMismatch,
}

/// Raised by rules, cleared when the cause is gone.
#[derive(SimpleObject)]
pub(crate) struct OrderFlag {
    /// What.
    code: OrderFlagCode,
    /// Since when.
    raised_at: DateTime,
    /// Why, in words.
    explanation: String,
}

/// Why an order may not go on. PAYMENT is placed by the system on an order that is neither paid, authorized nor
/// on terms, and released by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::HoldReason")]
pub(crate) enum HoldReason {
    /// Its risk is to be decided.
    RiskReview,
    /// It is neither paid, authorized nor on terms. The system places and ends it.
    Payment,
    /// Its address is doubtful.
    Address,
    /// It waits for stock. The system places it on an order that is not to be split until all of it is there, and ends it.
    Stock,
    /// The customer asked for it.
    CustomerRequest,
    /// Somebody wants to look at it.
    Manual,
}

#[derive(Clone)]
pub(crate) struct Hold(pub(crate) Arc<order_hold::Model>);

/// Something that keeps an order from going on, for now. Needs `ORDERS_READ`.
#[Object]
impl Hold {
    /// Its id, `hld_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Hold, self.0.id)
    }

    /// Why.
    async fn reason(&self) -> HoldReason {
        self.0.reason.into()
    }

    /// More about it.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Since when.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.0.placed_at)
    }

    /// Who placed it.
    async fn placed_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.placed_by_kind, self.0.placed_by_id).await
    }

    /// Until when; null while it stands.
    async fn released_at(&self) -> Option<DateTime> {
        self.0.released_at.map(DateTime)
    }

    /// Who released it; null while it stands.
    async fn released_by(&self, ctx: &Context<'_>) -> Option<ActorRef> {
        let kind = self.0.released_by_kind?;
        ActorRef::load(ctx, kind, self.0.released_by_id).await.or_null(ctx)
    }
}

/// `amount` is positive; DISCOUNT and GOODWILL are taken off.
#[derive(SimpleObject)]
pub(crate) struct OrderAdjustment {
    /// What it is for.
    kind: AdjustmentKind,
    /// What the customer reads.
    label: String,
    /// How much.
    amount: Money,
    /// The tax within it, or on top of it; of a discount, the tax it takes off.
    tax: Money,
    /// Of a DISCOUNT: what the goods of the order have to cost for it, before any discount on the whole.
    minimum_items: Option<Money>,
}

pub(crate) struct OrderTotals(pub(super) Order);

/// grandTotal = items + shipping - discounts + other adjustments, with the tax. items, shipping and
/// discounts contain tax where the channel's prices do; `tax` is the tax of the whole, computed per
/// document and rate, half up, then dealt out to lines by largest remainder; `outstanding` is negative
/// when too much was paid.
#[Object]
impl OrderTotals {
    /// Unit prices x quantities.
    async fn items(&self) -> Money {
        self.0.money(self.0.row().items_minor)
    }

    /// Shipping.
    async fn shipping(&self) -> Money {
        self.0.money(self.0.row().shipping_minor)
    }

    /// Discounts and goodwill, the lines' own among them.
    async fn discounts(&self) -> Money {
        self.0.money(self.0.row().discounts_minor)
    }

    /// The tax of the whole.
    async fn tax(&self) -> Money {
        self.0.money(self.0.row().tax_minor)
    }

    /// What the customer owes in all.
    async fn grand_total(&self) -> Money {
        self.0.money(self.0.row().grand_total_minor)
    }

    /// What was captured.
    async fn paid(&self) -> Money {
        self.0.money(self.0.row().paid_minor)
    }

    /// What was given back.
    async fn refunded(&self) -> Money {
        self.0.money(self.0.row().refunded_minor)
    }

    /// grandTotal - paid + refunded, less what was given back of what was invoiced; negative when too much was paid, and while
    /// a refund is on its way or failed.
    async fn outstanding(&self) -> Money {
        let row = self.0.row();
        let owed = row.grand_total_minor - row.credited_minor;
        let given = row.refunded_minor + row.store_credit_minor + row.exchanged_minor;
        self.0.money(owed - row.paid_minor + given)
    }
}

#[derive(Clone)]
pub(crate) struct Note(pub(crate) Arc<note::Model>);

/// An internal message about an order or a customer. Needs `ORDERS_WRITE` or `CUSTOMERS_WRITE`.
#[Object]
impl Note {
    /// Its id, `not_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Note, self.0.id)
    }

    /// The order or customer it is about.
    async fn subject_id(&self) -> ID {
        ID(encode_prefixed(&self.0.subject_type, self.0.subject_id))
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.author_kind, self.0.author_id).await
    }

    /// What it says.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The users it calls on.
    async fn mentions(&self, ctx: &Context<'_>) -> Result<Vec<User>, Failure> {
        let ids: Vec<Uuid> = serde_json::from_value(self.0.mentions.clone()).unwrap_or_default();
        let mut users = Vec::with_capacity(ids.len());
        for id in ids {
            users.extend(ctx.loaders().user(id).await?.map(User::new));
        }
        Ok(users)
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection!(OrderConnection, OrderEdge, Order, "orders");
connection!(NoteConnection, NoteEdge, Note, "notes");

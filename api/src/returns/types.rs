//! Returns and policies as the schema shows them.

use crate::access::types::ActorRef;
use crate::catalog::types::{Channel, Location, Variant};
use crate::context::{Ask, present};
use crate::customers::types::{Customer, Highlight, Severity};
use crate::errors::{Failure, OrNull, UserError};
use crate::events::types::{Event, EventConnection};
use crate::fulfillment::parcels::Parcel;
use crate::ids::{Kind, id};
use crate::orders::types::{Order, OrderLine};
use crate::paging::{counted, page_args};
use crate::payments::types::{Payment, PaymentTransaction};
use crate::scalars::{CountryCode, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entities::{carrier_claim, enums, return_inspection, return_line, return_policy, return_row};
use operations::events;
use operations::permissions::Permission;
use operations::returns::read::is_overdue;
use operations::returns::signals::Signal;
use operations::returns::{policy, quote};
use serde_json::Value as Json;
use std::sync::Arc;
use uuid::Uuid;

/// What the days for a refund count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RefundTrigger")]
pub(crate) enum RefundTrigger {
    /// The customer's declaration.
    Declaration,
    /// The proof that the goods were sent.
    Dispatch,
    /// Their arrival.
    Receipt,
    /// Their inspection.
    Inspection,
}

/// Why something comes back, or is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReturnReason")]
pub(crate) enum ReturnReason {
    /// The customer wants it no longer.
    ChangedMind,
    /// It does not fit.
    WrongSize,
    /// It does not work.
    Defective,
    /// It was damaged on its way.
    DamagedInTransit,
    /// It is something else.
    WrongItem,
    /// It was not in the parcel.
    MissingItem,
    /// It is not what was promised.
    NotAsDescribed,
    /// It came too late.
    Late,
    /// The carrier lost it.
    Lost,
    /// It never came, though the carrier says so.
    NotDelivered,
    /// It could not be delivered, and came back.
    Undeliverable,
    /// Something else.
    Other,
}

/// Where a return stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReturnState")]
pub(crate) enum ReturnState {
    /// A parcel nobody announced, waiting for its order.
    Staged,
    /// Somebody has to answer.
    Requested,
    /// The goods may come.
    Approved,
    /// They may not.
    Rejected,
    /// They are on their way.
    InTransit,
    /// They arrived.
    Received,
    /// They were looked at.
    Inspected,
    /// All is settled.
    Resolved,
    /// It was called off.
    Cancelled,
    /// It was approved, and nothing was ever sent.
    Expired,
}

/// What is wanted of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReturnKind")]
pub(crate) enum ReturnKind {
    /// The money back.
    Return,
    /// Other goods instead, at the same price or for the difference.
    Exchange,
    /// What went wrong made right: lost, damaged or wrong; resolved by refund or replacement, goods back or not.
    Claim,
}

/// How goods are that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ItemCondition")]
pub(crate) enum ItemCondition {
    /// As new.
    New,
    /// Its box was opened.
    Opened,
    /// It was used.
    Used,
    /// It is damaged.
    Damaged,
    /// It does not work.
    Defective,
    /// It is something else.
    WrongItem,
    /// It was not in the box.
    Missing,
}

/// Where goods go that came back. All but `RESTOCK` are sold no longer as what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::Disposition")]
pub(crate) enum Disposition {
    /// Back on the shelf.
    Restock,
    /// To be sold as opened: counts as damaged.
    OpenBox,
    /// To be put in order first: counts as damaged.
    Refurbish,
    /// Back to who made it: counts as damaged until it leaves.
    ReturnToVendor,
    /// To be sold off: counts as damaged until it leaves.
    Liquidate,
    /// To be given away: counts as damaged until it leaves.
    Donate,
    /// Thrown away: leaves the stock, and what it had cost is lost.
    Scrap,
    /// The same, with care.
    Hazardous,
    /// The customer keeps it: for what never arrived.
    KeepWithCustomer,
}

/// How a return is made good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::RefundMethod")]
pub(crate) enum RefundMethod {
    /// The money goes back where it came from.
    OriginalPayment,
    /// The customer is given credit over what was paid; it ends as all store credit does.
    StoreCredit,
    /// What was wanted instead is paid with what comes back, and the difference goes back or is owed on the new order.
    Exchange,
    /// The same goods are ordered once more, paid with what the customer had paid: of claims. No money goes back then.
    Replacement,
    /// Nothing is given; what was to leave in exchange is called off.
    None,
}

/// Where a claim against a carrier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::CarrierClaimState")]
pub(crate) enum CarrierClaimState {
    /// The carrier has to answer.
    Filed,
    /// The carrier paid.
    Paid,
    /// The carrier refused.
    Rejected,
}

pub(crate) struct CarrierClaim(Arc<carrier_claim::Model>);

/// What a carrier owes for a parcel that went wrong.
#[Object]
impl CarrierClaim {
    /// What the carrier calls it.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Where it stands.
    async fn state(&self) -> CarrierClaimState {
        self.0.state.into()
    }

    /// What is asked for.
    async fn claimed(&self) -> Money {
        Money::of(self.0.claimed_minor, &self.0.currency)
    }

    /// What the carrier paid.
    async fn recovered(&self) -> Money {
        Money::of(self.0.recovered_minor, &self.0.currency)
    }

    /// When it was filed.
    async fn filed_at(&self) -> DateTime {
        DateTime(self.0.filed_at)
    }

    /// When the carrier answered.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }
}

#[derive(Clone)]
pub(crate) struct ReturnPolicy(pub(crate) Arc<return_policy::Model>);

fn texts(list: Option<&Json>) -> Vec<String> {
    let list = list.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn reasons(list: &Json) -> Vec<ReturnReason> {
    policy::reasons(list).into_iter().map(Into::into).collect()
}

impl ReturnPolicy {
    fn fee(&self, minor: Option<i64>) -> Option<Money> {
        Some(Money::of(minor?, self.0.fee_currency.as_deref()?))
    }
}

/// What may come back, until when, at whose cost. Of those that match an order, what is the law decides first, then the most specific
/// one: channel before country before tags; of two alike the one with the higher priority. Needs `RETURNS_READ`.
#[Object]
impl ReturnPolicy {
    /// Its id, `rpo_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::ReturnPolicy, self.0.id)
    }

    /// Rises with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// For orders of this channel; null for all.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Option<Channel>, Failure> {
        let Some(channel) = self.0.channel_id else { return Ok(None) };
        Ok(ctx.loaders().channel(channel).await?.map(Channel))
    }

    /// For orders that went to these countries; null for all.
    async fn country_codes(&self) -> Option<Vec<CountryCode>> {
        let codes = texts(self.0.country_codes.as_ref());
        (!codes.is_empty()).then(|| codes.into_iter().map(CountryCode).collect())
    }

    /// For orders with one of these tags; null for all.
    async fn tags(&self) -> Option<Vec<String>> {
        Some(texts(self.0.tags.as_ref())).filter(|tags| !tags.is_empty())
    }

    /// Calendar days in the customer's place, from the day behind the delivery of the last parcel. By law a window that ends when nobody
    /// works ends on the next working day.
    async fn window_days(&self) -> i32 {
        self.0.window_days
    }

    /// Days within which money goes back, from what `refundTrigger` says.
    async fn refund_within_days(&self) -> i32 {
        self.0.refund_within_days
    }

    /// The share of the goods' price that is kept, from 0 to 1; not where the seller answers for the reason.
    async fn restocking_fee_rate(&self) -> Decimal {
        Decimal(operations::money::rate_decimal(self.0.restocking_rate_ppm))
    }

    /// Whether the customer pays for the way back; not where the seller answers for the reason.
    async fn customer_pays_shipping(&self) -> bool {
        self.0.customer_pays_shipping
    }

    /// What the way back costs, taken off what is given back; null where the customer pays the carrier, or in orders of another currency.
    async fn return_shipping(&self) -> Option<Money> {
        self.fee(self.0.return_shipping_minor)
    }

    /// What standard delivery costs: of what was paid for delivery no more is given back. Null for all of it.
    async fn standard_shipping(&self) -> Option<Money> {
        self.fee(self.0.standard_shipping_minor)
    }

    /// Up to so much goes back to trusted customers before the goods are here: to whom three orders at least were sent, and of whose returns
    /// nothing is out of the ordinary (`Return.highlights`). Null where nothing does.
    async fn instant_refund_below(&self) -> Option<Money> {
        self.fee(self.0.instant_refund_minor)
    }

    /// For these reasons; an empty list for all.
    async fn reasons(&self) -> Vec<ReturnReason> {
        reasons(&self.0.reasons)
    }

    /// Reasons that need evidence.
    async fn evidence_reasons(&self) -> Vec<ReturnReason> {
        reasons(&self.0.evidence_reasons)
    }

    /// Of two that match alike the higher one decides.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// Whether it is used.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Legal withdrawal: no fee, standard outbound shipping refunded on a full one, refund clock from the declaration
    /// ([Directive 2011/83/EU](https://eur-lex.europa.eu/eli/dir/2011/83/oj), art. 9 to 14).
    async fn statutory(&self) -> bool {
        self.0.statutory
    }

    /// Whether goods that stay have to earn their discounts still (`OrderLine.discountPer`, `OrderAdjustment.minimumItems`): what those come
    /// to on goods that no longer do is taken off what goes back.
    async fn recompute_promotions(&self) -> bool {
        self.0.recompute_promotions
    }

    /// What the days for a refund count from.
    async fn refund_trigger(&self) -> RefundTrigger {
        self.0.refund_trigger.into()
    }
}

pub(crate) struct RefundQuote {
    pub(crate) quote: quote::Quote,
    pub(crate) currency: String,
}

impl RefundQuote {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, &self.currency)
    }
}

/// What would be paid back and why, to the cent. items + shipping - restockingFee - returnShipping - exchangeDifference = total, all
/// with the tax. A negative total is owed by the customer: it is paid on the exchange order by `paymentRecord`.
#[Object]
impl RefundQuote {
    /// The goods that are paid back, at the shares of price and discount that were frozen for their units; the last unit of a line takes the
    /// odd cent. `promotions` are taken off. Those for which others are wanted, or are sent once more, are in `exchangeDifference`.
    async fn items(&self) -> Money {
        self.money(self.quote.goods())
    }

    /// What `items` is lower by because what stays no longer earns the discounts that it bears, where the policy says `recomputePromotions`:
    /// what these come to on units that stay. Below zero where such was kept before and those units come back as well. Nothing is kept for
    /// what the seller answers for, nor more than what goes back.
    async fn promotions(&self) -> Money {
        self.money(self.quote.promotions.gross)
    }

    /// The part of `total` that is tax.
    async fn tax(&self) -> Money {
        self.money(self.quote.tax())
    }

    /// Their delivery, where all of the order comes back by law or for what the seller answers for.
    async fn shipping(&self) -> Money {
        self.money(self.quote.shipping.gross)
    }

    /// What is kept of it for restocking.
    async fn restocking_fee(&self) -> Money {
        self.money(self.quote.restocking.gross)
    }

    /// What is kept of it for the way back.
    async fn return_shipping(&self) -> Money {
        self.money(self.quote.return_shipping.gross)
    }

    /// What the goods that are wanted instead cost more than those that come back are worth; negative where they cost less. What has the
    /// same price as what comes back is given for what that was sold for; anything else for the price of the day on which it was asked for.
    async fn exchange_difference(&self) -> Money {
        self.money(self.quote.exchange_difference().gross)
    }

    /// What is paid back; below zero what the customer owes on the exchange order.
    async fn total(&self) -> Money {
        self.money(self.quote.total())
    }

    /// Which payment gets how much back, by the policy's order of tenders.
    async fn tenders(&self, ctx: &Context<'_>) -> Result<Vec<RefundTender>, Failure> {
        let mut tenders = Vec::with_capacity(self.quote.tenders.len());
        for (payment, minor) in &self.quote.tenders {
            let row = present(ctx.loaders().payment(*payment).await?)?;
            let method = row.method.clone();
            let sees = ctx.actor()?.may(Permission::PaymentsRead);
            let payment = sees.then_some(Payment(row));
            tenders.push(RefundTender { payment, method, amount: self.money(*minor) });
        }
        Ok(tenders)
    }
}

/// Which payment gets how much back.
#[derive(SimpleObject)]
pub(crate) struct RefundTender {
    /// The payment. Needs `PAYMENTS_READ`.
    payment: Option<Payment>,
    /// How it was made.
    method: String,
    /// How much goes back to it.
    amount: Money,
}

#[derive(Clone)]
pub(crate) struct Return(pub(crate) Arc<return_row::Model>);

/// What a customer sends back or claims, and what becomes of it. Needs `RETURNS_READ`, and reach over the order.
#[Object]
impl Return {
    /// Its id, `ret_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Return, self.0.id)
    }

    /// Rises with every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// As people call it: `R-1000001`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The order; null while it is `STAGED`. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>, Failure> {
        self.order_of(ctx, self.0.order_id).await
    }

    /// Who bought; null without an account. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Customer>, Failure> {
        let Some(customer) = self.0.customer_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::CustomersRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().customer_in_reach(customer).await?.map(Customer))
    }

    /// Where it stands.
    async fn state(&self) -> ReturnState {
        self.0.state.into()
    }

    /// What is wanted.
    async fn kind(&self) -> ReturnKind {
        self.0.kind.into()
    }

    /// The policy that decided; null of a claim that none matched.
    async fn policy(&self, ctx: &Context<'_>) -> Result<Option<ReturnPolicy>, Failure> {
        let Some(policy) = self.0.policy_id else { return Ok(None) };
        Ok(ctx.loaders().return_policy(policy).await?.map(ReturnPolicy))
    }

    /// Where the goods go.
    async fn location(&self, ctx: &Context<'_>) -> Result<Option<Location>, Failure> {
        let Some(location) = self.0.location_id else { return Ok(None) };
        Ok(ctx.loaders().location(location).await?.map(Location))
    }

    /// What comes back, and why.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ReturnLine>, Failure> {
        let rows = ctx.loaders().return_lines_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(ReturnLine).collect())
    }

    /// What the customer said.
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// Whether it was taken though no policy allowed it.
    async fn policy_overridden(&self) -> bool {
        self.0.overridden
    }

    /// The customer's declaration, which starts the refund clock where the law or the policy says so.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// When it was agreed to.
    async fn approved_at(&self) -> Option<DateTime> {
        self.0.approved_at.map(DateTime)
    }

    /// When the first of the goods arrived.
    async fn received_at(&self) -> Option<DateTime> {
        self.0.received_at.map(DateTime)
    }

    /// When it was settled.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }

    /// How it was settled; null before.
    async fn resolution(&self) -> Option<RefundMethod> {
        self.0.resolution.map(Into::into)
    }

    /// What was said of it when it was settled.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// When the money must be back with the customer: the end of that day in the customer's place. Null while nothing starts the clock.
    async fn refund_due_at(&self) -> Option<DateTime> {
        self.0.refund_due_at.map(DateTime)
    }

    /// Since when the money may wait for the goods, or for the proof that they were sent. Meanwhile it is never overdue; what was due in the
    /// meantime is due on the day on which the wait ends.
    async fn paused_since(&self) -> Option<DateTime> {
        self.0.paused_since.map(DateTime)
    }

    /// Calendar days that are left, in the customer's place; below zero where they are over. Null while no clock runs.
    async fn days_left(&self, ctx: &Context<'_>) -> Result<Option<i32>, Failure> {
        ctx.loaders().return_days_left(self.0.id).await
    }

    /// Whether the money should have been back by now.
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        is_overdue(&self.0, ctx.store().clock().now())
    }

    /// Steps of payments that gave money back for it, oldest first. Needs `PAYMENTS_READ`.
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Option<Vec<PaymentTransaction>>, Failure> {
        if !ctx.actor()?.may(Permission::PaymentsRead) {
            return Ok(None);
        }
        let ids = ctx.loaders().return_refunds(self.0.id).await?;
        let mut refunds = Vec::with_capacity(ids.len());
        for id in ids {
            refunds.push(PaymentTransaction(present(ctx.loaders().transaction(id).await?)?));
        }
        Ok(Some(refunds))
    }

    /// What it is worth: as it stands, by what was declared, what arrived and what was found good; or as it was settled. Needs `ORDERS_READ`.
    async fn quote(&self, ctx: &Context<'_>) -> Result<Option<RefundQuote>, Failure> {
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        let Some(currency) = self.0.currency.clone() else { return Ok(None) };
        let quote = ctx.loaders().return_quote(self.0.id).await?;
        Ok(quote.map(|quote| RefundQuote { quote, currency }))
    }

    /// Of an exchange, once it is approved: the order of what was wanted instead. Its stock is reserved, and it waits for the goods that come
    /// back unless it was sent ahead. Needs `ORDERS_READ`.
    async fn exchange_order(&self, ctx: &Context<'_>) -> Result<Option<Order>, Failure> {
        self.order_of(ctx, self.0.exchange_order_id).await
    }

    /// Of a claim that was made good so: the order that sends the same goods once more. Needs `ORDERS_READ`.
    async fn replacement_order(&self, ctx: &Context<'_>) -> Result<Option<Order>, Failure> {
        self.order_of(ctx, self.0.replacement_order_id).await
    }

    /// The parcel on its way back, once its number is known. What carriers tell of it by `trackingReport` moves the return: what they have in
    /// hand is in transit.
    async fn tracking(&self, ctx: &Context<'_>) -> Result<Option<Parcel>, Failure> {
        Ok(ctx.loaders().return_parcel(self.0.id).await?.map(|row| Parcel(Arc::new(row))))
    }

    /// Of a claim: the parcel that went wrong. Needs `FULFILLMENT_READ`.
    async fn outbound_parcel(&self, ctx: &Context<'_>) -> Result<Option<Parcel>, Failure> {
        let Some(parcel) = self.0.outbound_parcel_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::FulfillmentRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().parcel(parcel).await?.map(Parcel))
    }

    /// What the customer was given as credit; null where it was settled otherwise. Needs `ORDERS_READ`.
    async fn store_credit(&self, ctx: &Context<'_>) -> Option<Money> {
        let sees = ctx.actor().is_ok_and(|actor| actor.may(Permission::OrdersRead));
        let given = self.0.store_credit_minor;
        let currency = self.0.currency.as_deref().filter(|_| sees && given > 0)?;
        Some(Money::of(given, currency))
    }

    /// Of a claim: what the carrier owes for it. Needs `ORDERS_READ`.
    async fn carrier_claim(&self, ctx: &Context<'_>) -> Result<Option<CarrierClaim>, Failure> {
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        Ok(ctx.loaders().carrier_claim(self.0.id).await?.map(CarrierClaim))
    }

    /// What is out of the ordinary about the customer's returns, over all within reach that they ever ordered: `RETURN_RATE_HIGH` (something came back of
    /// more than half of more than five orders), `NOT_RECEIVED_OFTEN` (more than two granted claims in a year), `EMPTY_BOX`,
    /// `WRONG_ITEM_RETURNED`. Nothing is decided by it. Null without an account. Needs `CUSTOMERS_READ`.
    async fn highlights(&self, ctx: &Context<'_>) -> Result<Option<Vec<Highlight>>, Failure> {
        let Some(customer) = self.0.customer_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::CustomersRead) {
            return Ok(None);
        }
        let signals = ctx.loaders().return_signals(customer).await?;
        let told = |signal: Signal| Highlight {
            code: signal.code().to_owned(),
            severity: Severity::Warning,
            text: signal.text(),
            subject_id: Some(id(Kind::Customer, customer)),
        };
        Ok(Some(signals.into_iter().map(told).collect()))
    }

    /// Why it was refused, in words for the customer.
    async fn rejected_because(&self) -> Option<&str> {
        self.0.rejected_because.as_deref()
    }

    /// What happened to it, newest first.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<EventConnection> {
        let page = page_args(first, after, last, before);
        let subject = self.0.id;
        let rows =
            async { events::subject_timeline(&ctx.read(), ctx.actor()?, subject, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Event(Arc::new(row)));
        let count = counted(ctx, move |scope| async move {
            events::subject_timeline_count(&scope.store.read(), scope.actor()?, subject).await
        });
        Some(EventConnection::new(rows, count))
    }
}

impl Return {
    async fn order_of(
        &self,
        ctx: &Context<'_>,
        order: Option<Uuid>,
    ) -> Result<Option<Order>, Failure> {
        let Some(order) = order else { return Ok(None) };
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        Order::load(ctx, order).await
    }
}

crate::paging::connection!(ReturnConnection, ReturnEdge, Return, "returns");

#[derive(Clone)]
pub(crate) struct ReturnLine(pub(crate) Arc<return_line::Model>);

/// Units that come back for one reason.
#[Object]
impl ReturnLine {
    /// Its id, `rtl_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::ReturnLine, self.0.id)
    }

    /// The line of the order. Needs `ORDERS_READ`.
    async fn order_line(&self, ctx: &Context<'_>) -> Result<Option<OrderLine>, Failure> {
        let Some(line) = self.0.order_line_id else { return Ok(None) };
        if !ctx.actor()?.may(Permission::OrdersRead) {
            return Ok(None);
        }
        OrderLine::load(ctx, line).await
    }

    /// Its SKU.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// Units that were declared.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Why.
    async fn reason(&self) -> ReturnReason {
        self.0.reason.into()
    }

    /// What the customer said.
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// Of an exchange: what is wanted instead, as many units. Null where the money is wanted.
    async fn exchange_for(&self, ctx: &Context<'_>) -> Result<Option<Variant>, Failure> {
        let Some(variant) = self.0.exchange_variant_id else { return Ok(None) };
        Ok(ctx.loaders().variant(variant).await?.map(Variant))
    }

    /// Pictures and the like.
    async fn evidence_urls(&self) -> Vec<String> {
        texts(Some(&self.0.evidence_urls))
    }

    /// Units that arrived.
    async fn quantity_received(&self) -> i32 {
        self.0.quantity_received
    }

    /// What was found of them, oldest first.
    async fn inspections(&self, ctx: &Context<'_>) -> Result<Vec<Inspection>, Failure> {
        let rows = ctx.loaders().return_inspections(self.0.id).await?;
        Ok(rows.into_iter().map(Inspection).collect())
    }
}

pub(crate) struct Inspection(return_inspection::Model);

/// Units of a return that somebody looked at.
#[Object]
impl Inspection {
    /// How many.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// How they are.
    async fn condition(&self) -> ItemCondition {
        self.0.condition.into()
    }

    /// Where they go: as soon as the return is settled.
    async fn disposition(&self) -> Disposition {
        self.0.disposition.into()
    }

    /// Whether they are paid for.
    async fn refundable(&self) -> bool {
        self.0.refundable
    }

    /// What is said of them.
    async fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// Who looked.
    async fn inspected_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.inspected_by_kind, self.0.inspected_by_id).await
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

/// What came of a return.
#[derive(SimpleObject)]
pub(crate) struct ReturnPayload {
    /// The return; null when refused.
    #[graphql(name = "return")]
    pub(super) of: Option<Return>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// What came of a policy.
#[derive(SimpleObject)]
pub(crate) struct ReturnPolicyPayload {
    /// The policy; null when refused.
    pub(super) return_policy: Option<ReturnPolicy>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// What a return would be worth, and whether policy allows it.
#[derive(SimpleObject)]
pub(crate) struct ReturnQuoteResult {
    /// Whether it would be taken as it is.
    pub(super) allowed: bool,
    /// The policy that decides, or would have.
    pub(super) policy: Option<ReturnPolicy>,
    /// What it would be worth.
    pub(super) quote: Option<RefundQuote>,
    /// Why it would not be taken.
    pub(super) user_errors: Vec<UserError>,
}

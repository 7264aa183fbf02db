//! `orderPlace`.

use super::mutations::OrderPayload;
use super::types::{AdjustmentKind, DeliveryMethod, Order, Prefetched};
use crate::context::Ask;
use crate::credit::types::GiftCardTenderInput;
use crate::customers::types::CustomerReferenceInput;
use crate::errors::{Failure, OrNull, answer};
use crate::ids::{Kind, uuid};
use crate::payments::types::PaymentRecordInput;
use crate::scalars::{AddressInput, DateTime, Decimal};
use async_graphql::{Context, ID, InputObject};
use operations::orders::place::{self, PlaceOrder, Placed};
use operations::orders::{AdjustmentInput, LineInput};
use operations::permissions::Permission;
use serde_json::Value as Json;
use std::sync::Arc;

/// A line to order. Without `unitPrice` the channel's price list decides.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct OrderLineInput {
    /// The SKU.
    sku: String,
    /// Units, 1 to 1,000,000.
    quantity: i32,
    /// The price of one unit, with the tax where the channel's prices contain it.
    unit_price: Option<Decimal>,
    /// Taken off the line as a whole.
    discount: Option<Decimal>,
    /// The tax rate as a fraction; the price list's without it.
    tax_rate: Option<Decimal>,
    /// Its name; the variant's without it.
    name: Option<String>,
    /// Of how many units together `discount` is earned, 2 to `quantity`: 3 in "3 for 2". A return policy may keep what units that stay no
    /// longer earn. Without it each unit has its part.
    discount_per: Option<i32>,
}

impl From<OrderLineInput> for LineInput {
    fn from(input: OrderLineInput) -> Self {
        Self {
            sku: input.sku,
            quantity: input.quantity,
            unit_price: input.unit_price.map(|amount| amount.0),
            discount: input.discount.map(|amount| amount.0),
            tax_rate: input.tax_rate.map(|rate| rate.0),
            name: input.name,
            discount_per: input.discount_per,
        }
    }
}

/// An amount beside the lines.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct OrderAdjustmentInput {
    /// What it is for.
    kind: AdjustmentKind,
    /// What the customer reads, up to 200 characters.
    label: String,
    /// How much; positive. DISCOUNT and GOODWILL are taken off.
    amount: Decimal,
    /// Its own tax rate as a fraction; without it, it follows the goods.
    tax_rate: Option<Decimal>,
    /// Of a DISCOUNT: what the goods of the order have to cost for it, before any discount on the whole, with the tax where the channel's
    /// prices contain it. A return policy may keep what goods that stay no longer earn.
    minimum_items: Option<Decimal>,
}

impl From<OrderAdjustmentInput> for AdjustmentInput {
    fn from(input: OrderAdjustmentInput) -> Self {
        Self {
            kind: input.kind.into(),
            label: input.label,
            amount: input.amount.0,
            tax_rate: input.tax_rate.map(|rate| rate.0),
            minimum_items: input.minimum_items.map(|amount| amount.0),
        }
    }
}

/// An order to place.
#[derive(Debug, InputObject)]
pub(crate) struct OrderPlaceInput {
    /// Where it comes from.
    channel_id: ID,
    /// What the channel calls it, up to 100 characters; unique in the channel.
    channel_reference: Option<String>,
    /// Who orders.
    customer: Option<CustomerReferenceInput>,
    /// 1 to 250 lines.
    lines: Vec<OrderLineInput>,
    /// Shipping, discounts and so on; dealt out to the lines and frozen there.
    adjustments: Option<Vec<OrderAdjustmentInput>>,
    /// Where messages go; the customer's email without it.
    email: Option<String>,
    /// The telephone number; the customer's without it.
    phone: Option<String>,
    /// Where the invoice goes.
    billing_address: Option<AddressInput>,
    /// Where the goods go.
    shipping_address: Option<AddressInput>,
    /// SHIP by default.
    delivery_method: Option<DeliveryMethod>,
    /// The service chosen, such as `express`.
    delivery_service: Option<String>,
    /// Where the customer fetches it; with PICKUP, and only with it.
    pickup_location_id: Option<ID>,
    /// Tenders, in the order in which they are used up; up to 100.
    payments: Option<Vec<PaymentRecordInput>>,
    /// Gift cards that pay for it, before any other tender; up to 10, sold by the company of the channel.
    gift_cards: Option<Vec<GiftCardTenderInput>>,
    /// How much of the customer's credit pays for it, after gift cards and before any other tender, above 0; what ends first
    /// is used first.
    store_credit: Option<Decimal>,
    /// The checkout's reservation: what it holds is used first, the rest given back.
    reservation_id: Option<ID>,
    /// The buyer's tax number.
    tax_id: Option<String>,
    /// The buyer's own number.
    purchase_order_number: Option<String>,
    /// Days until a buyer on terms pays, 0 to 365.
    payment_terms_days: Option<i32>,
    /// When it was placed; now without it.
    placed_at: Option<DateTime>,
    /// What the customer was told.
    promised_by: Option<DateTime>,
    /// Whether it may wait for stock; by default it is refused when stock is short.
    allow_backorder: Option<bool>,
    /// Whether several locations may serve it; by default they may. Otherwise it comes in one shipment: where it may wait for
    /// stock, it is held until one location has all of it.
    allow_split: Option<bool>,
    /// Labels, up to 50.
    tags: Option<Vec<String>>,
    /// An internal message.
    note: Option<String>,
    /// Whatever else the shop keeps.
    attributes: Option<Json>,
    /// The address the order came from; what risk rules look at, kept with the order.
    client_ip: Option<String>,
    /// The program it came from.
    user_agent: Option<String>,
}

impl From<OrderPlaceInput> for PlaceOrder {
    fn from(input: OrderPlaceInput) -> Self {
        Self {
            channel_id: uuid(Kind::Channel, &input.channel_id),
            channel_reference: input.channel_reference,
            customer: input.customer.map(Into::into),
            lines: input.lines.into_iter().map(Into::into).collect(),
            adjustments: input.adjustments.into_iter().flatten().map(Into::into).collect(),
            email: input.email,
            phone: input.phone,
            billing_address: input.billing_address.map(Into::into),
            shipping_address: input.shipping_address.map(Into::into),
            delivery_method: input.delivery_method.unwrap_or(DeliveryMethod::Ship).into(),
            delivery_service: input.delivery_service,
            pickup_location_id: input.pickup_location_id.map(|id| uuid(Kind::Location, &id)),
            payments: input.payments.into_iter().flatten().map(Into::into).collect(),
            gift_cards: input.gift_cards.into_iter().flatten().map(Into::into).collect(),
            store_credit: input.store_credit.map(|amount| amount.0),
            reservation_id: input.reservation_id.map(|id| uuid(Kind::StockReservation, &id)),
            tax_id: input.tax_id,
            purchase_order_number: input.purchase_order_number,
            payment_terms_days: input.payment_terms_days,
            placed_at: input.placed_at.map(|at| at.0),
            promised_by: input.promised_by.map(|at| at.0),
            allow_backorder: input.allow_backorder.unwrap_or(false),
            allow_split: input.allow_split.unwrap_or(true),
            tags: input.tags.unwrap_or_default(),
            note: input.note,
            attributes: input.attributes,
            client_ip: input.client_ip,
            user_agent: input.user_agent,
        }
    }
}

pub(super) async fn place(
    ctx: &Context<'_>,
    input: OrderPlaceInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = PlaceOrder::from(input);
    let done = async { place::place(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    let (placed, user_errors) = answer(ctx, done.await)?;
    let order = match placed {
        Some(placed) => show(ctx, placed).await.or_null(ctx)?,
        None => None,
    };
    Some(OrderPayload { order, user_errors })
}

/// The order as it was just written, or as it stands where it had been placed before.
async fn show(ctx: &Context<'_>, placed: Placed) -> Result<Option<Order>, Failure> {
    let Some(written) = placed.written else { return Order::changed(ctx, placed.id).await };
    if !ctx.may(Permission::OrdersRead) {
        return Ok(None);
    }
    let (order, details) = written.order.into();
    let shared = Prefetched {
        details: Some(Arc::new(details)),
        customer: Some(written.customer.map(Arc::new)),
        lines: Some(Arc::new(written.lines.into_iter().map(Arc::new).collect())),
        payments: Some(Arc::new(written.payments.into_iter().map(Arc::new).collect())),
        fulfillments: None,
    };
    Ok(Some(Order::with(order, shared)))
}

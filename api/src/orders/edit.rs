//! `orderEdit` and `orderEditPreview`.

use super::cancel::LineQuantityInput;
use super::mutations::{OrderPayload, payload};
use super::place::{OrderAdjustmentInput, OrderLineInput};
use super::types::{DeliveryMethod, DeliveryPromise, Order, OrderTotals};
use crate::context::Ask;
use crate::errors::{Failure, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::routing::types::RoutingDecision;
use crate::scalars::{AddressInput, DateTime, Money};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use entities::order;
use operations::Actor;
use operations::orders::edit::{self, EditOrder, Preview};

/// What to change; what is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct OrderEditInput {
    /// The order.
    order_id: ID,
    /// Its version as it was read.
    expected_version: Option<i32>,
    /// New quantities of lines, 0 to 1,000,000: not below what is cancelled, has left or is being picked.
    set_quantities: Option<Vec<LineQuantityInput>>,
    /// Lines to add.
    add_lines: Option<Vec<OrderLineInput>>,
    /// All amounts beside the lines anew; discounts are dealt out to what stands and frozen there.
    adjustments: Option<Vec<OrderAdjustmentInput>>,
    /// Where the goods go; while nobody has begun with them.
    shipping_address: Option<AddressInput>,
    /// Where the invoice goes.
    billing_address: Option<AddressInput>,
    /// Where messages go; an empty one is none.
    email: Option<String>,
    /// The telephone number; an empty one is none.
    phone: Option<String>,
    /// How it reaches the customer; while nobody has begun with it.
    delivery_method: Option<DeliveryMethod>,
    /// The service chosen; while nobody has begun with it.
    delivery_service: Option<String>,
    /// Where the customer fetches it; with PICKUP, and only with it.
    pickup_location_id: Option<ID>,
    /// Whether several locations may serve what is added.
    allow_split: Option<bool>,
    /// Why, kept as an internal message; up to 10,000 characters.
    reason: Option<String>,
}

impl From<OrderEditInput> for EditOrder {
    fn from(input: OrderEditInput) -> Self {
        Self {
            order_id: uuid(Kind::Order, &input.order_id),
            expected_version: input.expected_version,
            set_quantities: input.set_quantities.into_iter().flatten().map(Into::into).collect(),
            add_lines: input.add_lines.into_iter().flatten().map(Into::into).collect(),
            adjustments: input.adjustments.map(|list| list.into_iter().map(Into::into).collect()),
            shipping_address: input.shipping_address.map(Into::into),
            billing_address: input.billing_address.map(Into::into),
            email: input.email,
            phone: input.phone,
            delivery_method: input.delivery_method.map(Into::into),
            delivery_service: input.delivery_service,
            pickup_location_id: input.pickup_location_id.map(|id| uuid(Kind::Location, &id)),
            allow_split: input.allow_split,
            reason: input.reason,
        }
    }
}

/// What an edit would do, to the cent, before it is done.
#[derive(SimpleObject)]
pub(crate) struct OrderEditPreview {
    /// What it costs now; null when refused.
    totals_before: Option<OrderTotals>,
    /// What it would cost; null when refused.
    totals_after: Option<OrderTotals>,
    /// What would still have to be obtained before anything of it is picked; null for nothing.
    to_charge: Option<Money>,
    /// What would be given back; null for nothing.
    to_refund: Option<Money>,
    /// What would be promised; null when refused.
    promise: Option<DeliveryPromise>,
    /// Why new work would lie where it would.
    routing: Vec<RoutingDecision>,
    /// Why it would be refused, every fault at once; empty when it would not.
    user_errors: Vec<UserError>,
}

impl OrderEditPreview {
    fn of(preview: Preview, actor: &Actor) -> Self {
        let money = |minor: i64| (minor > 0).then(|| Money::of(minor, &preview.after.currency));
        let (to_charge, to_refund) = (money(preview.to_charge), money(preview.to_refund));
        let routing = preview
            .routing
            .iter()
            .filter_map(|(location, json)| RoutingDecision::of(json, *location, actor))
            .collect();
        let promise = DeliveryPromise {
            ship_by: preview.after.ship_by.map(DateTime),
            deliver_by: preview.after.promised_by.map(DateTime),
            expected_delivery_at: preview.after.expected_at.map(DateTime),
            at_risk: preview.after.at_risk,
        };
        Self {
            totals_before: Some(totals(preview.before)),
            totals_after: Some(totals(preview.after)),
            to_charge,
            to_refund,
            promise: Some(promise),
            routing,
            user_errors: Vec::new(),
        }
    }
}

/// What an order costs that may never be written.
fn totals(row: order::Model) -> OrderTotals {
    OrderTotals(Order::unwritten(row))
}

pub(super) async fn edit(
    ctx: &Context<'_>,
    input: OrderEditInput,
    key: Option<String>,
) -> Option<OrderPayload> {
    let command = EditOrder::from(input);
    let done = async { edit::edit(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    payload(ctx, done.await).await
}

pub(super) async fn preview(ctx: &Context<'_>, input: OrderEditInput) -> Option<OrderEditPreview> {
    let command = EditOrder::from(input);
    let done = async { edit::preview(ctx.store(), ctx.actor()?, &command).await };
    let (preview, user_errors) = answer(ctx, done.await)?;
    let actor: Result<&Actor, Failure> = ctx.actor().map_err(Into::into);
    Some(match (preview, actor) {
        (Some(preview), Ok(actor)) => OrderEditPreview::of(preview, actor),
        (_, _) => OrderEditPreview {
            totals_before: None,
            totals_after: None,
            to_charge: None,
            to_refund: None,
            promise: None,
            routing: Vec::new(),
            user_errors,
        },
    })
}

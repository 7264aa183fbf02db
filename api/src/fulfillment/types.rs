//! Fulfillments as the schema shows them.

use super::parcels::Parcel;
use crate::access::types::User;
use crate::catalog::types::{Location, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, id};
use crate::orders::types::{DeliveryMethod, Order, OrderLine};
use crate::paging::connection;
use crate::routing::types::RoutingDecision;
use crate::scalars::{Address, DateTime};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, fulfillment, fulfillment_line};
use operations::permissions::Permission;
use std::sync::Arc;

/// Where one location's work on an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::FulfillmentState")]
pub(crate) enum FulfillmentState {
    /// Offered to a third party.
    Requested,
    /// To be picked.
    Open,
    /// Waiting for a hold to end.
    OnHold,
    /// Being picked.
    Picking,
    /// Packed.
    Packed,
    /// Left the building.
    Shipped,
    /// Waiting for the customer.
    ReadyForPickup,
    /// With the customer.
    Delivered,
    /// Could not be done.
    Failed,
    /// Called off.
    Cancelled,
}

#[derive(Clone)]
pub(crate) struct Fulfillment(pub(crate) Arc<fulfillment::Model>);

/// One location's share of one order, or of several consolidated orders. Needs `FULFILLMENT_READ` and reach over the location.
#[Object]
impl Fulfillment {
    /// Its id, `ful_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Fulfillment, self.0.id)
    }

    /// Raised by every change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The order's number and a count: `WEB-1000001-1`.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Who does it.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// Where it stands.
    async fn state(&self) -> FulfillmentState {
        self.0.state.into()
    }

    /// The orders it serves, within reach. Needs `ORDERS_READ`; a third-party location works with the
    /// numbers, the lines and the destination.
    async fn orders(&self, ctx: &Context<'_>) -> Option<Vec<Order>> {
        let links = ctx.loaders().orders_of(self.0.id).await.or_null(ctx)?;
        let mut orders = Vec::new();
        for link in links.iter() {
            orders.extend(Order::load(ctx, link.1).await.or_null(ctx)?);
        }
        Some(orders)
    }

    /// The numbers of the orders it serves.
    async fn order_numbers(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
        let rows = ctx.loaders().order_numbers_of(self.0.id).await?;
        Ok(rows.iter().map(|row| row.1.clone()).collect())
    }

    /// What is to be sent; of a bundle, its components.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfillmentLine>, Failure> {
        let rows = ctx.loaders().fulfillment_lines_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(FulfillmentLine).collect())
    }

    /// The parcels it was packed into, in order.
    async fn parcels(&self, ctx: &Context<'_>) -> Result<Vec<Parcel>, Failure> {
        let rows = ctx.loaders().parcels_of(self.0.id).await?;
        Ok(rows.iter().cloned().map(Parcel).collect())
    }

    /// Who works on it.
    async fn assignee(&self, ctx: &Context<'_>) -> Option<User> {
        ctx.loaders().user(self.0.assignee_id?).await.or_null(ctx)?.map(User::new)
    }

    /// When it is to leave at the latest.
    async fn ship_by(&self) -> Option<DateTime> {
        self.0.ship_by.map(DateTime)
    }

    /// When it was planned.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When all was fetched from the shelves.
    async fn picked_at(&self) -> Option<DateTime> {
        self.0.picked_at.map(DateTime)
    }

    /// When it was packed.
    async fn packed_at(&self) -> Option<DateTime> {
        self.0.packed_at.map(DateTime)
    }

    /// When it left.
    async fn shipped_at(&self) -> Option<DateTime> {
        self.0.shipped_at.map(DateTime)
    }

    /// When it arrived.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(DateTime)
    }

    /// When a third-party location was asked to stop: it answers with `fulfillmentFail`, or ships when it is too late.
    async fn cancel_requested_at(&self) -> Option<DateTime> {
        self.0.cancel_requested_at.map(DateTime)
    }

    /// Why it was rejected or could not be done.
    async fn failed_because(&self) -> Option<&str> {
        self.0.failed_because.as_deref()
    }

    /// Why this location was chosen; null in an imported order. Needs `ORDERS_READ`.
    async fn routing(&self, ctx: &Context<'_>) -> Option<RoutingDecision> {
        let decision = self.0.routing.as_ref()?;
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::OrdersRead).or_null(ctx)?;
        RoutingDecision::of(decision, self.0.location_id, actor)
    }

    /// Where it goes, in full for whoever may ship it (`FULFILLMENT_WRITE`) or see personal data
    /// (`CUSTOMERS_PII`); town, region and country alone for others.
    async fn destination(&self, ctx: &Context<'_>) -> Option<Address> {
        let json = self.0.destination.as_ref()?;
        let full = ctx.may(Permission::FulfillmentWrite) || ctx.may(Permission::CustomersPii);
        if full {
            ctx.scope().note_view(("ful", self.0.id));
        }
        Some(Address::of(json, full))
    }

    /// How it reaches the customer.
    async fn delivery_method(&self) -> DeliveryMethod {
        self.0.delivery_method.into()
    }

    /// The service chosen.
    async fn delivery_service(&self) -> Option<&str> {
        self.0.delivery_service.as_deref()
    }
}

#[derive(Clone)]
pub(crate) struct FulfillmentLine(Arc<fulfillment_line::Model>);

/// Units of one variant that one location sends.
#[Object]
impl FulfillmentLine {
    /// Its id, `fln_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::FulfillmentLine, self.0.id)
    }

    /// The order line it is for; several of these where that is a bundle. Needs `ORDERS_READ`.
    async fn order_line(&self, ctx: &Context<'_>) -> Option<OrderLine> {
        OrderLine::load(ctx, self.0.order_line_id?).await.or_null(ctx)?
    }

    /// What is taken from the shelf; null where the catalog lacks the SKU.
    async fn variant(&self, ctx: &Context<'_>) -> Option<Variant> {
        ctx.loaders().variant(self.0.variant_id?).await.or_null(ctx)?.map(Variant)
    }

    /// Its SKU.
    async fn sku(&self) -> &str {
        &self.0.sku
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many units, those that were not found among them.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Units fetched from the shelf.
    async fn quantity_picked(&self) -> i32 {
        self.0.quantity_picked
    }

    /// Units that were not found, or damaged: this location does not send them.
    async fn quantity_short(&self) -> i32 {
        self.0.quantity_short
    }
}

connection!(FulfillmentConnection, FulfillmentEdge, Fulfillment, "fulfillments");

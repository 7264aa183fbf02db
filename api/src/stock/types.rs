//! Stock as the schema shows it.

use crate::access::types::ActorRef;
use crate::catalog::types::{Channel, Location, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, encode_prefixed, id};
use crate::orders::types::Order;
use crate::paging::{connection, counted, page_args};
use crate::scalars::{DateTime, Money, int};
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, stock_level, stock_movement, stock_reservation, stock_reservation_line};
use operations::permissions::Permission;
use operations::stock::read::{self, MovementFilter};
use operations::stock::valuation::Valuation;
use std::sync::Arc;

/// Why stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::MovementKind")]
pub(crate) enum StockMovementKind {
    /// Goods came in.
    Receipt,
    /// Promised to an order or a checkout.
    Reserve,
    /// A promise was given back.
    Release,
    /// Left the building.
    Ship,
    /// Came back from a customer.
    Return,
    /// Corrected by hand.
    Adjust,
    /// Corrected by a count.
    Count,
    /// Left for another location.
    TransferOut,
    /// Came from another location.
    TransferIn,
    /// Found damaged.
    Damage,
    /// Thrown away.
    Scrap,
    /// More is expected from suppliers, or less.
    Expect,
    /// Set out to here from another location, or got lost on its way.
    Transit,
    /// Put on quality hold, or cleared.
    Hold,
}

/// Where a checkout's hold on stock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::ReservationState")]
pub(crate) enum ReservationState {
    /// Holding stock.
    Active,
    /// Became an order.
    Used,
    /// Its time ran out.
    Expired,
    /// Given back.
    Released,
}

#[derive(Clone)]
pub(crate) struct StockLevel(pub(crate) Arc<stock_level::Model>);

/// One variant at one location. available = onHand - reserved - safety - damaged - qualityHold; never below zero
/// for reservations. Needs `STOCK_READ` and reach over the location.
#[Object]
impl StockLevel {
    /// Its id, `stk_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StockLevel, self.0.id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// Units that lie there, damaged ones among them.
    async fn on_hand(&self) -> i32 {
        int(self.0.on_hand)
    }

    /// Units promised to orders and checkouts.
    async fn reserved(&self) -> i32 {
        int(self.0.reserved)
    }

    /// Units that can still be promised; negative where more was promised than is left, after a loss.
    async fn available(&self) -> i32 {
        int(read::available(&self.0))
    }

    /// Units ordered from suppliers and not here yet.
    async fn incoming(&self) -> i32 {
        int(self.0.incoming)
    }

    /// Units on their way here from another location of ours.
    async fn in_transit(&self) -> i32 {
        int(self.0.in_transit)
    }

    /// Units on hand that wait for somebody to look at them; not promised meanwhile.
    async fn quality_hold(&self) -> i32 {
        int(self.0.quality_hold)
    }

    /// What the units on hand and in transit are worth, at moving average cost; null while no cost is known. Needs
    /// `PURCHASING_READ`.
    async fn value(&self, ctx: &Context<'_>) -> Option<Money> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PurchasingRead).or_null(ctx)?;
        Some(Money::of(self.0.value_minor, self.0.value_currency.as_deref()?))
    }

    /// When it was last counted; null for never.
    async fn counted_at(&self) -> Option<DateTime> {
        self.0.counted_at.map(DateTime)
    }

    /// Units on hand that cannot be sold.
    async fn damaged(&self) -> i32 {
        int(self.0.damaged)
    }

    /// Units that are never promised.
    async fn safety_stock(&self) -> i32 {
        self.0.safety_stock
    }

    /// Buy more at or below this many available; null for never.
    async fn reorder_point(&self) -> Option<i32> {
        self.0.reorder_point
    }

    /// How many to buy then.
    async fn reorder_quantity(&self) -> Option<i32> {
        self.0.reorder_quantity
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Every change that made it what it is, newest first.
    async fn movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<StockMovementConnection, Failure> {
        let filter = MovementFilter { level_id: Some(self.0.id), ..MovementFilter::default() };
        let page = page_args(first, after, last, before);
        movements(ctx, filter, page).await.map_err(Failure::from)
    }
}

/// A page of movements, for a level or for all.
pub(super) async fn movements(
    ctx: &Context<'_>,
    filter: MovementFilter,
    page: operations::page::PageArgs,
) -> operations::Result<StockMovementConnection> {
    let rows = read::movements(&ctx.read(), ctx.actor()?, &filter, &page).await?;
    let count = counted(ctx, move |scope| {
        let filter = filter.clone();
        async move { read::movements_count(&scope.store.read(), scope.actor()?, &filter).await }
    });
    let rows = rows.map(|row| StockMovement(Arc::new(row)));
    Ok(StockMovementConnection::new(rows, count))
}

#[derive(Clone)]
pub(crate) struct StockMovement(pub(crate) Arc<stock_movement::Model>);

/// Append-only. A level always equals the sum of its movements. Needs `STOCK_READ`.
#[Object]
impl StockMovement {
    /// Its id, `mov_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StockMovement, self.0.id)
    }

    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// Why stock changed.
    async fn kind(&self) -> StockMovementKind {
        self.0.kind.into()
    }

    /// Units that came; negative where they went.
    async fn on_hand_change(&self) -> i32 {
        int(self.0.on_hand_change)
    }

    /// Units promised; negative where given back.
    async fn reserved_change(&self) -> i32 {
        int(self.0.reserved_change)
    }

    /// Units found damaged; negative where mended or thrown away.
    async fn damaged_change(&self) -> i32 {
        int(self.0.damaged_change)
    }

    /// Units put on quality hold; negative where cleared.
    async fn quality_hold_change(&self) -> i32 {
        int(self.0.quality_hold_change)
    }

    /// Units expected from suppliers; negative where they came or will not.
    async fn incoming_change(&self) -> i32 {
        int(self.0.incoming_change)
    }

    /// Units that set out to here from another location; negative where they arrived or got lost.
    async fn in_transit_change(&self) -> i32 {
        int(self.0.in_transit_change)
    }

    /// What the level is worth more since, negative for less, at moving average cost: of a shipment the cost of
    /// goods sold, frozen. Null where no cost was known. Needs `PURCHASING_READ`.
    async fn value_change(&self, ctx: &Context<'_>) -> Option<Money> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PurchasingRead).or_null(ctx)?;
        Some(Money::of(self.0.value_change_minor, self.0.unit_cost_currency.as_deref()?))
    }

    /// What the actor said.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Who did it.
    async fn caused_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.actor_kind, self.0.actor_id).await
    }

    /// The document behind it, such as an order.
    async fn subject_id(&self) -> Option<ID> {
        let kind = self.0.subject_type.as_deref()?;
        Some(ID(encode_prefixed(kind, self.0.subject_id?)))
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What one unit cost, rounded: its price when it came in, the average when it left. Needs `PURCHASING_READ`.
    async fn unit_cost(&self, ctx: &Context<'_>) -> Option<Money> {
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::PurchasingRead).or_null(ctx)?;
        Some(Money::of(self.0.unit_cost_minor?, self.0.unit_cost_currency.as_deref()?))
    }
}

#[derive(Clone)]
pub(crate) struct StockReservation(pub(crate) Arc<stock_reservation::Model>);

/// Stock held for a checkout that has not paid yet; given back by itself at `expiresAt`.
#[Object]
impl StockReservation {
    /// Its id, `res_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StockReservation, self.0.id)
    }

    /// The channel of the checkout.
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel, Failure> {
        Ok(Channel(present(ctx.loaders().channel(self.0.channel_id).await?)?))
    }

    /// What is held where; of a bundle, its components.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<ReservationLine>, Failure> {
        let rows = ctx.loaders().reservation_lines(self.0.id).await?;
        Ok(rows.iter().cloned().map(ReservationLine).collect())
    }

    /// When it is given back by itself.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Where it stands.
    async fn state(&self) -> ReservationState {
        self.0.state.into()
    }

    /// The order it became.
    async fn order(&self, ctx: &Context<'_>) -> Option<Order> {
        Order::load(ctx, self.0.order_id?).await.or_null(ctx)?
    }
}

#[derive(Clone)]
pub(crate) struct ReservationLine(Arc<stock_reservation_line::Model>);

/// Units of one variant held at one location.
#[Object]
impl ReservationLine {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// How many units.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }
}

#[derive(Clone)]
pub(crate) struct StockValuation(pub(crate) Arc<Valuation>);

/// What the stock of a location was worth, in one currency. Needs `PURCHASING_READ`.
#[Object]
impl StockValuation {
    /// The location.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// At this moment.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Units on hand and in transit to it.
    async fn units(&self) -> i32 {
        int(self.0.units)
    }

    /// What they were worth; null for those without a known cost.
    async fn value(&self) -> Option<Money> {
        let (minor, currency) = self.0.value.as_ref()?;
        Some(Money::of(*minor, currency))
    }
}

connection!(StockLevelConnection, StockLevelEdge, StockLevel, "stock levels");
connection!(StockMovementConnection, StockMovementEdge, StockMovement, "stock movements");

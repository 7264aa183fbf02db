//! Changes of stock: each translates its input, calls its operation and wraps the rows.

use super::types::{StockLevel, StockReservation};
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::AddressInput;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use operations::stock::adjust::{AdjustLine, AdjustStock, adjust};
use operations::stock::receive::{ReceiveStock, SkuQuantity, receive};
use operations::stock::release::{ReleaseReservation, release};
use operations::stock::reserve::{ReserveStock, reserve};
use operations::stock::set_policy::{SetStockPolicy, set_policy};
use std::sync::Arc;
use uuid::Uuid;

/// Units of a SKU.
#[derive(Debug, InputObject)]
pub(crate) struct SkuQuantityInput {
    /// The SKU.
    sku: String,
    /// How many units; positive.
    quantity: i32,
}

impl From<SkuQuantityInput> for SkuQuantity {
    fn from(input: SkuQuantityInput) -> Self {
        Self { sku: input.sku, quantity: input.quantity }
    }
}

/// `replacesId`: the active reservation of the same checkout, given back in the same transaction.
#[derive(Debug, InputObject)]
pub(crate) struct StockReserveInput {
    /// The channel of the checkout.
    channel_id: ID,
    /// 1 to 250 SKUs, none twice.
    lines: Vec<SkuQuantityInput>,
    /// Held for this long, 60 to 3,600 seconds.
    expires_in_seconds: i32,
    /// Where it will go.
    destination: Option<AddressInput>,
    /// Where it will be fetched.
    pickup_location_id: Option<ID>,
    /// The active reservation of the same checkout, given back in the same transaction.
    replaces_id: Option<ID>,
}

/// A reservation to give back.
#[derive(Debug, InputObject)]
pub(crate) struct StockReservationIdInput {
    /// The reservation.
    reservation_id: ID,
}

/// Goods that came in without a purchase order, or come back.
#[derive(Debug, InputObject)]
pub(crate) struct StockReceiveInput {
    /// Where.
    location_id: ID,
    /// 1 to 250 SKUs, none twice.
    lines: Vec<SkuQuantityInput>,
    /// Why, up to 500 characters.
    reason: Option<String>,
    /// The order that they left for, where they come back: they are worth what they were when they left, and no more come
    /// back than left. Of a bundle its components are named. The order itself is not changed by it.
    returned_from_order_id: Option<ID>,
}

/// Corrections by hand.
#[derive(Debug, InputObject)]
pub(crate) struct StockAdjustInput {
    /// Where.
    location_id: ID,
    /// 1 to 250 SKUs, none twice.
    lines: Vec<StockAdjustLineInput>,
    /// Why: every correction says so, in up to 500 characters.
    reason: String,
}

/// Changes, or the absolute `onHand` that a location reports; refused as `VERSION_CONFLICT` when
/// `expectedOnHand` is given and wrong.
#[derive(Debug, InputObject)]
pub(crate) struct StockAdjustLineInput {
    /// The SKU.
    sku: String,
    /// Units that came; negative where they went.
    on_hand_change: Option<i32>,
    /// Units found damaged; negative where mended.
    damaged_change: Option<i32>,
    /// Units put on quality hold: they lie there and are not promised until cleared; negative where cleared.
    quality_hold_change: Option<i32>,
    /// Units that lie there.
    on_hand: Option<i32>,
    /// Units that you believe lie there.
    expected_on_hand: Option<i32>,
}

/// The policy of one SKU at one location. What is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct StockSetPolicyInput {
    /// Where.
    location_id: ID,
    /// Which SKU.
    sku: String,
    /// Units never promised.
    safety_stock: Option<i32>,
    /// Buy more at or below this many available.
    reorder_point: Option<i32>,
    /// How many to buy then.
    reorder_quantity: Option<i32>,
}

/// What came of a reservation.
#[derive(SimpleObject)]
pub(crate) struct StockReservationPayload {
    /// The reservation; null when refused.
    reservation: Option<StockReservation>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a change of stock.
#[derive(SimpleObject)]
pub(crate) struct StockLevelsPayload {
    /// The levels, in the order of the input; null when refused.
    stock_levels: Option<Vec<StockLevel>>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct StockMutation;

#[Object]
impl StockMutation {
    /// For a checkout: hold stock for 60 to 3,600 seconds, then place the order with its id. Needs
    /// `ORDERS_WRITE`.
    async fn stock_reserve(
        &self,
        ctx: &Context<'_>,
        input: StockReserveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockReservationPayload> {
        let command = ReserveStock {
            channel_id: uuid(Kind::Channel, &input.channel_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
            expires_in_seconds: input.expires_in_seconds,
            destination: input.destination.map(Into::into),
            pickup_location_id: input.pickup_location_id.map(|id| uuid(Kind::Location, &id)),
            replaces_id: input.replaces_id.map(|id| uuid(Kind::StockReservation, &id)),
        };
        let done =
            async { reserve(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        reservation(ctx, done.await).await
    }

    /// Give the stock of an active reservation back. Needs `ORDERS_WRITE`.
    async fn stock_reservation_release(
        &self,
        ctx: &Context<'_>,
        input: StockReservationIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockReservationPayload> {
        let reservation_id = uuid(Kind::StockReservation, &input.reservation_id);
        let command = ReleaseReservation { reservation_id };
        let done =
            async { release(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        reservation(ctx, done.await).await
    }

    /// Put goods on the shelf that came in without a purchase order. Needs `STOCK_WRITE`.
    async fn stock_receive(
        &self,
        ctx: &Context<'_>,
        input: StockReceiveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockLevelsPayload> {
        let command = ReceiveStock {
            location_id: uuid(Kind::Location, &input.location_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
            reason: input.reason,
            returned_from: input.returned_from_order_id.map(|id| uuid(Kind::Order, &id)),
        };
        let done =
            async { receive(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        levels(ctx, done.await).await
    }

    /// Correct levels by hand. Needs `STOCK_WRITE`.
    async fn stock_adjust(
        &self,
        ctx: &Context<'_>,
        input: StockAdjustInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockLevelsPayload> {
        let line = |line: StockAdjustLineInput| AdjustLine {
            sku: line.sku,
            on_hand_change: line.on_hand_change,
            damaged_change: line.damaged_change,
            quality_hold_change: line.quality_hold_change,
            on_hand: line.on_hand,
            expected_on_hand: line.expected_on_hand,
        };
        let command = AdjustStock {
            location_id: uuid(Kind::Location, &input.location_id),
            lines: input.lines.into_iter().map(line).collect(),
            reason: input.reason,
        };
        let done =
            async { adjust(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        levels(ctx, done.await).await
    }

    /// Set what is never promised, and when to buy more. Needs `STOCK_WRITE`.
    async fn stock_set_policy(
        &self,
        ctx: &Context<'_>,
        input: StockSetPolicyInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<StockLevelsPayload> {
        let command = SetStockPolicy {
            location_id: uuid(Kind::Location, &input.location_id),
            sku: input.sku,
            safety_stock: input.safety_stock,
            reorder_point: input.reorder_point,
            reorder_quantity: input.reorder_quantity,
        };
        let done =
            async { set_policy(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        levels(ctx, done.await).await
    }
}

async fn reservation(
    ctx: &Context<'_>,
    done: operations::Result<Uuid>,
) -> Option<StockReservationPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let reservation = match id {
        Some(id) => {
            let found = async {
                let read = operations::stock::read::reservations_by_ids;
                read(&ctx.read(), ctx.actor()?, &[id]).await
            };
            found.await.or_null(ctx)?.pop().map(Arc::new).map(StockReservation)
        }
        None => None,
    };
    Some(StockReservationPayload { reservation, user_errors })
}

async fn levels(
    ctx: &Context<'_>,
    done: operations::Result<Vec<Uuid>>,
) -> Option<StockLevelsPayload> {
    let (ids, user_errors) = answer(ctx, done)?;
    let stock_levels = match ids {
        Some(ids) => {
            let mut levels = Vec::with_capacity(ids.len());
            for id in ids {
                levels.extend(ctx.loaders().level(id).await.or_null(ctx)?.map(StockLevel));
            }
            Some(levels)
        }
        None => None,
    };
    Some(StockLevelsPayload { stock_levels, user_errors })
}

//! The order mutations in one root, each from its own file.

use super::assign::{OrderAssignInput, assign};
use super::cancel::{OrderCancelInput, cancel};
use super::consolidate::{OrdersConsolidateInput, OrdersConsolidatePayload, consolidate};
use super::draft_complete::{DraftCompleteInput, draft_complete};
use super::draft_create::draft_create;
use super::draft_update::{DraftUpdateInput, draft_update};
use super::edit::{OrderEditInput, edit};
use super::hold::{OrderHoldInput, hold};
use super::import::{OrdersImportInput, OrdersImportPayload, import};
use super::note_add::{NoteAddInput, NotePayload, note_add};
use super::place::{OrderPlaceInput, place};
use super::release::{OrderReleaseInput, release};
use super::reroute::{OrderRerouteInput, reroute};
use super::risk_decide::{RiskDecideInput, decide};
use super::substitute::{LineSubstituteInput, substitute};
use super::tag::{OrderTagInput, tag};
use super::types::Order;
use crate::errors::{OrNull, UserError, answer};
use async_graphql::{Context, Object, SimpleObject};
use uuid::Uuid;

/// What came of a change of an order.
#[derive(SimpleObject)]
pub(crate) struct OrderPayload {
    /// The order; null when refused.
    pub(super) order: Option<Order>,
    /// Why it was refused, every fault at once; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

/// The order that an operation answered with.
pub(super) async fn payload(
    ctx: &Context<'_>,
    done: operations::Result<Uuid>,
) -> Option<OrderPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let order = match id {
        Some(id) => Order::changed(ctx, id).await.or_null(ctx)?,
        None => None,
    };
    Some(OrderPayload { order, user_errors })
}

#[derive(Default)]
pub(crate) struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Place an order: price it, reserve stock at the best locations, all in one transaction. Never
    /// oversells. Needs `ORDERS_WRITE`.
    async fn order_place(
        &self,
        ctx: &Context<'_>,
        input: OrderPlaceInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        place(ctx, input, idempotency_key).await
    }

    /// History from another system: up to 250 orders, each row refused or taken on its own; one that is
    /// here already is refused as DUPLICATE. Moves no stock and books nothing. Needs `ORDERS_WRITE`.
    async fn orders_import(
        &self,
        ctx: &Context<'_>,
        input: OrdersImportInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrdersImportPayload> {
        import(ctx, input, idempotency_key).await
    }

    /// Write an order on behalf of a customer, or a quote: priced and numbered, in state DRAFT. It holds no stock, books
    /// nothing and is looked at for risk when it is completed; `payments`, `reservationId` and `placedAt` are refused.
    /// Needs `ORDERS_WRITE`.
    async fn draft_create(
        &self,
        ctx: &Context<'_>,
        input: OrderPlaceInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        draft_create(ctx, input, idempotency_key).await
    }

    /// Write a draft anew, under its number: what is left out is gone. Refused as `STATE_CONFLICT` once it is placed.
    /// Needs `ORDERS_WRITE`.
    async fn draft_update(
        &self,
        ctx: &Context<'_>,
        input: DraftUpdateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        draft_update(ctx, input, idempotency_key).await
    }

    /// Place a draft at the prices that were quoted; stock is reserved as with `orderPlace`, or it is refused whole and
    /// stays a draft. Whoever completes it is who placed it. Needs `ORDERS_WRITE`.
    async fn draft_complete(
        &self,
        ctx: &Context<'_>,
        input: DraftCompleteInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        draft_complete(ctx, input, idempotency_key).await
    }

    /// Change lines, addresses or delivery before shipment; stock, totals and payment follow, or the edit is refused whole.
    /// Needs `ORDERS_WRITE`.
    async fn order_edit(
        &self,
        ctx: &Context<'_>,
        input: OrderEditInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        edit(ctx, input, idempotency_key).await
    }

    /// Send something else in place of what was ordered, at not more than the ordered price unless agreed. Needs
    /// `ORDERS_WRITE`.
    async fn line_substitute(
        &self,
        ctx: &Context<'_>,
        input: LineSubstituteInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        substitute(ctx, input, idempotency_key).await
    }

    /// Stop an order: its stock stays reserved, and nothing of it is picked. Several holds may stand at once.
    /// Needs `ORDERS_WRITE`.
    async fn order_hold(
        &self,
        ctx: &Context<'_>,
        input: OrderHoldInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        hold(ctx, input, idempotency_key).await
    }

    /// End one hold, or all that people may end; what waited goes on by itself. What the system holds for payment it
    /// releases itself; a doubt about risk is released by `ORDERS_RISK`. Needs `ORDERS_WRITE`.
    async fn order_release(
        &self,
        ctx: &Context<'_>,
        input: OrderReleaseInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        release(ctx, input, idempotency_key).await
    }

    /// Let a doubtful order go on, or decline it: then it is cancelled and its payment voided. Needs `ORDERS_RISK`.
    async fn risk_decide(
        &self,
        ctx: &Context<'_>,
        input: RiskDecideInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        decide(ctx, input, idempotency_key).await
    }

    /// Cancel all or some quantities that have not left: releases stock, voids or refunds what was paid. A third party
    /// that took the work is asked to stop, and the units stand until it answers. Needs `ORDERS_WRITE`.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        input: OrderCancelInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        cancel(ctx, input, idempotency_key).await
    }

    /// Send what nobody has begun from elsewhere; refused as `NOT_ROUTABLE` where less could be promised than before.
    /// Needs `ORDERS_WRITE`.
    async fn order_reroute(
        &self,
        ctx: &Context<'_>,
        input: OrderRerouteInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        reroute(ctx, input, idempotency_key).await
    }

    /// Ship orders of one customer to one address together: what waits, still untouched, at the same location becomes one
    /// fulfillment, and each order keeps its own invoice. An order that is held, cancelled or sent otherwise before
    /// picking parts from the others by itself. Needs `ORDERS_WRITE`.
    async fn orders_consolidate(
        &self,
        ctx: &Context<'_>,
        input: OrdersConsolidateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrdersConsolidatePayload> {
        consolidate(ctx, input, idempotency_key).await
    }

    /// Give an order to a user, or to nobody. Needs `ORDERS_WRITE`.
    async fn order_assign(
        &self,
        ctx: &Context<'_>,
        input: OrderAssignInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        assign(ctx, input, idempotency_key).await
    }

    /// Add and remove labels. Needs `ORDERS_WRITE`.
    async fn order_tag(
        &self,
        ctx: &Context<'_>,
        input: OrderTagInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<OrderPayload> {
        tag(ctx, input, idempotency_key).await
    }

    /// Write an internal message about an order or a customer. Needs `ORDERS_WRITE` or
    /// `CUSTOMERS_WRITE`, by what it is about.
    async fn note_add(
        &self,
        ctx: &Context<'_>,
        input: NoteAddInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<NotePayload> {
        note_add(ctx, input, idempotency_key).await
    }
}

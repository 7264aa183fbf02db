//! Transfers between locations in the schema.

use super::mutations::SkuQuantityInput;
use crate::catalog::types::{Location, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::ids::{Kind, id, uuid, uuids};
use crate::paging::{connection, counted, page_args};
use crate::scalars::DateTime;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{enums, stock_transfer, stock_transfer_line};
use operations::transfers::WhichTransfer;
use operations::transfers::cancel::cancel;
use operations::transfers::create::{CreateTransfer, create};
use operations::transfers::read::{self, TransferFilter};
use operations::transfers::receive::{ReceiveTransfer, receive};
use operations::transfers::ship::ship;
use std::sync::Arc;
use uuid::Uuid;

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::TransferState")]
pub(crate) enum TransferState {
    /// Planned; nothing has moved, and nothing is promised.
    Draft,
    /// On its way.
    Shipped,
    /// Some of it arrived.
    PartiallyReceived,
    /// Nothing more will come.
    Received,
    /// Called off before it left.
    Cancelled,
}

#[derive(Clone)]
pub(crate) struct StockTransfer(pub(crate) Arc<stock_transfer::Model>);

/// Goods that go from one location of ours to another. Needs `STOCK_READ` and reach over either.
#[Object]
impl StockTransfer {
    /// Its id, `trf_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::StockTransfer, self.0.id)
    }

    /// Raised with every change; give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its number, such as TR-1000001.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// Where they leave.
    async fn from(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.from_location_id).await?)?))
    }

    /// Where they go.
    async fn to(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.to_location_id).await?)?))
    }

    /// Where it stands.
    async fn state(&self) -> TransferState {
        self.0.state.into()
    }

    /// What goes along, in order.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<TransferLine>, Failure> {
        let rows = ctx.loaders().transfer_lines(self.0.id).await?;
        Ok(rows.iter().cloned().map(TransferLine).collect())
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it is expected to arrive; promises count on it while it is on its way, until a day after.
    async fn expected_at(&self) -> Option<DateTime> {
        self.0.expected_at.map(DateTime)
    }

    /// When it left.
    async fn shipped_at(&self) -> Option<DateTime> {
        self.0.shipped_at.map(DateTime)
    }

    /// When nothing more was to come.
    async fn received_at(&self) -> Option<DateTime> {
        self.0.received_at.map(DateTime)
    }
}

#[derive(Clone)]
pub(crate) struct TransferLine(Arc<stock_transfer_line::Model>);

/// Units of one variant that go along.
#[Object]
impl TransferLine {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// Units that leave.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Units that arrived, damaged ones among them.
    async fn received(&self) -> i32 {
        self.0.received
    }

    /// Units that arrived damaged.
    async fn damaged(&self) -> i32 {
        self.0.damaged
    }

    /// Units that got lost on their way: a movement at the destination says why.
    async fn lost(&self) -> i32 {
        self.0.lost
    }
}

connection!(StockTransferConnection, StockTransferEdge, StockTransfer, "transfers");

/// What goes where.
#[derive(Debug, InputObject)]
pub(crate) struct TransferCreateInput {
    /// Where it leaves.
    from_location_id: ID,
    /// Where it goes; another one.
    to_location_id: ID,
    /// 1 to 250 SKUs, none twice, no bundles.
    lines: Vec<SkuQuantityInput>,
    /// When it is expected to arrive; promises count on it once it has left.
    expected_at: Option<DateTime>,
}

/// Which transfer.
#[derive(Debug, InputObject)]
pub(crate) struct TransferIdInput {
    /// The transfer.
    transfer_id: ID,
    /// The version you saw; refused as `VERSION_CONFLICT` where it has changed since.
    expected_version: Option<i32>,
}

impl From<TransferIdInput> for WhichTransfer {
    fn from(input: TransferIdInput) -> Self {
        Self {
            transfer_id: uuid(Kind::StockTransfer, &input.transfer_id),
            expected_version: input.expected_version,
        }
    }
}

/// What arrived.
#[derive(Debug, InputObject)]
pub(crate) struct TransferReceiveInput {
    /// The transfer.
    transfer_id: ID,
    /// The version you saw; refused as `VERSION_CONFLICT` where it has changed since.
    expected_version: Option<i32>,
    /// What arrived well.
    lines: Vec<SkuQuantityInput>,
    /// What arrived damaged, beside that.
    damaged: Option<Vec<SkuQuantityInput>>,
    /// Nothing more will arrive: the rest got lost.
    complete: Option<bool>,
    /// Why the rest got lost; needed where something is missing.
    reason: Option<String>,
}

/// What came of a transfer.
#[derive(SimpleObject)]
pub(crate) struct TransferPayload {
    /// The transfer; null when refused.
    transfer: Option<StockTransfer>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct TransferQuery;

#[Object]
impl TransferQuery {
    /// Transfers of which either end is within reach, newest first. Needs `STOCK_READ`.
    #[expect(clippy::too_many_arguments, reason = "a filter and the arguments of every page")]
    async fn stock_transfers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<TransferState>>,
        #[graphql(desc = "From or to one of these locations.")] location_ids: Option<Vec<ID>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<StockTransferConnection> {
        let filter = TransferFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            location_ids: location_ids.map(|ids| uuids(Kind::Location, &ids)),
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::transfers(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| StockTransfer(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::transfers_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(StockTransferConnection::new(rows, count))
    }
}

#[derive(Default)]
pub(crate) struct TransferMutation;

#[Object]
impl TransferMutation {
    /// Plan what goes from one location to another; nothing moves yet. Needs `STOCK_WRITE` and reach over both.
    async fn transfer_create(
        &self,
        ctx: &Context<'_>,
        input: TransferCreateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TransferPayload> {
        let command = CreateTransfer {
            from_location_id: uuid(Kind::Location, &input.from_location_id),
            to_location_id: uuid(Kind::Location, &input.to_location_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
            expected_at: input.expected_at.map(|at| at.0),
        };
        let done =
            async { create(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// It leaves: stock goes down there and is in transit here. Refused as `OUT_OF_STOCK`, once for every short line, where
    /// less lies there unpromised. Needs `STOCK_WRITE` and reach over where it leaves.
    async fn transfer_ship(
        &self,
        ctx: &Context<'_>,
        input: TransferIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TransferPayload> {
        let command = input.into();
        let done = async { ship(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// It does not leave after all. Needs `STOCK_WRITE` and reach over where it leaves.
    async fn transfer_cancel(
        &self,
        ctx: &Context<'_>,
        input: TransferIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TransferPayload> {
        let command = input.into();
        let done =
            async { cancel(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// It arrives, as a whole or in parts; with `complete` the rest is given up with a reason. Fills the oldest backorders
    /// first. Needs `STOCK_WRITE` and reach over where it goes.
    async fn transfer_receive(
        &self,
        ctx: &Context<'_>,
        input: TransferReceiveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<TransferPayload> {
        let command = ReceiveTransfer {
            which: WhichTransfer {
                transfer_id: uuid(Kind::StockTransfer, &input.transfer_id),
                expected_version: input.expected_version,
            },
            lines: input.lines.into_iter().map(Into::into).collect(),
            damaged: input.damaged.into_iter().flatten().map(Into::into).collect(),
            complete: input.complete.unwrap_or(false),
            reason: input.reason,
        };
        let done =
            async { receive(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }
}

async fn payload(ctx: &Context<'_>, done: operations::Result<Uuid>) -> Option<TransferPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let transfer = match id {
        Some(id) => ctx.loaders().transfer(id).await.or_null(ctx)?.map(StockTransfer),
        None => None,
    };
    Some(TransferPayload { transfer, user_errors })
}

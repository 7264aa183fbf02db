//! Purchase orders in the schema.

use super::mutations::SkuQuantityInput;
use crate::catalog::types::{Location, Supplier, Variant};
use crate::context::{Ask, present};
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::ids::{Kind, id, uuid, uuids};
use crate::paging::{connection, counted, page_args};
use crate::scalars::{CurrencyCode, DateTime, Decimal, Money};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entities::{enums, purchase_order, purchase_order_line};
use operations::permissions::Permission;
use operations::purchasing::cancel::cancel;
use operations::purchasing::create::{CreatePurchaseOrder, create};
use operations::purchasing::place::place;
use operations::purchasing::read::{self, PurchaseOrderFilter};
use operations::purchasing::receive::{ReceivePurchaseOrder, receive};
use operations::purchasing::update::{UpdatePurchaseOrder, update};
use operations::purchasing::{OrderLine, WhichPurchaseOrder};
use std::sync::Arc;
use uuid::Uuid;

/// Where a purchase order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::PurchaseOrderState")]
pub(crate) enum PurchaseOrderState {
    /// Being written; the supplier knows nothing of it.
    Draft,
    /// Sent to the supplier.
    Ordered,
    /// Some of it came.
    PartiallyReceived,
    /// All of it came.
    Received,
    /// Some of it came, and nothing more will.
    Closed,
    /// Called off before anything came.
    Cancelled,
}

#[derive(Clone)]
pub(crate) struct PurchaseOrder(pub(crate) Arc<purchase_order::Model>);

/// What is ordered from a supplier. Needs `PURCHASING_READ` and reach over the location.
#[Object]
impl PurchaseOrder {
    /// Its id, `po_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::PurchaseOrder, self.0.id)
    }

    /// Raised with every change; give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its number, such as PO-1000001.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// From whom.
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Supplier, Failure> {
        Ok(Supplier(present(ctx.loaders().supplier(self.0.supplier_id).await?)?))
    }

    /// Where it is delivered.
    async fn location(&self, ctx: &Context<'_>) -> Result<Location, Failure> {
        Ok(Location(present(ctx.loaders().location(self.0.location_id).await?)?))
    }

    /// Where it stands.
    async fn state(&self) -> PurchaseOrderState {
        self.0.state.into()
    }

    /// The currency of its prices: the supplier's.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency.clone())
    }

    /// The sum of its lines as ordered.
    async fn total(&self) -> Money {
        Money::of(self.0.total_minor, &self.0.currency)
    }

    /// What one unit of its currency is worth in that in which the stock is valued, where the two differ.
    async fn exchange_rate(&self) -> Option<Decimal> {
        self.0.exchange_rate.as_deref()?.parse().ok().map(Decimal)
    }

    /// What is ordered, in order.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<PurchaseOrderLine>, Failure> {
        let rows = ctx.loaders().purchase_order_lines(self.0.id).await?;
        let currency = &self.0.currency;
        Ok(rows.iter().map(|row| PurchaseOrderLine(row.clone(), currency.clone())).collect())
    }

    /// When it was sent to the supplier.
    async fn ordered_at(&self) -> Option<DateTime> {
        self.0.ordered_at.map(DateTime)
    }

    /// When it is expected; promises count on it until a day after.
    async fn expected_at(&self) -> Option<DateTime> {
        self.0.expected_at.map(DateTime)
    }

    /// When the supplier is to be paid: the agreed days after the first of it came, before that after it is expected.
    /// Null until it is sent.
    async fn payment_due_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        let supplier = present(ctx.loaders().supplier(self.0.supplier_id).await?)?;
        Ok(read::payment_due_at(&self.0, &supplier).map(DateTime))
    }
}

#[derive(Clone)]
pub(crate) struct PurchaseOrderLine(Arc<purchase_order_line::Model>, String);

/// Units of one variant that are ordered.
#[Object]
impl PurchaseOrderLine {
    /// The variant.
    async fn variant(&self, ctx: &Context<'_>) -> Result<Variant, Failure> {
        Ok(Variant(present(ctx.loaders().variant(self.0.variant_id).await?)?))
    }

    /// Units that are ordered.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// Units that came, damaged ones among them; may be more than were ordered, within the supplier's tolerance.
    async fn received(&self) -> i32 {
        self.0.received
    }

    /// Units that came damaged.
    async fn damaged(&self) -> i32 {
        self.0.damaged
    }

    /// What one unit costs.
    async fn unit_cost(&self) -> Money {
        Money::of(self.0.unit_cost_minor, &self.1)
    }
}

connection!(PurchaseOrderConnection, PurchaseOrderEdge, PurchaseOrder, "purchase orders");

/// Units of a SKU to order.
#[derive(Debug, InputObject)]
pub(crate) struct PurchaseOrderLineInput {
    /// The SKU; no bundle.
    sku: String,
    /// How many units: from the supplier's minimum on, in whole packs, where its terms name the SKU.
    quantity: i32,
    /// What one unit costs, in the supplier's currency; without it what its terms say.
    unit_cost: Option<Decimal>,
}

impl From<PurchaseOrderLineInput> for OrderLine {
    fn from(input: PurchaseOrderLineInput) -> Self {
        let unit_cost = input.unit_cost.map(|cost| cost.0);
        Self { sku: input.sku, quantity: input.quantity, unit_cost }
    }
}

/// What to order from whom.
#[derive(Debug, InputObject)]
pub(crate) struct PurchaseOrderCreateInput {
    /// From whom.
    supplier_id: ID,
    /// Where it is delivered.
    location_id: ID,
    /// 1 to 250 SKUs, none twice.
    lines: Vec<PurchaseOrderLineInput>,
    /// When it is expected; without it after the longest lead time of the supplier's terms.
    expected_at: Option<DateTime>,
    /// What one unit of the supplier's currency is worth in that in which the stock is valued; needed where they differ.
    exchange_rate: Option<Decimal>,
}

/// What changes of a purchase order. What is left out stays as it is.
#[derive(Debug, InputObject)]
pub(crate) struct PurchaseOrderUpdateInput {
    /// The purchase order.
    purchase_order_id: ID,
    /// The version you saw; refused as `VERSION_CONFLICT` where it has changed since.
    expected_version: Option<i32>,
    /// All its lines: those left out are taken off, unless some of them came.
    lines: Option<Vec<PurchaseOrderLineInput>>,
    /// When it is expected.
    expected_at: Option<DateTime>,
    /// What one unit of its currency is worth in that in which the stock is valued.
    exchange_rate: Option<Decimal>,
}

/// Which purchase order.
#[derive(Debug, InputObject)]
pub(crate) struct PurchaseOrderIdInput {
    /// The purchase order.
    purchase_order_id: ID,
    /// The version you saw; refused as `VERSION_CONFLICT` where it has changed since.
    expected_version: Option<i32>,
}

impl From<PurchaseOrderIdInput> for WhichPurchaseOrder {
    fn from(input: PurchaseOrderIdInput) -> Self {
        which(&input.purchase_order_id, input.expected_version)
    }
}

fn which(id: &ID, expected_version: Option<i32>) -> WhichPurchaseOrder {
    WhichPurchaseOrder { purchase_order_id: uuid(Kind::PurchaseOrder, id), expected_version }
}

/// `complete`: nothing more will come; the rest is closed.
#[derive(Debug, InputObject)]
pub(crate) struct PurchaseOrderReceiveInput {
    /// The purchase order.
    purchase_order_id: ID,
    /// The version you saw; refused as `VERSION_CONFLICT` where it has changed since.
    expected_version: Option<i32>,
    /// What came well: more than was ordered only within the supplier's tolerance.
    lines: Vec<SkuQuantityInput>,
    /// What came damaged, beside that.
    damaged: Option<Vec<SkuQuantityInput>>,
    /// What came and waits for somebody to look at it, beside that.
    quality_hold: Option<Vec<SkuQuantityInput>>,
    /// Nothing more will come; the rest is closed.
    complete: Option<bool>,
}

/// What came of a purchase order.
#[derive(SimpleObject)]
pub(crate) struct PurchaseOrderPayload {
    /// The purchase order; null when refused, and without `PURCHASING_READ`.
    purchase_order: Option<PurchaseOrder>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct PurchasingQuery;

#[Object]
impl PurchasingQuery {
    /// Purchase orders within reach, newest first. Needs `PURCHASING_READ`.
    #[expect(clippy::too_many_arguments, reason = "a filter and the arguments of every page")]
    async fn purchase_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<PurchaseOrderState>>,
        #[graphql(desc = "Delivered to one of these locations.")] location_ids: Option<Vec<ID>>,
        #[graphql(desc = "From this supplier.")] supplier_id: Option<ID>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<PurchaseOrderConnection> {
        let filter = PurchaseOrderFilter {
            states: states.map(|states| states.into_iter().map(Into::into).collect()),
            location_ids: location_ids.map(|ids| uuids(Kind::Location, &ids)),
            supplier_id: supplier_id.map(|id| uuid(Kind::Supplier, &id)),
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::purchase_orders(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| PurchaseOrder(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move {
                read::purchase_orders_count(&scope.store.read(), scope.actor()?, &filter).await
            }
        });
        Some(PurchaseOrderConnection::new(rows, count))
    }
}

#[derive(Default)]
pub(crate) struct PurchasingMutation;

#[Object]
impl PurchasingMutation {
    /// Write what is to be ordered; the supplier knows nothing of it yet. Needs `PURCHASING_WRITE`.
    async fn purchase_order_create(
        &self,
        ctx: &Context<'_>,
        input: PurchaseOrderCreateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PurchaseOrderPayload> {
        let command = CreatePurchaseOrder {
            supplier_id: uuid(Kind::Supplier, &input.supplier_id),
            location_id: uuid(Kind::Location, &input.location_id),
            lines: input.lines.into_iter().map(Into::into).collect(),
            expected_at: input.expected_at.map(|at| at.0),
            exchange_rate: input.exchange_rate.map(|rate| rate.0),
        };
        let done =
            async { create(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// A later `expectedAt` moves the promises of the backorders that wait for it. Needs `PURCHASING_WRITE`.
    async fn purchase_order_update(
        &self,
        ctx: &Context<'_>,
        input: PurchaseOrderUpdateInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PurchaseOrderPayload> {
        let command = UpdatePurchaseOrder {
            which: which(&input.purchase_order_id, input.expected_version),
            lines: input.lines.map(|lines| lines.into_iter().map(Into::into).collect()),
            expected_at: input.expected_at.map(|at| at.0),
            exchange_rate: input.exchange_rate.map(|rate| rate.0),
        };
        let done =
            async { update(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// It is sent to the supplier: its goods are `incoming`, and backorders are promised by them. Needs `PURCHASING_WRITE`.
    async fn purchase_order_place(
        &self,
        ctx: &Context<'_>,
        input: PurchaseOrderIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PurchaseOrderPayload> {
        let command = input.into();
        let done =
            async { place(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// Receipts fill the oldest backorders first. Needs `STOCK_WRITE`; who may not read purchase orders is answered with
    /// none.
    async fn purchase_order_receive(
        &self,
        ctx: &Context<'_>,
        input: PurchaseOrderReceiveInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PurchaseOrderPayload> {
        let list = |lines: Option<Vec<SkuQuantityInput>>| {
            lines.into_iter().flatten().map(Into::into).collect()
        };
        let command = ReceivePurchaseOrder {
            which: which(&input.purchase_order_id, input.expected_version),
            lines: list(Some(input.lines)),
            damaged: list(input.damaged),
            quality_hold: list(input.quality_hold),
            complete: input.complete.unwrap_or(false),
        };
        let done =
            async { receive(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }

    /// It is called off before anything came. Needs `PURCHASING_WRITE`.
    async fn purchase_order_cancel(
        &self,
        ctx: &Context<'_>,
        input: PurchaseOrderIdInput,
        #[graphql(
            desc = "The same key and input again answer the same and change nothing; 1 to 255 characters."
        )]
        idempotency_key: Option<String>,
    ) -> Option<PurchaseOrderPayload> {
        let command = input.into();
        let done =
            async { cancel(ctx.store(), ctx.call(idempotency_key.as_ref())?, &command).await };
        payload(ctx, done.await).await
    }
}

async fn payload(
    ctx: &Context<'_>,
    done: operations::Result<Uuid>,
) -> Option<PurchaseOrderPayload> {
    let (id, user_errors) = answer(ctx, done)?;
    let purchase_order = match id {
        Some(id) if ctx.may(Permission::PurchasingRead) => {
            ctx.loaders().purchase_order(id).await.or_null(ctx)?.map(PurchaseOrder)
        }
        // Whoever unpacks the goods need not know what they cost.
        Some(_) | None => None,
    };
    Some(PurchaseOrderPayload { purchase_order, user_errors })
}

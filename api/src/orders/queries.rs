//! Questions about orders.

use super::availability::{Availability, AvailabilityInput, availability};
use super::consolidate::{OrderGroupConnection, candidates};
use super::edit::{self, OrderEditInput, OrderEditPreview};
use super::types::{
    DETAILS, HoldReason, Order, OrderConnection, OrderFlagCode, OrderFulfillmentState,
    OrderPaymentState, OrderReturnState, OrderState, Prefetched,
};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, id, uuid, uuids};
use crate::loaders::grouped;
use crate::paging::{counted, page_args};
use crate::risk::types::RiskLevel;
use crate::scalars::{CountryCode, DateTime, DateTimeRange, Decimal, MoneyRange};
use async_graphql::{Context, Enum, ID, InputObject, Lookahead, Object, OneofObject};
use futures::future::try_join3;
use operations::Store;
use operations::orders::read::{self, Beside, ListedOrder, OrderBy, OrderFilter as Filter};
use operations::page::PageArgs;
use operations::permissions::Permission;
use operations::{fulfillment, payments};
use std::sync::Arc;
use uuid::Uuid;

/// One of several ways to name an order.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum OrderIdentifier {
    /// Its id.
    Id(ID),
    /// Its number.
    Number(String),
    /// What its channel calls it.
    ChannelReference(ChannelReferenceInput),
}

/// What a channel calls an order.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ChannelReferenceInput {
    /// The code of the channel.
    channel_code: String,
    /// The reference, as it was given.
    reference: String,
}

/// Which orders: every condition given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct OrderFilter {
    /// In one of these states.
    states: Option<Vec<OrderState>>,
    /// In one of these states of fulfillment.
    fulfillment_states: Option<Vec<OrderFulfillmentState>>,
    /// In one of these states of payment.
    payment_states: Option<Vec<OrderPaymentState>>,
    /// In one of these states of return.
    return_states: Option<Vec<OrderReturnState>>,
    /// Of one of these channels.
    channel_ids: Option<Vec<ID>>,
    /// With a fulfillment at one of these locations.
    location_ids: Option<Vec<ID>>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// Looked after by this user.
    assignee_id: Option<ID>,
    /// With one of these labels.
    tags: Option<Vec<String>>,
    /// With one of these flags.
    flags: Option<Vec<OrderFlagCode>>,
    /// Of one of these levels of risk. Needs `ORDERS_RISK`.
    risk_levels: Option<Vec<RiskLevel>>,
    /// Held, or not.
    on_hold: Option<bool>,
    /// With a hold that stands for one of these reasons.
    hold_reasons: Option<Vec<HoldReason>>,
    /// Placed in this time.
    placed_at: Option<DateTimeRange>,
    /// Promised for this time.
    promised_by: Option<DateTimeRange>,
    /// With a grand total in this range, each in its own currency.
    grand_total: Option<MoneyRange>,
    /// With a line of this SKU.
    sku: Option<String>,
    /// Shipped to one of these countries.
    country_codes: Option<Vec<CountryCode>>,
}

/// How orders are sorted; the id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "read::OrderSort")]
pub(crate) enum OrderSort {
    /// Newest first.
    PlacedAtDesc,
    /// Oldest first.
    PlacedAtAsc,
    /// Largest grand total first, by minor units.
    GrandTotalDesc,
    /// Promised soonest first; without a promise last.
    PromisedByAsc,
}

fn kinds<A, B: From<A>>(values: Option<Vec<A>>) -> Option<Vec<B>> {
    values.map(|values| values.into_iter().map(B::from).collect())
}

impl From<OrderFilter> for Filter {
    fn from(filter: OrderFilter) -> Self {
        filter.with_search(None)
    }
}

impl From<Filter> for OrderFilter {
    fn from(filter: Filter) -> Self {
        let moments = |from: Option<time::OffsetDateTime>, to: Option<time::OffsetDateTime>| {
            let range = DateTimeRange { from: from.map(DateTime), to: to.map(DateTime) };
            (from.is_some() || to.is_some()).then_some(range)
        };
        let (min, max) = (filter.total_min.map(Decimal), filter.total_max.map(Decimal));
        let ids = |kind: Kind, ids: Option<Vec<Uuid>>| -> Option<Vec<ID>> {
            ids.map(|ids| ids.into_iter().map(|one| id(kind, one)).collect())
        };
        let codes = |codes: Vec<String>| codes.into_iter().map(CountryCode).collect();
        Self {
            states: kinds(filter.states),
            fulfillment_states: kinds(filter.fulfillment_states),
            payment_states: kinds(filter.payment_states),
            return_states: kinds(filter.return_states),
            channel_ids: ids(Kind::Channel, filter.channel_ids),
            location_ids: ids(Kind::Location, filter.location_ids),
            customer_id: filter.customer_id.map(|one| id(Kind::Customer, one)),
            assignee_id: filter.assignee_id.map(|one| id(Kind::User, one)),
            tags: filter.tags,
            flags: kinds(filter.flags),
            risk_levels: kinds(filter.risk_levels),
            on_hold: filter.on_hold,
            hold_reasons: kinds(filter.hold_reasons),
            placed_at: moments(filter.placed_from, filter.placed_to),
            promised_by: moments(filter.promised_from, filter.promised_to),
            grand_total: (min.is_some() || max.is_some()).then_some(MoneyRange { min, max }),
            sku: filter.sku,
            country_codes: filter.country_codes.map(codes),
        }
    }
}

impl OrderFilter {
    fn with_search(self, search: Option<String>) -> Filter {
        let (placed_from, placed_to) = DateTimeRange::ends(self.placed_at.as_ref());
        let (promised_from, promised_to) = DateTimeRange::ends(self.promised_by.as_ref());
        let total = self.grand_total.unwrap_or_default();
        let codes = |codes: Vec<CountryCode>| {
            codes.into_iter().map(|code| code.0.to_ascii_uppercase()).collect()
        };
        Filter {
            states: kinds(self.states),
            fulfillment_states: kinds(self.fulfillment_states),
            payment_states: kinds(self.payment_states),
            return_states: kinds(self.return_states),
            channel_ids: self.channel_ids.map(|ids| uuids(Kind::Channel, &ids)),
            location_ids: self.location_ids.map(|ids| uuids(Kind::Location, &ids)),
            customer_id: self.customer_id.map(|id| uuid(Kind::Customer, &id)),
            assignee_id: self.assignee_id.map(|id| uuid(Kind::User, &id)),
            tags: self.tags,
            flags: kinds(self.flags),
            risk_levels: kinds(self.risk_levels),
            on_hold: self.on_hold,
            hold_reasons: kinds(self.hold_reasons),
            placed_from,
            placed_to,
            promised_from,
            promised_to,
            total_min: total.min.map(|amount| amount.0),
            total_max: total.max.map(|amount| amount.0),
            sku: self.sku,
            country_codes: self.country_codes.map(codes),
            search: search.filter(|text| !text.trim().is_empty()),
        }
    }
}

#[derive(Default)]
pub(crate) struct OrderQuery;

#[Object]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
impl OrderQuery {
    /// An order; null where there is none within reach. Needs `ORDERS_READ`.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: OrderIdentifier,
    ) -> Option<Order> {
        let by = match by {
            OrderIdentifier::Id(id) => OrderBy::Id(uuid(Kind::Order, &id)),
            OrderIdentifier::Number(number) => OrderBy::Number(number),
            OrderIdentifier::ChannelReference(of) => {
                OrderBy::Reference(of.channel_code, of.reference)
            }
        };
        let wanted = Wanted::of(ctx, &ctx.look_ahead());
        let found = async {
            let found = read::order(&ctx.read(), ctx.actor()?, &by, wanted.beside()).await?;
            wanted.load(ctx.store(), found.into_iter().collect()).await
        };
        found.await.or_null(ctx)?.pop()
    }

    /// What can be sold and by when, before an order exists: planned as `orderPlace` would, and held by nothing. What an
    /// order would be refused for is `BAD_INPUT` here. Needs `STOCK_READ`.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What somebody would like to order.")] input: AvailabilityInput,
    ) -> Option<Availability> {
        availability(ctx, input).await
    }

    /// Open orders of one customer to one address by one service, placed within 24 hours of each other and not yet picked,
    /// that could ship together from one location: those flagged `CONSOLIDATABLE`. Needs `ORDERS_READ`.
    async fn consolidation_candidates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that wait at one of these locations.")] location_ids: Option<
            Vec<ID>,
        >,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<OrderGroupConnection> {
        candidates(ctx, location_ids, page_args(first, after, last, before)).await
    }

    /// What an edit would do, to the cent: it is tried and undone. Needs `ORDERS_WRITE`.
    async fn order_edit_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The edit to look at.")] input: OrderEditInput,
    ) -> Option<OrderEditPreview> {
        edit::preview(ctx, input).await
    }

    /// Orders within reach. `search` finds those where every word begins the order number, the channel reference, a word
    /// of the customer's name or company, the email, the phone number, a SKU or the number of a parcel; phone numbers and
    /// numbers of parcels may be typed with blanks and signs. Needs `ORDERS_READ`.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<OrderFilter>,
        #[graphql(desc = "Up to six words, 200 characters.")] search: Option<String>,
        #[graphql(desc = "Newest first by default.")] sort: Option<OrderSort>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor, of a list with the same sort.")] after: Option<
            String,
        >,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor, of a list with the same sort.")] before: Option<
            String,
        >,
    ) -> Option<OrderConnection> {
        let filter = filter.unwrap_or_default().with_search(search);
        let sort = sort.map(read::OrderSort::from).unwrap_or_default();
        listed(ctx, (filter, sort), page_args(first, after, last, before)).await
    }
}

impl OrderFilter {
    /// The same of one customer: none where it names another.
    pub(crate) fn of_customer(self, customer: Uuid) -> Filter {
        let filter = self.with_search(None);
        let other = filter.customer_id.is_some_and(|named| named != customer);
        Filter { customer_id: Some(if other { Uuid::nil() } else { customer }), ..filter }
    }
}

/// A page of orders, with what is selected below them.
pub(crate) async fn listed(
    ctx: &Context<'_>,
    (filter, sort): (Filter, read::OrderSort),
    page: PageArgs,
) -> Option<OrderConnection> {
    let filter = Arc::new(filter);
    let ahead = ctx.look_ahead();
    let wanted = Wanted::of(ctx, &ahead.field("nodes"))
        .or(Wanted::of(ctx, &ahead.field("edges").field("node")));
    let rows = async {
        let (read, actor) = (ctx.read(), ctx.actor()?);
        let mut page = read::orders(&read, actor, &filter, sort, &page, wanted.beside()).await?;
        let rows = std::mem::take(&mut page.rows);
        let (cursors, listed): (Vec<String>, Vec<ListedOrder>) = rows.into_iter().unzip();
        let orders = wanted.load(ctx.store(), listed).await?;
        Ok::<_, operations::Error>(operations::page::Rows {
            rows: cursors.into_iter().zip(orders).collect(),
            has_next_page: page.has_next_page,
            has_previous_page: page.has_previous_page,
        })
    };
    let rows = rows.await.or_null(ctx)?;
    let count = counted(ctx, move |scope| {
        let filter = filter.clone();
        async move { read::orders_count(&scope.store.read(), scope.actor()?, &filter).await }
    });
    Some(OrderConnection::new(rows, count))
}

/// What a client selects below orders that can be loaded together with them: one statement each,
/// side by side, instead of one after the other.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    details: bool,
    customer: bool,
    lines: bool,
    payments: bool,
    fulfillments: bool,
}

impl Wanted {
    fn of(ctx: &Context<'_>, order: &Lookahead<'_>) -> Self {
        let asks = |field: &str| order.field(field).exists();
        Self {
            details: DETAILS.iter().any(|field| asks(field)),
            customer: asks("customer") && ctx.may(Permission::CustomersRead),
            lines: asks("lines"),
            payments: asks("payments") && ctx.may(Permission::PaymentsRead),
            fulfillments: asks("fulfillments") && ctx.may(Permission::FulfillmentRead),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            details: self.details || other.details,
            customer: self.customer || other.customer,
            lines: self.lines || other.lines,
            payments: self.payments || other.payments,
            fulfillments: self.fulfillments || other.fulfillments,
        }
    }

    fn beside(self) -> Beside {
        Beside { details: self.details, customer: self.customer }
    }

    async fn load(self, store: &Store, rows: Vec<ListedOrder>) -> operations::Result<Vec<Order>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.order.id).collect();
        let ids = ids.as_slice();
        let none = ids.is_empty();
        let lines = async {
            if none || !self.lines {
                return Ok(None);
            }
            read::lines_of(&store.read(), ids)
                .await
                .map(|rows| Some(grouped(rows, |row| row.order_id)))
        };
        let payments = async {
            if none || !self.payments {
                return Ok(None);
            }
            let rows = payments::read::of_orders(&store.read(), ids).await?;
            Ok(Some(grouped(rows, |row| row.order_id)))
        };
        let fulfillments = async {
            if none || !self.fulfillments {
                return Ok(None);
            }
            let rows = fulfillment::read::of_orders(&store.read(), ids).await?;
            Ok(Some(grouped(rows, |row| row.0)))
        };
        let (mut lines, mut payments, mut fulfillments) =
            try_join3(lines, payments, fulfillments).await?;
        let orders = rows.into_iter().map(|row| {
            let id = row.order.id;
            let prefetched = Prefetched {
                details: row.details.map(Arc::new),
                customer: self.customer.then(|| row.customer.map(Arc::new)),
                lines: lines.as_mut().map(|all| all.remove(&id).unwrap_or_default()),
                payments: payments.as_mut().map(|all| all.remove(&id).unwrap_or_default()),
                fulfillments: fulfillments.as_mut().map(|all| all.remove(&id).unwrap_or_default()),
            };
            Order::with(row.order, prefetched)
        });
        Ok(orders.collect())
    }
}

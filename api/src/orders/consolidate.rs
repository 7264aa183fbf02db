//! `consolidationCandidates` and `ordersConsolidate`.

use super::types::Order;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull, UserError, answer};
use crate::fulfillment::types::Fulfillment;
use crate::ids::{Kind, uuids};
use crate::paging::{connection, counted};
use crate::scalars::{Address, int};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures::future::try_join_all;
use operations::orders::companions::{self, Group};
use operations::orders::consolidate::{self, ConsolidateOrders};
use operations::page::PageArgs;
use operations::permissions::Permission;
use std::sync::Arc;

/// Which orders are to ship together.
#[derive(Debug, InputObject)]
pub(crate) struct OrdersConsolidateInput {
    /// 2 to 20 orders.
    order_ids: Vec<ID>,
    /// Whether all but the one that was placed first are charged no shipping; by default they are charged.
    refund_shipping: Option<bool>,
}

/// What ships together now.
#[derive(SimpleObject)]
pub(crate) struct OrdersConsolidatePayload {
    /// The shared fulfillments, one for each location; null when refused.
    fulfillments: Option<Vec<Fulfillment>>,
    /// The orders, as they were named; null when refused.
    orders: Option<Vec<Order>>,
    /// Why it was refused, every fault at once; empty when it was not.
    user_errors: Vec<UserError>,
}

#[derive(Clone)]
pub(crate) struct OrderGroup(Arc<(Vec<Order>, usize)>);

/// Orders that could ship together. Needs `ORDERS_READ`.
#[Object]
impl OrderGroup {
    /// Whose they are. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Option<Customer> {
        self.0.0.first()?.customer(ctx).await.ok()?
    }

    /// Where they go; town, region and country alone without `CUSTOMERS_PII`.
    async fn shipping_address(&self, ctx: &Context<'_>) -> Result<Address, Failure> {
        let order = self.0.0.first();
        let address = match order {
            Some(order) => order.shipping_address(ctx).await.ok().flatten(),
            None => None,
        };
        crate::context::present(address)
    }

    /// At least two, the first placed first.
    async fn orders(&self) -> Vec<Order> {
        self.0.0.clone()
    }

    /// Parcels that would not be sent.
    async fn saved_parcels(&self) -> i32 {
        int(i64::try_from(self.0.1).unwrap_or(i64::MAX))
    }
}

connection!(OrderGroupConnection, OrderGroupEdge, OrderGroup, "groups of orders");

impl From<Group> for OrderGroup {
    fn from(group: Group) -> Self {
        let orders = group.orders.into_iter().map(Order::unwritten).collect();
        Self(Arc::new((orders, group.saved_parcels)))
    }
}

pub(super) async fn candidates(
    ctx: &Context<'_>,
    location_ids: Option<Vec<ID>>,
    page: PageArgs,
) -> Option<OrderGroupConnection> {
    let locations = location_ids.map(|ids| uuids(Kind::Location, &ids)).map(Arc::new);
    let rows = async {
        let ids = locations.as_ref().map(|ids| ids.as_slice());
        companions::candidates(&ctx.read(), ctx.actor()?, ids, &page).await
    };
    let rows = rows.await.or_null(ctx)?;
    let count = counted(ctx, move |scope| {
        let locations = locations.clone();
        async move {
            let ids = locations.as_ref().map(|ids| ids.as_slice());
            companions::candidates_count(&scope.store.read(), scope.actor()?, ids).await
        }
    });
    Some(OrderGroupConnection::new(rows.map(OrderGroup::from), count))
}

pub(super) async fn consolidate(
    ctx: &Context<'_>,
    input: OrdersConsolidateInput,
    key: Option<String>,
) -> Option<OrdersConsolidatePayload> {
    let command = ConsolidateOrders {
        order_ids: uuids(Kind::Order, &input.order_ids),
        refund_shipping: input.refund_shipping.unwrap_or(false),
    };
    let done =
        async { consolidate::consolidate(ctx.store(), ctx.call(key.as_ref())?, &command).await };
    let (done, user_errors) = answer(ctx, done.await)?;
    let (mut fulfillments, mut orders) = (None, None);
    if let Some(done) = done {
        if ctx.may(Permission::FulfillmentRead) {
            let loads = done.fulfillments.iter().map(|id| ctx.loaders().fulfillment(*id));
            let rows = try_join_all(loads).await.or_null(ctx)?;
            fulfillments = Some(rows.into_iter().flatten().map(Fulfillment).collect());
        }
        if ctx.may(Permission::OrdersRead) {
            let loads = done.orders.iter().map(|id| Order::load(ctx, *id));
            let rows = try_join_all(loads).await.or_null(ctx)?;
            orders = Some(rows.into_iter().flatten().collect());
        }
    }
    Some(OrdersConsolidatePayload { fulfillments, orders, user_errors })
}

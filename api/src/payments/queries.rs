//! Questions about payments.

use super::requests::{RefundRequest, RefundRequestConnection, RefundRequestState};
use super::types::{CashPosition, Payment, PaymentConnection, PaymentState};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use crate::scalars::{DateTime, DateTimeRange};
use async_graphql::{Context, ID, InputObject, Object};
use operations::payments::read;
use std::sync::Arc;

/// Which payments: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct PaymentFilter {
    /// In these states.
    states: Option<Vec<PaymentState>>,
    /// Obtained by this provider.
    provider: Option<String>,
    /// That the provider calls this.
    provider_reference: Option<String>,
    /// Paid like this, such as `card`.
    methods: Option<Vec<String>>,
    /// First captured in this time.
    captured_at: Option<DateTimeRange>,
    /// With something authorized and open that ends before this moment.
    expiring_before: Option<DateTime>,
    /// Of this order.
    order_id: Option<ID>,
    /// With their cash there.
    cash: Option<Vec<CashPosition>>,
}

#[derive(Default)]
pub(crate) struct PaymentQuery;

#[Object]
impl PaymentQuery {
    /// Payments of orders within reach, newest first. Needs `PAYMENTS_READ`.
    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<PaymentFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<PaymentConnection> {
        let filter = filter.unwrap_or_default();
        let (from, to) = DateTimeRange::ends(filter.captured_at.as_ref());
        let filter = read::PaymentFilter {
            states: filter.states.map(|states| states.into_iter().map(Into::into).collect()),
            provider: filter.provider,
            provider_reference: filter.provider_reference,
            methods: filter.methods,
            captured_from: from,
            captured_before: to,
            expiring_before: filter.expiring_before.map(|at| at.0),
            order_id: filter.order_id.map(|id| uuid(Kind::Order, &id)),
            cash: filter.cash.map(|cash| cash.into_iter().map(Into::into).collect()),
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::payments(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Payment(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::payments_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(PaymentConnection::new(rows, count))
    }

    /// Refunds that were asked of somebody else, within reach, newest first. Needs `PAYMENTS_READ`.
    async fn refund_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<RefundRequestState>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<RefundRequestConnection> {
        let states: Option<Vec<entities::enums::RefundRequestState>> =
            states.map(|states| states.into_iter().map(Into::into).collect());
        let page = page_args(first, after, last, before);
        let rows = async {
            read::refund_requests(&ctx.read(), ctx.actor()?, states.as_deref(), &page).await
        };
        let rows = rows.await.or_null(ctx)?.map(|row| RefundRequest(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let states = states.clone();
            async move {
                let (db, actor) = (scope.store.read(), scope.actor()?);
                read::refund_requests_count(&db, actor, states.as_deref()).await
            }
        });
        Some(RefundRequestConnection::new(rows, count))
    }
}

//! Questions about invoices and credit notes.

use super::types::{Invoice, InvoiceConnection, InvoiceKind};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use crate::scalars::DateTimeRange;
use async_graphql::{Context, ID, InputObject, Object};
use operations::invoices::read;
use std::sync::Arc;

/// Which invoices and credit notes: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct InvoiceFilter {
    /// With this number.
    number: Option<String>,
    /// Of these kinds.
    kinds: Option<Vec<InvoiceKind>>,
    /// Issued in this time.
    issued_at: Option<DateTimeRange>,
    /// Whether something is owed beyond the moment at which it was due.
    overdue: Option<bool>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// Of this order.
    order_id: Option<ID>,
}

#[derive(Default)]
pub(crate) struct InvoiceQuery;

#[Object]
impl InvoiceQuery {
    /// Invoices and credit notes within reach, newest first. Needs `PAYMENTS_READ`.
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<InvoiceFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<InvoiceConnection> {
        let filter = filter.unwrap_or_default();
        let (from, to) = DateTimeRange::ends(filter.issued_at.as_ref());
        let filter = read::InvoiceFilter {
            number: filter.number,
            kinds: filter.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            from,
            before: to,
            overdue: filter.overdue,
            customer_id: filter.customer_id.map(|id| uuid(Kind::Customer, &id)),
            order_id: filter.order_id.map(|id| uuid(Kind::Order, &id)),
        };
        let page = page_args(first, after, last, before);
        let rows = async { read::invoices(&ctx.read(), ctx.actor()?, &filter, &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Invoice(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let filter = filter.clone();
            async move { read::invoices_count(&scope.store.read(), scope.actor()?, &filter).await }
        });
        Some(InvoiceConnection::new(rows, count))
    }
}

//! Questions about returns.

use super::mutations::ReturnRequestInput;
use super::types::{
    RefundQuote, Return, ReturnConnection, ReturnKind, ReturnPolicy, ReturnQuoteResult,
    ReturnReason, ReturnState,
};
use crate::context::Ask;
use crate::errors::{OrNull, answer, user_errors};
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use crate::scalars::DateTimeRange;
use async_graphql::{Context, ID, InputObject, Object};
use operations::page::PageArgs;
use operations::returns::policy::return_policies;
use operations::returns::read;
use operations::returns::request::return_quote;
use std::sync::Arc;

/// Which returns: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ReturnFilter {
    /// Of this number.
    number: Option<String>,
    /// Of the parcel on its way back.
    tracking_number: Option<String>,
    /// In these states.
    states: Option<Vec<ReturnState>>,
    /// Of these kinds.
    kinds: Option<Vec<ReturnKind>>,
    /// With a line for one of these reasons.
    reasons: Option<Vec<ReturnReason>>,
    /// Of this order.
    order_id: Option<ID>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// At these locations.
    location_ids: Option<Vec<ID>>,
    /// Whether the money should have been back by now.
    overdue: Option<bool>,
    /// Declared in this time.
    requested_at: Option<DateTimeRange>,
}

impl From<ReturnFilter> for read::ReturnFilter {
    fn from(filter: ReturnFilter) -> Self {
        let (requested_from, requested_before) = DateTimeRange::ends(filter.requested_at.as_ref());
        Self {
            number: filter.number,
            tracking_number: filter.tracking_number,
            states: filter.states.map(|states| states.into_iter().map(Into::into).collect()),
            kinds: filter.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
            reasons: filter.reasons.map(|reasons| reasons.into_iter().map(Into::into).collect()),
            order_id: filter.order_id.map(|id| uuid(Kind::Order, &id)),
            customer_id: filter.customer_id.map(|id| uuid(Kind::Customer, &id)),
            location_ids: filter
                .location_ids
                .map(|ids| ids.iter().map(|id| uuid(Kind::Location, id)).collect()),
            overdue: filter.overdue,
            requested_from,
            requested_before,
        }
    }
}

#[derive(Default)]
pub(crate) struct ReturnQuery;

#[Object]
impl ReturnQuery {
    /// A return within reach. Needs `RETURNS_READ`.
    #[graphql(name = "return")]
    async fn one(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Option<Return> {
        ctx.loaders().return_row(uuid(Kind::Return, &id)).await.or_null(ctx)?.map(Return)
    }

    /// Returns within reach, newest first. Needs `RETURNS_READ`.
    async fn returns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ReturnFilter>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<ReturnConnection> {
        let filter = filter.unwrap_or_default().into();
        listed(ctx, filter, page_args(first, after, last, before)).await
    }

    /// What may come back, until when, at whose cost: the policies within reach, highest priority first. Needs `RETURNS_READ`.
    async fn return_policies(&self, ctx: &Context<'_>) -> Option<Vec<ReturnPolicy>> {
        let rows = async { return_policies(&ctx.read(), ctx.actor()?).await };
        Some(rows.await.or_null(ctx)?.into_iter().map(|row| ReturnPolicy(Arc::new(row))).collect())
    }

    /// What a return would be worth and whether policy allows it, before anyone asks for it. `overridePolicy` is not looked at. Needs
    /// `RETURNS_READ`.
    async fn return_quote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would be declared.")] input: ReturnRequestInput,
    ) -> Option<ReturnQuoteResult> {
        let command = input.into();
        let found = async { return_quote(&ctx.read(), ctx.actor()?, &command).await };
        let (found, refused) = answer(ctx, Box::pin(found).await)?;
        let Some(found) = found else {
            let none = (None, None);
            return Some(ReturnQuoteResult {
                allowed: false,
                policy: none.0,
                quote: none.1,
                user_errors: refused,
            });
        };
        Some(ReturnQuoteResult {
            allowed: found.refusals.is_empty(),
            policy: found.policy.map(|row| ReturnPolicy(Arc::new(row))),
            quote: Some(RefundQuote { quote: found.quote, currency: found.currency }),
            user_errors: user_errors(found.refusals),
        })
    }
}

/// A page of returns, newest first.
pub(crate) async fn listed(
    ctx: &Context<'_>,
    filter: read::ReturnFilter,
    page: PageArgs,
) -> Option<ReturnConnection> {
    let rows = async { read::returns(&ctx.read(), ctx.actor()?, &filter, &page).await };
    let rows = rows.await.or_null(ctx)?.map(|row| Return(Arc::new(row)));
    let count = counted(ctx, move |scope| {
        let filter = filter.clone();
        async move { read::returns_count(&scope.store.read(), scope.actor()?, &filter).await }
    });
    Some(ReturnConnection::new(rows, count))
}

//! Questions about cases.

use super::types::{Case, CaseConnection, CaseKind, CasePriority, CaseState};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::ids::{Kind, uuid};
use crate::paging::{counted, page_args};
use async_graphql::{Context, ID, InputObject, Object};
use operations::cases::read;
use operations::page::PageArgs;
use std::sync::Arc;

/// Which cases: every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct CaseFilter {
    /// In these states.
    states: Option<Vec<CaseState>>,
    /// Of these kinds.
    kinds: Option<Vec<CaseKind>>,
    /// As urgent as these.
    priorities: Option<Vec<CasePriority>>,
    /// Of this user.
    assignee_id: Option<ID>,
    /// Of nobody, or of somebody.
    unassigned: Option<bool>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// About this order.
    order_id: Option<ID>,
    /// Whether something should have been done by now.
    overdue: Option<bool>,
}

impl From<CaseFilter> for read::CaseFilter {
    fn from(filter: CaseFilter) -> Self {
        Self {
            states: filter.states.map(|all| all.into_iter().map(Into::into).collect()),
            kinds: filter.kinds.map(|all| all.into_iter().map(Into::into).collect()),
            priorities: filter.priorities.map(|all| all.into_iter().map(Into::into).collect()),
            assignee_id: filter.assignee_id.map(|id| uuid(Kind::User, &id)),
            unassigned: filter.unassigned,
            customer_id: filter.customer_id.map(|id| uuid(Kind::Customer, &id)),
            order_id: filter.order_id.map(|id| uuid(Kind::Order, &id)),
            overdue: filter.overdue,
        }
    }
}

#[derive(Default)]
pub(crate) struct CaseQuery;

#[Object]
impl CaseQuery {
    /// A case within reach. Needs `CASES_READ`.
    async fn case(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Option<Case> {
        ctx.loaders().case_row(uuid(Kind::Case, &id)).await.or_null(ctx)?.map(Case)
    }

    /// Cases within reach: where something has to be done first stands first, and last what waits for the customer or is over. `search` finds those
    /// where every word begins their number, a word of their subject, or a name, an email or a telephone number of their customer. Needs
    /// `CASES_READ`.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<CaseFilter>,
        #[graphql(desc = "Up to six words, 200 characters.")] search: Option<String>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<CaseConnection> {
        let filter = filter.unwrap_or_default().into();
        listed(ctx, (filter, search), page_args(first, after, last, before)).await
    }
}

/// A page of cases.
pub(crate) async fn listed(
    ctx: &Context<'_>,
    (filter, search): (read::CaseFilter, Option<String>),
    page: PageArgs,
) -> Option<CaseConnection> {
    let which = (&filter, search.as_deref());
    let rows = async { read::cases(&ctx.read(), ctx.actor()?, which, &page).await };
    let rows = rows.await.or_null(ctx)?.map(|row| Case(Arc::new(row)));
    let count = counted(ctx, move |scope| {
        let (filter, search) = (filter.clone(), search.clone());
        async move {
            let which = (&filter, search.as_deref());
            read::cases_count(&scope.store.read(), scope.actor()?, which).await
        }
    });
    Some(CaseConnection::new(rows, count))
}

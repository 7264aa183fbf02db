//! Questions about risk.

use super::back_test::{RiskBackTest, back_test};
use super::mutations::RiskRuleInput;
use super::types::{RiskList, RiskListEntry, RiskListEntryConnection, RiskRule};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::paging::{counted, page_args};
use crate::scalars::DateTimeRange;
use async_graphql::{Context, Object};
use operations::risk::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct RiskQuery;

#[Object]
impl RiskQuery {
    /// The rules about risk as they stand, in the order in which they are looked at. Needs `ORDERS_RISK`.
    async fn risk_rules(&self, ctx: &Context<'_>) -> Option<Vec<RiskRule>> {
        let rules = async { read::rules(&ctx.read(), ctx.actor()?).await };
        Some(rules.await.or_null(ctx)?.into_iter().map(Into::into).collect())
    }

    /// What a rule would have caught among past orders within reach, with what was known when each was placed, before it is
    /// switched on; the other rules as they stand. Lists and chargebacks are known as of today; imported history is not
    /// looked at. At most 5,000 orders, else `BAD_INPUT`. Needs `ORDERS_RISK`.
    async fn risk_back_test(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule as it might stand.")] input: RiskRuleInput,
        #[graphql(desc = "Orders placed in this time.")] placed_at: DateTimeRange,
    ) -> Option<RiskBackTest> {
        back_test(ctx, input, &placed_at).await
    }

    /// Who is known, the newest entry first; what expired or was removed is not there. Needs `ORDERS_RISK`.
    async fn risk_list_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this list; without it of both.")] list: Option<RiskList>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<RiskListEntryConnection> {
        let list = list.map(Into::into);
        let page = page_args(first, after, last, before);
        let rows = async { read::entries(&ctx.read(), ctx.actor()?, list, &page).await };
        let rows = rows.await.or_null(ctx)?;
        let count = counted(ctx, move |scope| async move {
            read::entries_count(&scope.store.read(), scope.actor()?, list).await
        });
        Some(RiskListEntryConnection::new(rows.map(|row| RiskListEntry(Arc::new(row))), count))
    }
}

//! Questions about disputes.

use super::types::{Dispute, DisputeConnection, DisputeState};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::paging::{counted, page_args};
use async_graphql::{Context, Object};
use operations::disputes::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct DisputeQuery;

#[Object]
impl DisputeQuery {
    /// Disputes within reach, newest first. Needs `PAYMENTS_READ`.
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In these states.")] states: Option<Vec<DisputeState>>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<DisputeConnection> {
        let states: Option<Vec<entities::enums::DisputeState>> =
            states.map(|states| states.into_iter().map(Into::into).collect());
        let page = page_args(first, after, last, before);
        let rows =
            async { read::disputes(&ctx.read(), ctx.actor()?, states.as_deref(), &page).await };
        let rows = rows.await.or_null(ctx)?.map(|row| Dispute(Arc::new(row)));
        let count = counted(ctx, move |scope| {
            let states = states.clone();
            async move {
                let (db, actor) = (scope.store.read(), scope.actor()?);
                read::disputes_count(&db, actor, states.as_deref()).await
            }
        });
        Some(DisputeConnection::new(rows, count))
    }
}

//! Who asks, and with what.

use super::types::{ApiToken, ApiTokenConnection, Role, User, UserConnection, Viewer};
use crate::context::Ask;
use crate::errors::OrNull;
use crate::paging::{counted, page_args};
use async_graphql::{Context, Object};
use operations::access::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Who asks and what it may do. Needs no permission, only a credential.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        ctx.actor().or_null(ctx)?;
        ctx.scope().actor.as_ref().map(Arc::clone).map(Viewer)
    }

    /// Users, newest first. Needs `ACCESS_MANAGE`.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Option<UserConnection> {
        let page = page_args(first, after, last, before);
        let rows = async {
            let rows = read::users(&ctx.read(), ctx.actor()?, &page).await?;
            Ok::<_, operations::Error>(rows.map(|row| User::new(Arc::new(row))))
        };
        let rows = rows.await.or_null(ctx)?;
        let count = counted(ctx, move |scope| async move {
            read::users_count(&scope.store.read(), scope.actor()?).await
        });
        Some(UserConnection::new(rows, count))
    }

    /// Every role, by name. Needs `ACCESS_MANAGE`.
    async fn roles(&self, ctx: &Context<'_>) -> Option<Vec<Role>> {
        let rows = async { read::roles(&ctx.read(), ctx.actor()?).await };
        let rows = rows.await.or_null(ctx)?;
        Some(rows.into_iter().map(|row| Role(Arc::new(row))).collect())
    }

    /// Partners' tokens, newest first. Needs `ACCESS_MANAGE`.
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Those that were withdrawn too; false by default.")]
        include_revoked: Option<bool>,
    ) -> Option<ApiTokenConnection> {
        let revoked = include_revoked.unwrap_or(false);
        let page = page_args(first, after, last, before);
        let rows = async {
            let rows = read::api_tokens(&ctx.read(), ctx.actor()?, revoked, &page).await?;
            Ok::<_, operations::Error>(rows.map(|row| ApiToken(Arc::new(row))))
        };
        let rows = rows.await.or_null(ctx)?;
        let count = counted(ctx, move |scope| async move {
            read::api_tokens_count(&scope.store.read(), scope.actor()?, revoked).await
        });
        Some(ApiTokenConnection::new(rows, count))
    }
}

//! Questions about webhooks.

use super::types::WebhookEndpoint;
use crate::context::Ask;
use crate::errors::OrNull;
use async_graphql::{Context, Object};
use operations::webhooks::read;
use std::sync::Arc;

#[derive(Default)]
pub(crate) struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// One's own webhook endpoints, newest first; everybody's with `ACCESS_MANAGE`. Needs `WEBHOOKS_MANAGE`.
    async fn webhook_endpoints(&self, ctx: &Context<'_>) -> Option<Vec<WebhookEndpoint>> {
        let rows = async { read::endpoints(&ctx.read(), ctx.actor()?).await };
        let rows = rows.await.or_null(ctx)?;
        Some(rows.into_iter().map(|row| WebhookEndpoint(Arc::new(row))).collect())
    }
}

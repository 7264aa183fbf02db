//! Who asks.

use super::types::Viewer;
use crate::context::Ask;
use crate::errors::OrNull;
use async_graphql::{Context, Object};
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
}

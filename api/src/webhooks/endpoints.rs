//! `webhookEndpointCreate`, `webhookEndpointUpdate`, `webhookSecretRotate` and `webhookEndpointDelete`.

use super::types::WebhookEndpoint;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::webhooks::endpoint_create::{CreateEndpoint, NewEndpointSecret, endpoint_create};
use operations::webhooks::endpoint_delete::endpoint_delete;
use operations::webhooks::endpoint_update::{UpdateEndpoint, endpoint_update};
use operations::webhooks::secret_rotate::{RotateSecret, secret_rotate};
use operations::webhooks::{Means, read};
use std::sync::Arc;
use uuid::Uuid;

/// An endpoint to make.
#[derive(InputObject)]
pub(crate) struct WebhookEndpointCreateInput {
    /// Where it is: `https://…`, without user name, password and fragment, at a public address; up to 2,000 characters.
    url: String,
    /// What it is for; up to 500 characters.
    description: Option<String>,
    /// The types of events it wants, 1 to 100; one may end in a wildcard: `payment.*`, or be `*` for every type.
    types: Vec<String>,
}

/// What to change of an endpoint; what is left out stays.
#[derive(InputObject)]
pub(crate) struct WebhookEndpointUpdateInput {
    /// The endpoint.
    webhook_endpoint_id: ID,
    /// Where it is.
    url: Option<String>,
    /// What it is for; up to 500 characters.
    description: Option<String>,
    /// The types of events it wants from now on.
    types: Option<Vec<String>>,
    /// Whether anything is sent. What happens while it is off is sent only by `webhookReplay`; what waited by then goes on
    /// when it is on again.
    active: Option<bool>,
}

/// An endpoint.
#[derive(InputObject)]
pub(crate) struct WebhookEndpointIdInput {
    /// The endpoint.
    pub(super) webhook_endpoint_id: ID,
}

/// An endpoint to give a new secret.
#[derive(InputObject)]
pub(crate) struct WebhookSecretRotateInput {
    /// The endpoint.
    webhook_endpoint_id: ID,
    /// How long both secrets sign, 0 to 86,400; 86,400 by default, 0 where the old one is known to others.
    overlap_seconds: Option<i32>,
}

/// What came of changing an endpoint.
#[derive(SimpleObject)]
pub(crate) struct WebhookEndpointPayload {
    /// The endpoint; null when refused.
    webhook_endpoint: Option<WebhookEndpoint>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of making a secret.
#[derive(SimpleObject)]
pub(crate) struct WebhookEndpointSecretPayload {
    /// The endpoint; null when refused.
    webhook_endpoint: Option<WebhookEndpoint>,
    /// What signs from now on, `whsec_…`, shown here and never again: a replay under the same idempotency key gives null.
    secret: Option<String>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

pub(super) async fn create(
    ctx: &Context<'_>,
    input: WebhookEndpointCreateInput,
    key: Option<String>,
) -> Option<WebhookEndpointSecretPayload> {
    let WebhookEndpointCreateInput { url, description, types } = input;
    let command = CreateEndpoint { url, description, types };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let means = ctx.data_unchecked::<Arc<Means>>();
    shown(ctx, endpoint_create(ctx.store(), means, call, &command).await).await
}

pub(super) async fn update(
    ctx: &Context<'_>,
    input: WebhookEndpointUpdateInput,
    key: Option<String>,
) -> Option<WebhookEndpointPayload> {
    let command = UpdateEndpoint {
        endpoint_id: uuid(Kind::WebhookEndpoint, &input.webhook_endpoint_id),
        url: input.url,
        description: input.description,
        types: input.types,
        active: input.active,
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let means = ctx.data_unchecked::<Arc<Means>>();
    let done = endpoint_update(ctx.store(), means, call, &command).await;
    let (id, user_errors) = answer(ctx, done)?;
    Some(WebhookEndpointPayload { webhook_endpoint: changed(ctx, id).await, user_errors })
}

pub(super) async fn rotate(
    ctx: &Context<'_>,
    input: WebhookSecretRotateInput,
    key: Option<String>,
) -> Option<WebhookEndpointSecretPayload> {
    let command = RotateSecret {
        endpoint_id: uuid(Kind::WebhookEndpoint, &input.webhook_endpoint_id),
        overlap_seconds: input.overlap_seconds.unwrap_or(86_400),
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let means = ctx.data_unchecked::<Arc<Means>>();
    shown(ctx, secret_rotate(ctx.store(), means, call, &command).await).await
}

pub(super) async fn delete(
    ctx: &Context<'_>,
    input: WebhookEndpointIdInput,
    key: Option<String>,
) -> Option<WebhookEndpointPayload> {
    let endpoint = uuid(Kind::WebhookEndpoint, &input.webhook_endpoint_id);
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let (id, user_errors) = answer(ctx, endpoint_delete(ctx.store(), call, endpoint).await)?;
    Some(WebhookEndpointPayload { webhook_endpoint: changed(ctx, id).await, user_errors })
}

async fn shown(
    ctx: &Context<'_>,
    made: operations::Result<NewEndpointSecret>,
) -> Option<WebhookEndpointSecretPayload> {
    let (made, user_errors) = answer(ctx, made)?;
    let (id, secret) = made.map(|made| (made.id, made.secret)).unzip();
    Some(WebhookEndpointSecretPayload {
        webhook_endpoint: changed(ctx, id).await,
        secret: secret.flatten(),
        user_errors,
    })
}

/// The endpoint that the asker just changed, or took away.
async fn changed(ctx: &Context<'_>, id: Option<Uuid>) -> Option<WebhookEndpoint> {
    let row = read::changed(&ctx.read(), id?).await.or_null(ctx)??;
    Some(WebhookEndpoint(Arc::new(row)))
}

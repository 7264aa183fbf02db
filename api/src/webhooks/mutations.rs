//! Endpoints are made, changed and taken away; what was missed is sent again.

use super::deliveries::{self, WebhookDeliveryPayload, WebhookReplayInput, WebhookReplayPayload};
use super::endpoints::{
    self, WebhookEndpointCreateInput, WebhookEndpointIdInput, WebhookEndpointPayload,
    WebhookEndpointSecretPayload, WebhookEndpointUpdateInput, WebhookSecretRotateInput,
};
use async_graphql::{Context, Object};

#[derive(Default)]
pub(crate) struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Makes an endpoint, which hears of what happens from now on as far as its maker may see it. The secret is shown once.
    /// An address that is internal or special, or whose name leads to one, is `INVALID`. Needs `WEBHOOKS_MANAGE`.
    async fn webhook_endpoint_create(
        &self,
        ctx: &Context<'_>,
        input: WebhookEndpointCreateInput,
        #[graphql(
            desc = "The same key again answers the same, without the secret, and changes nothing."
        )]
        idempotency_key: Option<String>,
    ) -> Option<WebhookEndpointSecretPayload> {
        endpoints::create(ctx, input, idempotency_key).await
    }

    /// Changes an endpoint. Needs `WEBHOOKS_MANAGE`; another's needs `ACCESS_MANAGE`, and may not be changed, tested or
    /// replayed by whoever may see less than its creator: `POLICY_VIOLATION`.
    async fn webhook_endpoint_update(
        &self,
        ctx: &Context<'_>,
        input: WebhookEndpointUpdateInput,
        #[graphql(desc = "The same key again answers the same and changes nothing.")]
        idempotency_key: Option<String>,
    ) -> Option<WebhookEndpointPayload> {
        endpoints::update(ctx, input, idempotency_key).await
    }

    /// Gives an endpoint a new secret, shown once; the old one signs beside it for a while. Needs `WEBHOOKS_MANAGE`;
    /// another's needs `ACCESS_MANAGE`.
    async fn webhook_secret_rotate(
        &self,
        ctx: &Context<'_>,
        input: WebhookSecretRotateInput,
        #[graphql(
            desc = "The same key again answers the same, without the secret, and changes nothing."
        )]
        idempotency_key: Option<String>,
    ) -> Option<WebhookEndpointSecretPayload> {
        endpoints::rotate(ctx, input, idempotency_key).await
    }

    /// Takes an endpoint away; what waited is not sent. Needs `WEBHOOKS_MANAGE`; another's needs `ACCESS_MANAGE`.
    async fn webhook_endpoint_delete(
        &self,
        ctx: &Context<'_>,
        input: WebhookEndpointIdInput,
        #[graphql(desc = "The same key again answers the same and changes nothing.")]
        idempotency_key: Option<String>,
    ) -> Option<WebhookEndpointPayload> {
        endpoints::delete(ctx, input, idempotency_key).await
    }

    /// Sends again what the endpoint wants from a range, with the ids of the first time; `onlyFailed` leaves out what
    /// arrived. Of any length: it is queued behind the call. `CURSOR_INVALID` and `CURSOR_EXPIRED` as in `events`. Needs `WEBHOOKS_MANAGE`;
    /// another's needs `ACCESS_MANAGE`.
    async fn webhook_replay(
        &self,
        ctx: &Context<'_>,
        input: WebhookReplayInput,
        #[graphql(desc = "The same key again answers the same and changes nothing.")]
        idempotency_key: Option<String>,
    ) -> Option<WebhookReplayPayload> {
        deliveries::replay(ctx, input, idempotency_key).await
    }

    /// Sends an event of the type `webhook_endpoint.tested` to the endpoint, whatever it wants. Needs `WEBHOOKS_MANAGE`; another's
    /// needs `ACCESS_MANAGE`.
    async fn webhook_test(
        &self,
        ctx: &Context<'_>,
        input: WebhookEndpointIdInput,
        #[graphql(desc = "The same key again answers the same and changes nothing.")]
        idempotency_key: Option<String>,
    ) -> Option<WebhookDeliveryPayload> {
        deliveries::test(ctx, input, idempotency_key).await
    }
}

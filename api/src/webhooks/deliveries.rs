//! `webhookTest` and `webhookReplay`.

use super::endpoints::WebhookEndpointIdInput;
use super::types::WebhookDelivery;
use crate::context::Ask;
use crate::errors::{OrNull, UserError, answer};
use crate::ids::{Kind, uuid};
use crate::scalars::{DateTime, int};
use async_graphql::{Context, ID, InputObject, SimpleObject};
use operations::webhooks::replay::{Replay, replay as send_again};
use operations::webhooks::test::test as send_test;

/// What to send again: what lies behind `afterCursor`, or what was written from `since` on; up to now without `until`.
#[derive(InputObject)]
pub(crate) struct WebhookReplayInput {
    /// To whom.
    webhook_endpoint_id: ID,
    /// What lies behind this cursor.
    after_cursor: Option<String>,
    /// What was written from this moment on; instead of a cursor.
    since: Option<DateTime>,
    /// And before this one; up to now without it.
    until: Option<DateTime>,
    /// These types alone, among those that the endpoint wants.
    types: Option<Vec<String>>,
    /// Whether what arrived is left out; false by default.
    only_failed: Option<bool>,
}

/// What came of sending again.
#[derive(SimpleObject)]
pub(crate) struct WebhookReplayPayload {
    /// How many events are sent again: queued behind the call, in the order of the log.
    queued: i32,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

/// What came of a test.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryPayload {
    /// The delivery, which is sent at once; ask for it again to see what came of it. Null when refused.
    delivery: Option<WebhookDelivery>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

pub(super) async fn replay(
    ctx: &Context<'_>,
    input: WebhookReplayInput,
    key: Option<String>,
) -> Option<WebhookReplayPayload> {
    let command = Replay {
        endpoint_id: uuid(Kind::WebhookEndpoint, &input.webhook_endpoint_id),
        after: input.after_cursor,
        since: input.since.map(|at| at.0),
        until: input.until.map(|at| at.0),
        types: input.types,
        only_failed: input.only_failed.unwrap_or(false),
    };
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let (queued, user_errors) = answer(ctx, send_again(ctx.store(), call, &command).await)?;
    Some(WebhookReplayPayload { queued: int(queued.unwrap_or(0)), user_errors })
}

pub(super) async fn test(
    ctx: &Context<'_>,
    input: WebhookEndpointIdInput,
    key: Option<String>,
) -> Option<WebhookDeliveryPayload> {
    let endpoint = uuid(Kind::WebhookEndpoint, &input.webhook_endpoint_id);
    let call = ctx.call(key.as_ref()).or_null(ctx)?;
    let (id, user_errors) = answer(ctx, send_test(ctx.store(), call, endpoint).await)?;
    let delivery = match id {
        Some(id) => ctx.loaders().webhook_delivery(id).await.or_null(ctx)?,
        None => None,
    };
    Some(WebhookDeliveryPayload { delivery: delivery.map(WebhookDelivery), user_errors })
}

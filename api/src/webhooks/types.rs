//! Webhooks as the schema shows them.

use crate::access::types::ActorRef;
use crate::context::{Ask, present};
use crate::errors::Failure;
use crate::events::types::Event;
use crate::ids::{Kind, id};
use crate::paging::{connection, counted, page_args};
use crate::scalars::DateTime;
use async_graphql::{Context, Enum, ID, Object};
use entities::{enums, webhook_delivery, webhook_endpoint};
use operations::webhooks::{read, types_of};
use std::sync::Arc;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "enums::WebhookDeliveryState")]
pub(crate) enum WebhookDeliveryState {
    /// To be sent, or sent again.
    Pending,
    /// The receiver answered 200 to 299.
    Delivered,
    /// Given up: after twelve tries over three days, after 410, or since its creator may no longer see the event.
    /// `webhookReplay` sends it again.
    Failed,
}

#[derive(Clone)]
pub(crate) struct WebhookEndpoint(pub(crate) Arc<webhook_endpoint::Model>);

/// Where a partner hears of events: a POST for each, signed by the Standard Webhooks scheme
/// (<https://www.standardwebhooks.com/>), at least once, in order for each subject. The body is
/// `{ id, type, at, subjectId, cursor, data }` of the event; `webhook-id` is the delivery's id and stays over every
/// try. Sent is only what its creator may see at that moment. Any status but 200 to 299 is a failure, as is a redirect or
/// no answer in 15 seconds; it is tried again after 5 seconds, then six times as long each time up to 12 hours, twelve times over three
/// days; 410 switches the endpoint off. Needs `WEBHOOKS_MANAGE`; others' endpoints need `ACCESS_MANAGE`.
#[Object]
impl WebhookEndpoint {
    /// Its id, `whe_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::WebhookEndpoint, self.0.id)
    }

    /// Where it is.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The types of events it wants, wildcards as they were given.
    async fn types(&self) -> Vec<String> {
        types_of(&self.0.types)
    }

    /// Whether anything is sent.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Why it was switched off, where nobody did so by hand.
    async fn disabled_because(&self) -> Option<&str> {
        self.0.disabled_because.as_deref()
    }

    /// Whose rights and reach decide what is sent.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.created_by_kind, self.0.created_by_id).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What was sent and is to be sent, newest first: of events that the asker may see. Those that ended are kept for 30 days.
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that stand so; all without it.")] states: Option<
            Vec<WebhookDeliveryState>,
        >,
        #[graphql(desc = "Rows from the front, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the back, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<WebhookDeliveryConnection, Failure> {
        let page = page_args(first, after, last, before);
        let states: Option<Vec<enums::WebhookDeliveryState>> =
            states.map(|states| states.into_iter().map(Into::into).collect());
        let endpoint = self.0.id;
        let rows =
            read::deliveries(&ctx.read(), ctx.actor()?, endpoint, states.as_deref(), &page).await?;
        let count = counted(ctx, move |scope| {
            let states = states.clone();
            async move {
                let (db, actor) = (scope.store.read(), scope.actor()?);
                read::deliveries_count(&db, actor, endpoint, states.as_deref()).await
            }
        });
        Ok(WebhookDeliveryConnection::new(rows.map(|row| WebhookDelivery(Arc::new(row))), count))
    }
}

#[derive(Clone)]
pub(crate) struct WebhookDelivery(pub(crate) Arc<webhook_delivery::Model>);

/// One event for one endpoint. Needs `WEBHOOKS_MANAGE`, and what its event needs.
#[Object]
impl WebhookDelivery {
    /// Its id, `whd_…`: the `webhook-id` of every try.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::WebhookDelivery, self.0.id)
    }

    /// Where it goes.
    async fn endpoint(&self, ctx: &Context<'_>) -> Result<WebhookEndpoint, Failure> {
        Ok(WebhookEndpoint(present(ctx.loaders().webhook_endpoint(self.0.endpoint_id).await?)?))
    }

    /// What is sent.
    async fn event(&self, ctx: &Context<'_>) -> Result<Event, Failure> {
        Ok(Event(present(ctx.loaders().event(self.0.event_id).await?)?))
    }

    /// Where it stands.
    async fn state(&self) -> WebhookDeliveryState {
        self.0.state.into()
    }

    /// Tries since it was last queued; 12 at most.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// The HTTP status of the last try; null where there was no answer.
    async fn last_status(&self) -> Option<i32> {
        self.0.last_status
    }

    /// Why the last try failed.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// When it is tried next; null where it is over, or an earlier one about the same subject waits.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        self.0.next_attempt_at.map(DateTime)
    }

    /// When it arrived.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.0.delivered_at.map(DateTime)
    }
}

connection!(
    WebhookDeliveryConnection,
    WebhookDeliveryEdge,
    WebhookDelivery,
    "deliveries to webhooks"
);

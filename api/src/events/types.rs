//! Events as the schema shows them.

use crate::access::types::{ActorRef, Permission as PermissionEnum};
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, encode_prefixed, id};
use crate::node::Node;
use crate::orders::types::Order;
use crate::paging::connection;
use crate::scalars::DateTime;
use async_graphql::{Context, ID, Object, SimpleObject};
use operations::events::shape::{Field, Shape};
use operations::events::{EventKind, LoggedEvent};
use operations::permissions::Permission;
use serde_json::Value as Json;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Event(pub(crate) Arc<LoggedEvent>);

/// Written in the same transaction as the change it tells of. Types are dotted and past tense:
/// order.placed, stock.reserved, payment.captured. Each type needs a permission of its own.
#[Object]
impl Event {
    /// Its id, `evt_…`.
    pub(crate) async fn id(&self) -> ID {
        id(Kind::Event, self.0.row.id)
    }

    /// Its place in the log; opaque. Every subscription and `events` go on behind it.
    async fn cursor(&self) -> String {
        self.0.cursor()
    }

    /// What happened, such as `order.placed`.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.row.kind
    }

    /// When it happened in the world.
    async fn at(&self) -> DateTime {
        DateTime(self.0.row.at)
    }

    /// Who did it.
    async fn actor(&self, ctx: &Context<'_>) -> Result<ActorRef, Failure> {
        ActorRef::load(ctx, self.0.row.actor_kind, self.0.row.actor_id).await
    }

    /// What it is about.
    async fn subject_id(&self) -> ID {
        ID(encode_prefixed(&self.0.row.subject_type, self.0.row.subject_id))
    }

    /// What it is about, where that is within reach.
    async fn subject(&self, ctx: &Context<'_>) -> Option<Node> {
        let subject = encode_prefixed(&self.0.row.subject_type, self.0.row.subject_id);
        Node::load(ctx, &subject).await.or_null(ctx)?
    }

    /// One sentence for a timeline, in English.
    async fn summary(&self) -> String {
        self.0.summary()
    }

    /// The order it belongs to. Needs `ORDERS_READ`.
    async fn order(&self, ctx: &Context<'_>) -> Option<Order> {
        Order::load(ctx, self.0.row.order_id?).await.or_null(ctx)?
    }

    /// The customer it belongs to. Needs `CUSTOMERS_READ`.
    async fn customer(&self, ctx: &Context<'_>) -> Option<Customer> {
        let id = self.0.row.customer_id?;
        let actor = ctx.actor().or_null(ctx)?;
        actor.require(Permission::CustomersRead).or_null(ctx)?;
        // One that was made one with another leads to the other.
        match ctx.loaders().customer(id).await.or_null(ctx)? {
            Some(row) if row.merged_into.is_some() => {
                ctx.loaders().customer_in_reach(id).await.or_null(ctx)?.map(Customer)
            }
            found => found.map(Customer),
        }
    }

    /// What changed, as `eventTypes` declares it for the type; names people by id only.
    async fn data(&self) -> Json {
        data_of(&self.0)
    }

    /// The request that caused it.
    async fn request_id(&self) -> Option<&str> {
        self.0.row.request_id.as_deref()
    }
}

/// The data of an event, its ids as the API has them.
pub(crate) fn data_of(event: &LoggedEvent) -> Json {
    let mut data = event.row.data.clone();
    let kind = EventKind::named(&event.row.kind);
    for field in kind.into_iter().flat_map(|kind| kind.fields) {
        if let Shape::Id(prefix) = field.shape
            && let Some(value) = data.get_mut(field.name)
            && let Some(id) = value.as_str().and_then(|text| text.parse().ok())
        {
            *value = encode_prefixed(prefix, id).into();
        }
    }
    data
}

/// A type of event.
pub(crate) struct EventType(pub(crate) &'static EventKind);

/// A type of event: what it means, who may see it, and what its data holds.
#[Object]
impl EventType {
    /// Its name: dotted and past tense, such as `order.placed`.
    async fn name(&self) -> &str {
        self.0.name
    }

    /// What happened.
    async fn description(&self) -> &str {
        self.0.description
    }

    /// What an actor needs to see events of this type; those of `webhook_endpoint.*` are seen by whoever did it, too.
    async fn permission(&self) -> PermissionEnum {
        self.0.permission.into()
    }

    /// What `Event.data` holds, and nothing else.
    async fn fields(&self) -> Vec<EventField> {
        let field = |field: &Field| EventField {
            name: field.name,
            kind: field.shape.name(),
            nullable: field.nullable,
            description: field.meaning,
        };
        self.0.fields.iter().map(field).collect()
    }
}

/// One field of an event's data.
#[derive(SimpleObject)]
pub(crate) struct EventField {
    /// Its name.
    name: &'static str,
    /// What it holds, such as `String`, `Decimal` (in a text, in the currency beside it) or `ID (ord_…)`.
    #[graphql(name = "type")]
    kind: String,
    /// Whether it may be null or left out.
    nullable: bool,
    /// What it means.
    description: &'static str,
}

connection!(EventConnection, EventEdge, Event, "events");

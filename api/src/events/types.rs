//! Events as the schema shows them.

use crate::access::types::ActorRef;
use crate::context::Ask;
use crate::customers::types::Customer;
use crate::errors::{Failure, OrNull};
use crate::ids::{Kind, encode_prefixed, id};
use crate::node::Node;
use crate::orders::types::Order;
use crate::paging::connection;
use crate::scalars::DateTime;
use async_graphql::{Context, ID, Object};
use operations::events::LoggedEvent;
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

    /// Its place in the log; opaque.
    async fn cursor(&self) -> &str {
        &self.0.cursor
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
    async fn subject_id(&self) -> Option<ID> {
        Some(ID(encode_prefixed(&self.0.row.subject_type, self.0.row.subject_id)))
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
        ctx.loaders().customer(id).await.or_null(ctx)?.map(Customer)
    }

    /// What changed, by the type of the event; names people by id only.
    async fn data(&self) -> &Json {
        &self.0.row.data
    }

    /// The request that caused it.
    async fn request_id(&self) -> Option<&str> {
        self.0.row.request_id.as_deref()
    }
}

connection!(EventConnection, EventEdge, Event, "events");

//! Questions about webhooks.

use super::{may_see, sql};
use crate::actor::Actor;
use crate::error::Result;
use crate::events::{self, Wanted};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::WebhookDeliveryState;
use entities::{webhook_delivery, webhook_endpoint};
use std::collections::HashSet;
use uuid::Uuid;

/// The actor's endpoints, newest first; everybody's with `ACCESS_MANAGE`.
pub async fn endpoints(db: &Db, actor: &Actor) -> Result<Vec<webhook_endpoint::Model>> {
    actor.require(Permission::WebhooksManage)?;
    let creator = (!actor.may(Permission::AccessManage)).then_some(actor);
    sql::endpoints(db, creator).await
}

/// Endpoints by id, as far as the actor may see them.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<webhook_endpoint::Model>> {
    actor.require(Permission::WebhooksManage)?;
    let rows = sql::by_ids(db, ids).await?;
    Ok(rows.into_iter().filter(|row| row.deleted_at.is_none() && may_see(actor, row)).collect())
}

/// An endpoint that was just changed, or taken away.
pub async fn changed(db: &Db, id: Uuid) -> Result<Option<webhook_endpoint::Model>> {
    Ok(sql::by_ids(db, &[id]).await?.pop())
}

/// Deliveries by id: of endpoints that the actor may see, for events that it may see.
pub async fn deliveries_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<webhook_delivery::Model>> {
    actor.require(Permission::WebhooksManage)?;
    let rows = sql::deliveries(db, ids).await?;
    let endpoints: Vec<Uuid> = rows.iter().map(|row| row.endpoint_id).collect();
    let endpoints: HashSet<Uuid> =
        by_ids(db, actor, &endpoints).await?.into_iter().map(|row| row.id).collect();
    let events: Vec<Uuid> = rows.iter().map(|row| row.event_id).collect();
    let events = events::pick(db, &Wanted::everything(actor), &events).await?;
    let events: HashSet<Uuid> = events.into_iter().map(|event| event.row.id).collect();
    let visible = |row: &webhook_delivery::Model| {
        endpoints.contains(&row.endpoint_id) && events.contains(&row.event_id)
    };
    Ok(rows.into_iter().filter(visible).collect())
}

const DELIVERIES: Order = Order::by_id("d.id", true);

/// A page of an endpoint's deliveries, newest first, of events that the actor may see.
pub async fn deliveries(
    db: &Db,
    actor: &Actor,
    endpoint: Uuid,
    states: Option<&[WebhookDeliveryState]>,
    page: &PageArgs,
) -> Result<Rows<webhook_delivery::Model>> {
    actor.require(Permission::WebhooksManage)?;
    let page = page.check(DELIVERIES)?;
    let visible = events::visible(db, actor);
    let rows = sql::list_deliveries(db, endpoint, states, visible, page.sql(DELIVERIES)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many deliveries an endpoint has.
pub async fn deliveries_count(
    db: &Db,
    actor: &Actor,
    endpoint: Uuid,
    states: Option<&[WebhookDeliveryState]>,
) -> Result<i64> {
    actor.require(Permission::WebhooksManage)?;
    sql::count_deliveries(db, endpoint, states, events::visible(db, actor)).await
}

//! Questions about fulfillments.

use super::sql;
pub use super::sql::{lines_of, of_orders, order_numbers_of, orders_of};
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use entities::fulfillment;
use uuid::Uuid;

/// Fulfillments by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<fulfillment::Model>> {
    actor.require(Permission::FulfillmentRead)?;
    let rows = sql::at_reached_locations(db, actor, ids).await?;
    let Some(_) = &actor.reach.channels else { return Ok(rows) };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let reached = sql::of_reached_channels(db, actor, &ids).await?;
    Ok(rows.into_iter().filter(|row| reached.contains(&row.id)).collect())
}

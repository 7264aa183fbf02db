//! Questions about strategies.

use super::sql;
use crate::actor::Actor;
use crate::error::Result;
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::RoutingRule;
use entities::routing_strategy;
use uuid::Uuid;

/// The strategies within reach, the highest priority first.
pub async fn strategies(db: &Db, actor: &Actor) -> Result<Vec<routing_strategy::Model>> {
    actor.require(Permission::OrdersRead)?;
    sql::strategies(db, actor).await
}

/// Strategies by id, within reach.
pub async fn strategies_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<routing_strategy::Model>> {
    actor.require(Permission::OrdersRead)?;
    sql::strategies_by_ids(db, actor, ids).await
}

/// The rules of a strategy, in order.
pub fn rules(strategy: &routing_strategy::Model) -> Vec<RoutingRule> {
    super::rules_of(Some(strategy))
}

//! Every query of routing.

use crate::actor::Actor;
use crate::error::Result;
use crate::sql::sql;
use crate::store::Db;
use entities::routing_strategy;
use time::OffsetDateTime;
use uuid::Uuid;

/// The strategy that routes a channel: its own before one of the whole shop, the highest priority first.
pub(super) async fn strategy_of(db: &Db, channel: Uuid) -> Result<Option<routing_strategy::Model>> {
    let query = sql("select * from routing_strategies
         where active and (channel_id = ? or channel_id is null)
         order by case when channel_id is null then 1 else 0 end, priority desc, id limit 1");
    db.first(query.bind(channel)).await
}

/// Strategies within reach: those of the whole shop are everybody's to see.
pub(super) async fn strategies(db: &Db, actor: &Actor) -> Result<Vec<routing_strategy::Model>> {
    let mut query = sql("select * from routing_strategies where true");
    if let Some(channels) = &actor.reach.channels {
        query = query.add(" and (channel_id is null or channel_id = any(?))").ids(channels);
    }
    db.all(query.add(" order by priority desc, id")).await
}

pub(super) async fn strategies_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<routing_strategy::Model>> {
    let mut query = sql("select * from routing_strategies where id = any(?)").ids(ids);
    if let Some(channels) = &actor.reach.channels {
        query = query.add(" and (channel_id is null or channel_id = any(?))").ids(channels);
    }
    db.all(query).await
}

/// Work that lies at locations and has not left: location and how many fulfillments.
pub(super) async fn backlog(db: &Db, locations: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let query = sql("select location_id, count(*) from fulfillments where location_id = any(?)
         and state in ('REQUESTED', 'OPEN', 'ON_HOLD', 'PICKING', 'PACKED') group by location_id");
    db.values(query.ids(locations)).await
}

/// Fulfillments planned at locations since a moment of each.
pub(super) async fn opened_since(
    db: &Db,
    days: &[(Uuid, OffsetDateTime)],
) -> Result<Vec<(Uuid, i64)>> {
    let mut query =
        sql("select location_id, count(*) from fulfillments where state <> 'CANCELLED' and (");
    for (index, (location, since)) in days.iter().enumerate() {
        let or = if index == 0 { "" } else { " or " };
        query = query
            .add(&format!("{or}(location_id = ? and created_at >= ?)"))
            .bind(*location)
            .bind(*since);
    }
    db.values(query.add(") group by location_id")).await
}

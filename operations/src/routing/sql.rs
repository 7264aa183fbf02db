//! Every query of routing.

use crate::actor::Actor;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::Db;
use entities::{order, routing_strategy};
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
        sql("select f.location_id, count(*) from fulfillments f where f.state <> 'CANCELLED'
             and exists (select 1 from fulfillment_orders fo join orders o on o.id = fo.order_id
                 where fo.fulfillment_id = f.id and not o.imported) and (");
    for (index, (location, since)) in days.iter().enumerate() {
        let or = if index == 0 { "" } else { " or " };
        query = query
            .add(&format!("{or}(f.location_id = ? and f.created_at >= ?)"))
            .bind(*location)
            .bind(*since);
    }
    db.values(query.add(") group by f.location_id")).await
}

/// Past orders: those of a channel, else of every channel that has no strategy of its own, within reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replayed<'a> {
    pub(super) actor: &'a Actor,
    pub(super) channel: Option<Uuid>,
    pub(super) from: Option<OffsetDateTime>,
    pub(super) to: Option<OffsetDateTime>,
}

impl Replayed<'_> {
    /// The condition on orders `o`: placed here, and something of it stands that leaves a shelf.
    fn sql(&self) -> Sql {
        let mut query = sql(" and o.state <> 'DRAFT' and not o.imported and o.delivery_method <> 'DIGITAL'
             and exists (select 1 from order_lines l where l.order_id = o.id and l.variant_id is not null
                         and l.quantity > l.quantity_cancelled)")
        .join(self.actor.reach.orders_sql("o"));
        query = match self.channel {
            Some(channel) => query.add(" and o.channel_id = ?").bind(channel),
            None => query.add(
                " and not exists (select 1 from routing_strategies s
                 where s.active and s.channel_id = o.channel_id)",
            ),
        };
        if let Some(from) = self.from {
            query = query.add(" and o.placed_at >= ?").bind(from);
        }
        if let Some(to) = self.to {
            query = query.add(" and o.placed_at < ?").bind(to);
        }
        query
    }
}

pub(super) async fn count_replayed(db: &Db, which: &Replayed<'_>) -> Result<i64> {
    let query = sql("select count(*) from orders o where true").join(which.sql());
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Past orders, the first placed first.
pub(super) async fn replayed(db: &Db, which: &Replayed<'_>) -> Result<Vec<order::Model>> {
    let query = sql("select o.* from orders o where true").join(which.sql());
    db.all(query.add(" order by o.placed_at, o.id")).await
}

/// What stands of orders' lines: order, variant and units, in the order of the lines.
pub(super) async fn standing_lines(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let query = sql("select order_id, variant_id, cast(quantity - quantity_cancelled as bigint) from order_lines
         where order_id = any(?) and variant_id is not null and quantity > quantity_cancelled
         order by order_id, position");
    db.values(query.ids(orders)).await
}

/// Where units of orders really come from: order, variant, location and units.
pub(super) async fn real_shares(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid, Uuid, i64)>> {
    let query = sql("select s.order_id, s.variant_id, f.location_id, cast(sum(s.quantity - s.quantity_short) as bigint)
         from fulfillment_lines s join fulfillments f on f.id = s.fulfillment_id
         where s.order_id = any(?) and s.variant_id is not null and f.state not in ('FAILED', 'CANCELLED')
         group by s.order_id, s.variant_id, f.location_id having sum(s.quantity - s.quantity_short) > 0");
    db.values(query.ids(orders)).await
}

/// How many more could be promised of levels since a moment: variant, location and units.
pub(super) async fn moved_since(
    db: &Db,
    levels: &[Uuid],
    since: OffsetDateTime,
) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let query = sql(
        "select variant_id, location_id,
             cast(sum(on_hand_change - reserved_change - damaged_change - quality_hold_change) as bigint)
         from stock_movements where level_id = any(?) and at >= ? group by variant_id, location_id",
    );
    db.values(query.ids(levels).bind(since)).await
}

/// A movement of the past: variant, location, when, and how many more could be promised.
pub(super) type PastMove = (Uuid, Uuid, OffsetDateTime, i64);

/// What moved since a moment for other reasons than the replayed orders and the checkouts before them.
pub(super) async fn others_moved(
    db: &Db,
    which: &Replayed<'_>,
    levels: &[Uuid],
    since: OffsetDateTime,
) -> Result<Vec<PastMove>> {
    let mut query = sql("select m.variant_id, m.location_id, m.at,
             m.on_hand_change - m.reserved_change - m.damaged_change - m.quality_hold_change
         from stock_movements m where m.level_id = any(?) and m.at >= ?")
    .ids(levels)
    .bind(since);
    if let Some(to) = which.to {
        query = query.add(" and m.at < ?").bind(to);
    }
    query = query
        .add(" and not exists (select 1 from orders o where o.id = m.subject_id")
        .join(which.sql())
        .add(") and not exists (select 1 from stock_reservations r join orders o on o.id = r.order_id
              where r.id = m.subject_id")
        .join(which.sql());
    db.values(query.add(") order by m.at, m.id")).await
}

/// Work at locations that was not for the replayed orders and had not ended by a moment: location, when it was
/// planned, and when it ended.
pub(super) async fn other_work(
    db: &Db,
    which: &Replayed<'_>,
    locations: &[Uuid],
    since: OffsetDateTime,
) -> Result<Vec<(Uuid, OffsetDateTime, Option<OffsetDateTime>)>> {
    let mut query = sql("select f.location_id, f.created_at, coalesce(f.shipped_at, f.delivered_at, f.cancelled_at)
         from fulfillments f where f.location_id = any(?) and f.state <> 'FAILED'
           and (coalesce(f.shipped_at, f.delivered_at, f.cancelled_at) is null or coalesce(f.shipped_at, f.delivered_at, f.cancelled_at) > ?)")
    .ids(locations)
    .bind(since);
    if let Some(to) = which.to {
        query = query.add(" and f.created_at < ?").bind(to);
    }
    query = query
        .add(" and not exists (select 1 from fulfillment_orders at_o join orders o on o.id = at_o.order_id
              where at_o.fulfillment_id = f.id")
        .join(which.sql());
    db.values(query.add(")")).await
}

//! Every query of stock.

use super::ledger::{Change, Changed};
use super::read::{LevelFilter, MovementFilter};
use crate::actor::{Actor, Reach};
use crate::error::Result;
use crate::ids::first_of;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::ReservationState;
use entities::{stock_level, stock_movement, stock_reservation, stock_reservation_line};
use sea_orm::ActiveEnum;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The levels of variants at locations.
pub(crate) async fn levels(
    db: &Db,
    variants: &[Uuid],
    locations: &[Uuid],
) -> Result<Vec<stock_level::Model>> {
    let query = sql("select * from stock_levels where variant_id = any(?) and location_id = any(?)
         order by variant_id, location_id");
    db.all(query.ids(variants).ids(locations)).await
}

pub(super) async fn levels_by_ids(
    db: &Db,
    ids: &[Uuid],
    reach: &Reach,
) -> Result<Vec<stock_level::Model>> {
    let query = sql("select * from stock_levels where id = any(?)")
        .ids(ids)
        .join(reach.locations_sql("location_id"));
    db.all(query).await
}

/// Levels of variants within reach, by location code.
pub(super) async fn levels_of(
    db: &Db,
    variants: &[Uuid],
    reach: &Reach,
) -> Result<Vec<stock_level::Model>> {
    let query = sql("select s.* from stock_levels s join locations l on l.id = s.location_id
         where s.variant_id = any(?)")
    .ids(variants)
    .join(reach.locations_sql("s.location_id"));
    db.all(query.add(" order by s.variant_id, l.code")).await
}

pub(super) async fn list_levels(
    db: &Db,
    filter: Sql,
    page: Sql,
) -> Result<Vec<stock_level::Model>> {
    let query = sql("select s.* from stock_levels s where true").join(filter).join(page);
    db.all(query).await
}

pub(super) async fn count_levels(db: &Db, filter: Sql) -> Result<i64> {
    let query = sql("select count(*) from stock_levels s where true").join(filter);
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn list_movements(
    db: &Db,
    filter: Sql,
    page: Sql,
) -> Result<Vec<stock_movement::Model>> {
    let query = sql("select m.* from stock_movements m where true").join(filter).join(page);
    db.all(query).await
}

pub(super) async fn count_movements(db: &Db, filter: Sql) -> Result<i64> {
    let query = sql("select count(*) from stock_movements m where true").join(filter);
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(crate) async fn reservation(db: &Db, id: Uuid) -> Result<Option<stock_reservation::Model>> {
    db.first(sql("select * from stock_reservations where id = ?").bind(id)).await
}

pub(super) async fn reservations(
    db: &Db,
    ids: &[Uuid],
    reach: &Reach,
) -> Result<Vec<stock_reservation::Model>> {
    let query = sql("select * from stock_reservations where id = any(?)")
        .ids(ids)
        .join(reach.channels_sql("channel_id"));
    db.all(query).await
}

pub(crate) async fn reservation_lines(
    db: &Db,
    reservations: &[Uuid],
) -> Result<Vec<stock_reservation_line::Model>> {
    let query = sql("select * from stock_reservation_lines where reservation_id = any(?)
         order by reservation_id, variant_id, location_id");
    db.all(query.ids(reservations)).await
}

/// Ends an active reservation; no row means somebody else was first.
pub(crate) async fn end_reservation(
    tx: &WriteTx,
    id: Uuid,
    state: ReservationState,
    order: Option<Uuid>,
) -> Result<bool> {
    let query = sql("update stock_reservations set state = ?, order_id = ?, updated_at = ?
         where id = ? and state = 'ACTIVE'")
    .bind(state.to_value())
    .bind(order)
    .bind(tx.now())
    .bind(id);
    Ok(tx.run(query).await? == 1)
}

pub(super) async fn set_policy(
    tx: &WriteTx,
    level: Uuid,
    policy: (i32, Option<i32>, Option<i32>),
) -> Result<u64> {
    let query = sql("update stock_levels set safety_stock = ?, reorder_point = ?,
         reorder_quantity = ?, updated_at = ? where id = ?")
    .bind(policy.0)
    .bind(policy.1)
    .bind(policy.2)
    .bind(tx.now())
    .bind(level);
    tx.run(query).await
}

/// Sums what can be sold of variants at the active locations that serve a channel, or anywhere.
pub(super) async fn available(
    db: &Db,
    variants: &[Uuid],
    channel: Option<Uuid>,
) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let sums = "select s.variant_id, s.location_id, s.available from stock_levels s join locations l on l.id = s.location_id and l.active";
    let query = match channel {
        Some(channel) => sql(format!(
            "{sums} join channel_locations c on c.location_id = l.id and c.channel_id = ?"
        ))
        .bind(channel),
        None => sql(sums),
    };
    db.values(query.add(" where s.variant_id = any(?)").ids(variants)).await
}

impl LevelFilter {
    pub(super) fn sql(&self, actor: &Actor) -> Sql {
        let mut filter = actor.reach.locations_sql("s.location_id");
        if let Some(ids) = &self.location_ids {
            filter = filter.add(" and s.location_id = any(?)").ids(ids);
        }
        if let Some(skus) = &self.skus {
            let text = " and s.variant_id in (select id from variants where sku = any(?))";
            filter = filter.add(text).texts(skus);
        }
        filter.join(self.standing())
    }

    /// ` and …` for what a level is like now.
    fn standing(&self) -> Sql {
        let mut filter = sql("");
        if let Some(below) = self.below_reorder_point {
            filter = filter.add(if below { " and s.low = 1" } else { " and s.low = 0" });
        }
        if let Some(out) = self.out_of_stock {
            filter = filter.add(if out { " and s.sold_out = 1" } else { " and s.sold_out = 0" });
        }
        filter
    }
}

/// ` and …` for a column that names a level which is now as a filter says; nothing where it says nothing.
pub(crate) fn level_is(filter: &LevelFilter, column: &str) -> Sql {
    if filter.below_reorder_point.is_none() && filter.out_of_stock.is_none() {
        return sql("");
    }
    sql(format!(" and exists (select 1 from stock_levels s where s.id = {column}"))
        .join(filter.standing())
        .add(")")
}

impl MovementFilter {
    pub(super) fn sql(&self, actor: &Actor) -> Sql {
        let mut filter = actor.reach.locations_sql("m.location_id");
        if let Some(id) = self.level_id {
            filter = filter.add(" and m.level_id = ?").bind(id);
        }
        if let Some(ids) = &self.location_ids {
            filter = filter.add(" and m.location_id = any(?)").ids(ids);
        }
        if let Some(skus) = &self.skus {
            let text = " and m.variant_id in (select id from variants where sku = any(?))";
            filter = filter.add(text).texts(skus);
        }
        if let Some(kinds) = &self.kinds {
            let names: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and m.kind = any(?)").texts(&names);
        }
        if let Some(from) = self.from {
            filter = filter.add(" and m.at >= ?").bind(from);
        }
        if let Some(to) = self.to {
            filter = filter.add(" and m.at < ?").bind(to);
        }
        if let Some(id) = self.subject_id {
            filter = filter.add(" and m.subject_id = ?").bind(id);
        }
        filter
    }
}

pub(super) async fn movements_by_ids(
    db: &Db,
    ids: &[Uuid],
    reach: &Reach,
) -> Result<Vec<stock_movement::Model>> {
    let filter = reach.locations_sql("m.location_id").add(" and m.id = any(?)").ids(ids);
    list_movements(db, filter, sql("")).await
}

const KEPT: &str = "(k.r <= 0 or s.available + k.h - k.d - k.q >= k.r)
     and (k.g = 0 or s.on_hand + k.h - s.reserved - k.r - s.damaged - k.d - s.quality_hold - k.q >= 0)
     and s.on_hand + k.h >= s.damaged + k.d + s.quality_hold + k.q and s.damaged + k.d >= 0
     and s.quality_hold + k.q >= 0 and s.reserved + k.r >= 0 and s.incoming + k.i >= 0
     and s.in_transit + k.t >= 0";
const SET: &str = "on_hand = s.on_hand + k.h, reserved = s.reserved + k.r, damaged = s.damaged + k.d,
     quality_hold = s.quality_hold + k.q, incoming = s.incoming + k.i, in_transit = s.in_transit + k.t,
     value_minor = s.value_minor + k.v, value_currency = coalesce(nullif(k.c, ''), s.value_currency), updated_at = ?";

/// Levels by id, locked, in the order in which they are changed.
pub(super) async fn lock_levels(tx: &WriteTx, ids: &[Uuid]) -> Result<Vec<stock_level::Model>> {
    let query =
        sql("select * from stock_levels where id = any(?) order by variant_id, location_id");
    tx.all(query.ids(ids).add(tx.for_update())).await
}

pub(super) async fn apply_postgres(tx: &WriteTx, moves: &[Change]) -> Result<Vec<Changed>> {
    let levels: Vec<Uuid> = moves.iter().map(|change| change.level_id).collect();
    let currencies: Vec<&str> =
        moves.iter().map(|change| change.currency.as_deref().unwrap_or_default()).collect();
    let query = sql(format!(
        "with k as (
             select s.id, c.h, c.r, c.d, c.q, c.i, c.t, c.v, c.g, c.c from stock_levels s
             join unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as c(id, h, r, d, q, i, t, v, g, c) on s.id = c.id
             order by s.variant_id, s.location_id for update of s)
         update stock_levels s set {SET} from k where s.id = k.id and {KEPT}
         returning s.id, s.available, s.reorder_point"
    ))
    .ids(&levels)
    .numbers(moves.iter().map(|change| change.on_hand))
    .numbers(moves.iter().map(|change| change.reserved))
    .numbers(moves.iter().map(|change| change.damaged))
    .numbers(moves.iter().map(|change| change.quality_hold))
    .numbers(moves.iter().map(|change| change.incoming))
    .numbers(moves.iter().map(|change| change.in_transit))
    .numbers(moves.iter().map(|change| change.value))
    .numbers(moves.iter().map(|change| change.keeps_promises.into()))
    .texts(&currencies)
    .bind(tx.now());
    Ok(tx.values(query).await?.into_iter().map(Changed::of).collect())
}

/// Statements in a row, handed over together.
pub(super) async fn apply_sqlite(tx: &WriteTx, moves: &[Change]) -> Result<Vec<Changed>> {
    let change_one = format!(
        "update stock_levels as s set {SET}
         from (select ? as h, ? as r, ? as d, ? as q, ? as i, ? as t, ? as v, ? as g, ? as c) as k
         where s.id = ? and {KEPT};"
    );
    let query = moves.iter().fold(sql(""), |query, change| {
        query
            .add(&change_one)
            .bind(tx.now())
            .bind(change.on_hand)
            .bind(change.reserved)
            .bind(change.damaged)
            .bind(change.quality_hold)
            .bind(change.incoming)
            .bind(change.in_transit)
            .bind(change.value)
            .bind(i64::from(change.keeps_promises))
            .bind(change.currency.clone().unwrap_or_default())
            .bind(change.level_id)
    });
    if usize::try_from(tx.run(query).await?).unwrap_or(0) != moves.len() {
        return Ok(Vec::new());
    }
    let levels: Vec<Uuid> = moves.iter().map(|change| change.level_id).collect();
    let query = sql("select id, available, reorder_point from stock_levels where id = any(?)");
    Ok(tx.values(query.ids(&levels)).await?.into_iter().map(Changed::of).collect())
}

impl Changed {
    fn of((level_id, available, reorder_point): (Uuid, i64, Option<i32>)) -> Self {
        Self { level_id, available, reorder_point }
    }
}

/// Units and value by location and currency, now or at a moment: location, currency, units and minor units.
pub(super) async fn valuation(
    db: &Db,
    reach: &Reach,
    at: Option<OffsetDateTime>,
    locations: Option<&[Uuid]>,
) -> Result<Vec<(Uuid, Option<String>, i64, i64)>> {
    let narrow = |column: &str| {
        let reached = reach.locations_sql(column);
        match locations {
            Some(ids) => reached.add(&format!(" and {column} = any(?)")).ids(ids),
            None => reached,
        }
    };
    let mut sums = sql(
        "select s.location_id, s.value_currency as currency, s.on_hand + s.in_transit as units,
             s.value_minor as worth from stock_levels s where true",
    )
    .join(narrow("s.location_id"));
    if let Some(at) = at {
        sums = sums
            .add(
                " union all
                 select m.location_id, coalesce(m.unit_cost_currency, s.value_currency),
                     -(m.on_hand_change + m.in_transit_change), -m.value_change_minor
                 from stock_movements m join stock_levels s on s.id = m.level_id
                 where m.id >= ? and m.at > ?",
            )
            // Ids rise with time; a second aside, since a transaction has one time and ids of its own.
            .bind(first_of(at - Duration::MINUTE))
            .bind(at)
            .join(narrow("m.location_id"));
    }
    let query = sql("select w.location_id, w.currency, cast(sum(w.units) as bigint), cast(sum(w.worth) as bigint) from (")
        .join(sums)
        .add(") w join locations l on l.id = w.location_id group by w.location_id, l.code, w.currency
              having sum(w.units) <> 0 or sum(w.worth) <> 0 order by l.code, w.currency");
    db.values(query).await
}

/// What left for an order: variant, currency, units that left, what they were worth then, units that came back since, and
/// what those are worth.
pub(super) async fn left_for(
    db: &Db,
    order: Uuid,
    variants: &[Uuid],
) -> Result<Vec<(Uuid, Option<String>, i64, i64, i64, i64)>> {
    let sum = |kind: &str, column: &str| {
        format!("cast(sum(case kind when '{kind}' then {column} else 0 end) as bigint)")
    };
    let query = sql(format!(
        "select variant_id, max(unit_cost_currency), -{}, -{}, {}, {} from stock_movements
         where subject_id = ? and variant_id = any(?) and kind in ('SHIP', 'RETURN') group by variant_id",
        sum("SHIP", "on_hand_change"),
        sum("SHIP", "value_change_minor"),
        sum("RETURN", "on_hand_change"),
        sum("RETURN", "value_change_minor")
    ));
    db.values(query.bind(order).ids(variants)).await
}

/// What of variants is promised to nobody: variant, location and units.
pub(crate) async fn free(db: &Db, variants: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let query = sql(
        "select variant_id, location_id, available from stock_levels where variant_id = any(?)",
    );
    db.values(query.ids(variants)).await
}

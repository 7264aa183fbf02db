//! Every query of replenishment.

use super::demand::mean_and_deviation;
use super::plan::LeadTime;
use crate::actor::Reach;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::Db;
use entities::{Row, stock_level, supplier, supplier_term};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A supplier with what it asks for a variant.
pub(super) struct Offer {
    pub(super) term: supplier_term::Model,
    pub(super) supplier: supplier::Model,
}

impl Row for Offer {
    const COLUMNS: &'static [&'static str] = supplier_term::Model::COLUMNS;

    fn read(row: &sea_orm::QueryResult, at: usize) -> std::result::Result<Self, sea_orm::DbErr> {
        Ok(Self {
            term: supplier_term::Model::read(row, at)?,
            supplier: supplier::Model::read(row, at + Self::COLUMNS.len())?,
        })
    }
}

/// Levels that anything left in the window, or that somebody set a reorder point for. Each is looked up in an index: with an
/// `exists` beside the `or` the database would gather all shipments of the window first.
pub(super) async fn levels(
    db: &Db,
    reach: &Reach,
    locations: Option<&[Uuid]>,
    since: OffsetDateTime,
    page: Sql,
) -> Result<Vec<stock_level::Model>> {
    let mut query = sql("select s.* from stock_levels s join variants v on v.id = s.variant_id and v.active and not v.bundle
         where (s.reorder_point is not null or (select m.at from stock_movements m
             where m.level_id = s.id and m.kind = 'SHIP' and m.at >= ? limit 1) is not null)")
    .bind(since)
    .join(reach.locations_sql("s.location_id"));
    if let Some(locations) = locations {
        query = query.add(" and s.location_id = any(?)").ids(locations);
    }
    db.all(query.join(page)).await
}

/// What left levels by day: level, and how many days ago how many units. One row for each level: a row for each day would
/// cost more to read than all the rest.
pub(super) async fn shipped(
    db: &Db,
    levels: &[Uuid],
    since: OffsetDateTime,
) -> Result<Vec<(Uuid, Vec<(i64, i64)>)>> {
    let seconds = if db.is_postgres() {
        "cast(floor(date_part('epoch', m.at)) as bigint)"
    } else {
        "cast(strftime('%s', m.at) as integer)"
    };
    let now = db.now().unix_timestamp();
    let query = sql(format!(
        "select level_id, string_agg(days || ' ' || units, ' ') from (
             select m.level_id, ({now} - {seconds}) / 86400 as days, -sum(m.on_hand_change) as units
             from stock_movements m where m.kind = 'SHIP' and m.level_id = any(?) and m.at >= ?
             group by m.level_id, ({now} - {seconds}) / 86400) by_day group by level_id"
    ));
    let rows: Vec<(Uuid, String)> = db.values(query.ids(levels).bind(since)).await?;
    Ok(rows.into_iter().map(|(level, text)| (level, pairs(&text))).collect())
}

/// `3 5 7 2` are two pairs.
fn pairs(text: &str) -> Vec<(i64, i64)> {
    let numbers: Vec<i64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
    numbers
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [days, units] => Some((*days, *units)),
            _ => None,
        })
        .collect()
}

/// Who sells variants, on what terms.
pub(super) async fn offers(db: &Db, variants: &[Uuid]) -> Result<Vec<Offer>> {
    let columns = crate::sql::listed(supplier::Model::COLUMNS, "p.");
    let query = sql(format!(
        "select t.*, {columns} from supplier_terms t join suppliers p on p.id = t.supplier_id
         where t.variant_id = any(?) order by t.variant_id, t.supplier_id"
    ));
    db.all(query.ids(variants)).await
}

/// How long suppliers took to deliver variants, by the receipts of the last two years: by supplier and variant.
pub(super) async fn lead_times(
    db: &Db,
    variants: &[Uuid],
) -> Result<HashMap<(Uuid, Uuid), LeadTime>> {
    let days = if db.is_postgres() {
        "extract(epoch from (l.received_at - p.ordered_at))::float8 / 86400"
    } else {
        "(julianday(l.received_at) - julianday(p.ordered_at))"
    };
    let query = sql(format!(
        "select supplier_id, variant_id, count(*), sum(days), sum(days * days) from (
             select p.supplier_id, l.variant_id, {days} as days from purchase_order_lines l
             join purchase_orders p on p.id = l.purchase_order_id
             where l.variant_id = any(?) and l.received_at is not null and p.ordered_at >= ?) took
         group by supplier_id, variant_id"
    ))
    .ids(variants)
    .bind(db.now() - Duration::days(730));
    let rows = db.all_as(query, |row| {
        let count: i64 = row.try_get_by_index(2)?;
        let (days, deviation) =
            mean_and_deviation(count, row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        let key: (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok((key, LeadTime { days, deviation, receipts: count }))
    });
    Ok(rows.await?.into_iter().collect())
}

/// What orders wait for, where it would be sent from first: variant, location and units.
pub(super) async fn waited_for(db: &Db, variants: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>> {
    let query = sql("select b.variant_id, coalesce(b.expected_at_location_id, o.pickup_location_id, c.location_id),
             cast(sum(b.units) as bigint)
         from backorders b join orders o on o.id = b.order_id
         join channel_locations c on c.channel_id = o.channel_id and c.position = (
             select min(first.position) from channel_locations first where first.channel_id = o.channel_id)
         where b.variant_id = any(?)
         group by b.variant_id, coalesce(b.expected_at_location_id, o.pickup_location_id, c.location_id)");
    db.values(query.ids(variants)).await
}

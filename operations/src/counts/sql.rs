//! Every query of counts.

use super::propose::{AbcClass, Because, Proposal};
use super::read::CountFilter;
use crate::actor::Reach;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{stock_count, stock_count_line};
use sea_orm::ActiveEnum;
use time::Duration;
use uuid::Uuid;

pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<stock_count::Model>> {
    let query = sql("select * from stock_counts where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// Puts what lies at a location, or some of it, on the list of a count; answers with how many lines.
pub(super) async fn list_levels(
    tx: &WriteTx,
    count: &stock_count::Model,
    variants: Option<&[Uuid]>,
) -> Result<u64> {
    let mut query = sql("insert into stock_count_lines (stock_count_id, variant_id, sku, expected)
         select ?, s.variant_id, v.sku, s.on_hand from stock_levels s join variants v on v.id = s.variant_id
         where s.location_id = ?")
    .bind(count.id)
    .bind(count.location_id);
    if let Some(variants) = variants {
        query = query.add(" and s.variant_id = any(?)").ids(variants);
    }
    tx.run(query).await
}

/// SKUs that another open count at the location has on its list already, the first few.
pub(super) async fn counted_elsewhere(
    tx: &WriteTx,
    count: Uuid,
    location: Uuid,
) -> Result<Vec<String>> {
    let query = sql("select distinct l.sku from stock_count_lines l
         join stock_counts c on c.id = l.stock_count_id
         where c.location_id = ? and c.state = 'OPEN' and c.id <> ?
           and exists (select 1 from stock_count_lines own where own.stock_count_id = ? and own.variant_id = l.variant_id)
         order by l.sku limit 10")
    .bind(location)
    .bind(count)
    .bind(count);
    tx.values(query).await
}

/// Lines of a count by variant.
pub(super) async fn lines_of_variants(
    db: &Db,
    count: Uuid,
    variants: &[Uuid],
) -> Result<Vec<stock_count_line::Model>> {
    let query =
        sql("select * from stock_count_lines where stock_count_id = ? and variant_id = any(?)");
    db.all(query.bind(count).ids(variants)).await
}

/// Lines that were counted otherwise than expected, by SKU; one more than `most`, where there are more.
pub(super) async fn differences(
    db: &Db,
    count: Uuid,
    most: usize,
) -> Result<Vec<stock_count_line::Model>> {
    let query = sql("select * from stock_count_lines
         where stock_count_id = ? and counted is not null and counted <> expected")
    .bind(count);
    db.all(query.add(&format!(" order by sku limit {}", most + 1))).await
}

/// How many lines were counted, and how many of them were right.
pub(super) async fn tally(db: &Db, count: Uuid) -> Result<(i64, i64)> {
    let query = sql("select cast(count(counted) as bigint),
         cast(count(case when counted = expected then 1 end) as bigint)
         from stock_count_lines where stock_count_id = ?");
    Ok(db.values(query.bind(count)).await?.pop().unwrap_or((0, 0)))
}

/// Notes on the levels when they were counted; locks them, in the order in which they are changed.
pub(super) async fn mark_counted(tx: &WriteTx, count: &stock_count::Model) -> Result<()> {
    let counted =
        "select variant_id from stock_count_lines where stock_count_id = ? and counted is not null";
    let query = if tx.is_postgres() {
        sql(format!(
            "with k as (select id from stock_levels where location_id = ? and variant_id in ({counted})
                 order by variant_id, location_id for update)
             update stock_levels s set counted_at = ? from k where s.id = k.id"
        ))
        .bind(count.location_id)
        .bind(count.id)
        .bind(tx.now())
    } else {
        sql(format!(
            "update stock_levels set counted_at = ? where location_id = ? and variant_id in ({counted})"
        ))
        .bind(tx.now())
        .bind(count.location_id)
        .bind(count.id)
    };
    tx.run(query).await?;
    Ok(())
}

/// What the movements of a count are worth, by currency; none for those without a known cost.
pub(super) async fn worth(db: &Db, count: Uuid) -> Result<Vec<(Option<String>, i64)>> {
    let query = sql(
        "select unit_cost_currency, cast(sum(value_change_minor) as bigint) from stock_movements
         where subject_id = ? and kind = 'COUNT' group by unit_cost_currency",
    );
    db.values(query.bind(count)).await
}

pub(super) async fn by_ids(
    db: &Db,
    reach: &Reach,
    ids: &[Uuid],
) -> Result<Vec<stock_count::Model>> {
    let query = sql("select c.* from stock_counts c where c.id = any(?)").ids(ids);
    db.all(query.join(reach.locations_sql("c.location_id"))).await
}

impl CountFilter {
    fn sql(&self, reach: &Reach) -> Sql {
        let mut filter = reach.locations_sql("c.location_id");
        if let Some(states) = &self.states {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and c.state = any(?)").texts(&names);
        }
        if let Some(locations) = &self.location_ids {
            filter = filter.add(" and c.location_id = any(?)").ids(locations);
        }
        filter
    }
}

pub(super) async fn list(
    db: &Db,
    reach: &Reach,
    filter: &CountFilter,
    page: Sql,
) -> Result<Vec<stock_count::Model>> {
    let query = sql("select c.* from stock_counts c where true").join(filter.sql(reach));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, reach: &Reach, filter: &CountFilter) -> Result<i64> {
    let query = sql("select count(*) from stock_counts c where true").join(filter.sql(reach));
    Ok(db.value(query).await?.unwrap_or(0))
}

fn of_lines(count: Uuid, differences_only: bool) -> Sql {
    let differ = " and l.counted is not null and l.counted <> l.expected";
    sql(" where l.stock_count_id = ?").bind(count).add(if differences_only { differ } else { "" })
}

pub(super) async fn list_lines(
    db: &Db,
    count: Uuid,
    differences_only: bool,
    page: Sql,
) -> Result<Vec<stock_count_line::Model>> {
    let query = sql("select l.* from stock_count_lines l").join(of_lines(count, differences_only));
    db.all(query.join(page)).await
}

pub(super) async fn count_lines(db: &Db, count: Uuid, differences_only: bool) -> Result<i64> {
    let query = sql("select count(*) from stock_count_lines l");
    Ok(db.value(query.join(of_lines(count, differences_only))).await?.unwrap_or(0))
}

/// Levels of a location that are to be counted: with their class by what a year's shipments from there cost, where what is
/// worth most comes first, and of each class what was counted longest ago.
fn proposals(db: &Db, location: Uuid) -> Sql {
    let now = db.now();
    let ago = |days: i64| now - Duration::days(days);
    let seconds = if db.is_postgres() {
        "cast(extract(epoch from s.counted_at) as bigint)"
    } else {
        "cast(strftime('%s', s.counted_at) as integer)"
    };
    sql(format!(
        "select id, class, because, rank from (
             select id, class, because,
                 cast(case when because = 'NEGATIVE' then 0 else 1 + class end as bigint) * 100000000000 + coalesce(seconds, 0) as rank
             from (select id, class, seconds, case
                     when available < 0 and (counted_at is null or counted_at < ?) then 'NEGATIVE'
                     when counted_at is null then 'NEVER'
                     when counted_at < case class when 0 then ? when 1 then ? else ? end then 'DUE'
                     when on_hand = 0 and shipped and counted_at < ? then 'ZERO' end as because
                 from (select s.id, s.on_hand, s.available, s.counted_at, {seconds} as seconds,
                         r.variant_id is not null as shipped, case
                             when r.before < 0.8 * r.total then 0
                             when r.before < 0.95 * r.total then 1
                             else 2 end as class
                     from stock_levels s left join (
                         select variant_id, worth, sum(worth) over () as total,
                             sum(worth) over (order by worth desc, variant_id) - worth as before
                         from (select l.variant_id, -sum(m.value_change_minor) as worth from stock_levels l
                             join stock_movements m on m.level_id = l.id and m.kind = 'SHIP' and m.at >= ?
                             where l.location_id = ? group by l.variant_id) w
                         where worth > 0) r on r.variant_id = s.variant_id
                     where s.location_id = ?) levels) judged
             where because is not null) p where true"
    ))
    .bind(ago(1))
    .bind(ago(30))
    .bind(ago(90))
    .bind(ago(365))
    .bind(ago(30))
    .bind(ago(365))
    .bind(location)
    .bind(location)
}

pub(super) async fn list_proposals(db: &Db, location: Uuid, page: Sql) -> Result<Vec<Proposal>> {
    db.all_as(proposals(db, location).join(page), |row| {
        let class: i32 = row.try_get_by_index(1)?;
        let because: String = row.try_get_by_index(2)?;
        Ok(Proposal {
            level_id: row.try_get_by_index(0)?,
            class: match class {
                0 => AbcClass::A,
                1 => AbcClass::B,
                _ => AbcClass::C,
            },
            because: match because.as_str() {
                "NEGATIVE" => Because::Negative,
                "NEVER" => Because::NeverCounted,
                "ZERO" => Because::Empty,
                _ => Because::Due,
            },
            rank: row.try_get_by_index(3)?,
        })
    })
    .await
}

pub(super) async fn count_proposals(db: &Db, location: Uuid) -> Result<i64> {
    let query = sql("select count(*) from (").join(proposals(db, location)).add(") all_p");
    Ok(db.value(query).await?.unwrap_or(0))
}

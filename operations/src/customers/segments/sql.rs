//! Every query of segments.

use crate::error::Result;
use crate::sql::sql;
use crate::store::{Db, WriteTx};
use entities::segment;
use time::OffsetDateTime;
use uuid::Uuid;

/// Segments by id.
pub(in crate::customers) async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<segment::Model>> {
    db.all(sql("select * from segments where id = any(?)").ids(ids)).await
}

/// All segments, by name.
pub(super) async fn all(db: &Db) -> Result<Vec<segment::Model>> {
    db.all(sql("select * from segments order by name_key, id")).await
}

/// How many there are.
pub(super) async fn count(db: &Db) -> Result<i64> {
    Ok(db.value(sql("select count(*) from segments")).await?.unwrap_or(0))
}

/// A segment, locked.
pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<segment::Model>> {
    let query = sql("select * from segments where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

/// The segment of a name.
pub(super) async fn named(db: &Db, key: &str) -> Result<Option<segment::Model>> {
    db.first(sql("select * from segments where name_key = ?").bind(key)).await
}

/// A segment for which customers are looked at anew.
pub(in crate::customers) async fn sweeping(db: &Db) -> Result<Option<Uuid>> {
    db.value(sql("select id from segments where swept_to is not null order by id limit 1")).await
}

/// All customers are looked at anew for segments.
pub(super) async fn sweep(tx: &WriteTx, segments: &[Uuid]) -> Result<()> {
    let query = sql("update segments set swept_to = ? where id = any(?)");
    tx.run(query.bind(Uuid::nil()).ids(segments)).await.map(|_| ())
}

/// Which of these customers belong to which segment.
pub(super) async fn members(db: &Db, customers: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>> {
    let query =
        sql("select segment_id, customer_id from segment_members where customer_id = any(?)");
    db.values(query.ids(customers)).await
}

/// The segments of customers.
pub(super) async fn of_customers(
    db: &Db,
    customers: &[Uuid],
) -> Result<Vec<(Uuid, segment::Model)>> {
    let rows: Vec<(Uuid, Uuid)> = members(db, customers).await?;
    let mut ids: Vec<Uuid> = rows.iter().map(|(segment, _)| *segment).collect();
    ids.sort_unstable();
    ids.dedup();
    let segments = if ids.is_empty() { Vec::new() } else { by_ids(db, &ids).await? };
    let of = |id: Uuid| segments.iter().find(|row| row.id == id).cloned();
    let mut found: Vec<(Uuid, segment::Model)> =
        rows.into_iter().filter_map(|(segment, customer)| Some((customer, of(segment)?))).collect();
    found.sort_by(|(one, a), (two, b)| (one, &a.name_key).cmp(&(two, &b.name_key)));
    Ok(found)
}

/// Takes customers out of a segment, or puts them in, and counts them.
pub(super) async fn change(
    tx: &WriteTx,
    segment: Uuid,
    (joined, left): (&[Uuid], &[Uuid]),
    now: OffsetDateTime,
) -> Result<()> {
    if !left.is_empty() {
        let query =
            sql("delete from segment_members where segment_id = ? and customer_id = any(?)");
        tx.run(query.bind(segment).ids(left)).await?;
    }
    if !joined.is_empty() {
        let query = sql("insert into segment_members (segment_id, customer_id, since)
             select ?, c.id, ? from customers c where c.id = any(?)");
        tx.run(query.bind(segment).bind(now).ids(joined)).await?;
    }
    let count = |ids: &[Uuid]| i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let query = sql("update segments set members = members + ? where id = ?");
    tx.run(query.bind(count(joined) - count(left)).bind(segment)).await.map(|_| ())
}

/// How far customers were looked at for a segment.
pub(super) async fn swept_to(tx: &WriteTx, segment: Uuid, last: Option<Uuid>) -> Result<()> {
    let counted = if last.is_none() { ", counted = true" } else { "" };
    let query = sql(format!("update segments set swept_to = ?{counted} where id = ?"));
    tx.run(query.bind(last).bind(segment)).await.map(|_| ())
}

/// Segments whose count is not that of their members.
pub(super) async fn miscounted(db: &Db) -> Result<Vec<(String, i64, i64)>> {
    let query = sql("select s.name, s.members, coalesce(m.found, 0) from segments s
         left join (select segment_id, count(*) as found from segment_members group by segment_id) m on m.segment_id = s.id
         where s.members <> coalesce(m.found, 0) order by s.name_key");
    db.values(query).await
}

//! Every query of the audit log.

use super::read::Seen;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::Db;
use entities::audit_entry;
use uuid::Uuid;

fn filtered(seen: &Seen<'_>) -> Sql {
    let filter = seen.filter;
    let mut query = sql("");
    for (column, id) in
        [("subject_id", filter.subject_id), ("actor_id", filter.actor_id), ("actor_id", seen.own)]
    {
        if let Some(id) = id {
            query = query.add(&format!(" and a.{column} = ?")).bind(id);
        }
    }
    if let Some(operation) = &filter.operation {
        query = query.add(" and a.operation = ?").bind(operation.as_str());
    }
    // Ids rise with time, so a bound on the time bounds the ids, which are indexed.
    if let Some(from) = filter.from {
        query =
            query.add(" and a.at >= ? and a.id >= ?").bind(from).bind(crate::ids::first_of(from));
    }
    if let Some(before) = filter.before {
        // A node whose clock was set back goes on counting ids from where it was.
        let next = before + time::Duration::MINUTE;
        query =
            query.add(" and a.at < ? and a.id < ?").bind(before).bind(crate::ids::first_of(next));
    }
    query
}

pub(super) async fn list(db: &Db, filter: &Seen<'_>, page: Sql) -> Result<Vec<audit_entry::Model>> {
    let query = sql("select a.* from audit_entries a where true").join(filtered(filter));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, filter: &Seen<'_>) -> Result<i64> {
    let query = sql("select count(*) from audit_entries a where true").join(filtered(filter));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn by_ids(
    db: &Db,
    filter: &Seen<'_>,
    ids: &[Uuid],
) -> Result<Vec<audit_entry::Model>> {
    let query = sql("select a.* from audit_entries a where a.id = any(?)").ids(ids);
    db.all(query.join(filtered(filter))).await
}

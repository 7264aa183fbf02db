//! Questions about segments.

use super::{filter_of, sql};
use crate::actor::Actor;
use crate::customers::list::fitting_count;
use crate::customers::value::sees_all;
use crate::error::Result;
use crate::integrity::Check;
use crate::permissions::Permission;
use crate::store::Db;
use entities::segment;
use uuid::Uuid;

/// All segments, by name; none for whoever does not see all channels.
pub async fn segments(db: &Db, actor: &Actor) -> Result<Vec<segment::Model>> {
    actor.require(Permission::CustomersRead)?;
    if sees_all(actor) { sql::all(db).await } else { Ok(Vec::new()) }
}

/// Segments by id; none for whoever does not see all channels.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<segment::Model>> {
    actor.require(Permission::CustomersRead)?;
    if sees_all(actor) { sql::by_ids(db, ids).await } else { Ok(Vec::new()) }
}

/// The segments of customers, by name; none for whoever does not see all channels.
pub async fn of_customers(
    db: &Db,
    actor: &Actor,
    customers: &[Uuid],
) -> Result<Vec<(Uuid, segment::Model)>> {
    actor.require(Permission::CustomersRead)?;
    if sees_all(actor) { sql::of_customers(db, customers).await } else { Ok(Vec::new()) }
}

/// How many customers belong to a segment. While all are looked at anew, they are counted.
pub async fn customer_count(db: &Db, row: &segment::Model) -> Result<i64> {
    if row.counted && row.swept_to.is_none() {
        Ok(row.members)
    } else {
        fitting_count(db, &filter_of(row)?).await
    }
}

/// Each segment counts its members.
pub(crate) async fn check(db: &Db) -> Result<Check> {
    let mut check = Check::named("segment counts");
    check.rows_checked = sql::count(db).await?;
    for (name, kept, found) in sql::miscounted(db).await? {
        check.violation(|| format!("segment {name}: counts {kept} members, has {found}"));
    }
    Ok(check)
}

//! Every query of transfers.

use super::read::TransferFilter;
use crate::actor::Reach;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{stock_transfer, stock_transfer_line};
use sea_orm::ActiveEnum;
use uuid::Uuid;

pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<stock_transfer::Model>> {
    let query = sql("select * from stock_transfers where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

pub(super) async fn lines_of(
    db: &Db,
    transfers: &[Uuid],
) -> Result<Vec<stock_transfer_line::Model>> {
    let query = sql("select * from stock_transfer_lines where transfer_id = any(?)
         order by transfer_id, position");
    db.all(query.ids(transfers)).await
}

/// ` and …` for transfers of which either end is in reach.
fn reached(reach: &Reach) -> Sql {
    let Some(locations) = &reach.locations else { return sql("") };
    sql(" and (t.from_location_id = any(?)")
        .ids(locations)
        .add(" or t.to_location_id = any(?))")
        .ids(locations)
}

pub(super) async fn by_ids(
    db: &Db,
    reach: &Reach,
    ids: &[Uuid],
) -> Result<Vec<stock_transfer::Model>> {
    let query = sql("select t.* from stock_transfers t where t.id = any(?)").ids(ids);
    db.all(query.join(reached(reach))).await
}

impl TransferFilter {
    fn sql(&self, reach: &Reach) -> Sql {
        let mut filter = reached(reach);
        if let Some(states) = &self.states {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and t.state = any(?)").texts(&names);
        }
        if let Some(locations) = &self.location_ids {
            filter = filter
                .add(" and (t.from_location_id = any(?)")
                .ids(locations)
                .add(" or t.to_location_id = any(?))")
                .ids(locations);
        }
        filter
    }
}

pub(super) async fn list(
    db: &Db,
    reach: &Reach,
    filter: &TransferFilter,
    page: Sql,
) -> Result<Vec<stock_transfer::Model>> {
    let query = sql("select t.* from stock_transfers t where true").join(filter.sql(reach));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, reach: &Reach, filter: &TransferFilter) -> Result<i64> {
    let query = sql("select count(*) from stock_transfers t where true").join(filter.sql(reach));
    Ok(db.value(query).await?.unwrap_or(0))
}

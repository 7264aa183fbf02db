//! Every query of purchase orders.

use super::read::PurchaseOrderFilter;
use crate::actor::Reach;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::{purchase_order, purchase_order_line};
use sea_orm::ActiveEnum;
use uuid::Uuid;

pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<purchase_order::Model>> {
    let query = sql("select * from purchase_orders where id = ?").bind(id);
    tx.first(query.add(tx.for_update())).await
}

pub(super) async fn lines_of(db: &Db, orders: &[Uuid]) -> Result<Vec<purchase_order_line::Model>> {
    let query = sql("select * from purchase_order_lines where purchase_order_id = any(?)
         order by purchase_order_id, position");
    db.all(query.ids(orders)).await
}

/// Takes lines off a purchase order.
pub(super) async fn remove_lines(tx: &WriteTx, order: Uuid, variants: &[Uuid]) -> Result<()> {
    if !variants.is_empty() {
        let query = sql(
            "delete from purchase_order_lines where purchase_order_id = ? and variant_id = any(?)",
        );
        tx.run(query.bind(order).ids(variants)).await?;
    }
    Ok(())
}

pub(super) async fn by_ids(
    db: &Db,
    reach: &Reach,
    ids: &[Uuid],
) -> Result<Vec<purchase_order::Model>> {
    let query = sql("select p.* from purchase_orders p where p.id = any(?)").ids(ids);
    db.all(query.join(reach.locations_sql("p.location_id"))).await
}

impl PurchaseOrderFilter {
    fn sql(&self, reach: &Reach) -> Sql {
        let mut filter = reach.locations_sql("p.location_id");
        if let Some(states) = &self.states {
            let names: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
            filter = filter.add(" and p.state = any(?)").texts(&names);
        }
        if let Some(locations) = &self.location_ids {
            filter = filter.add(" and p.location_id = any(?)").ids(locations);
        }
        if let Some(supplier) = self.supplier_id {
            filter = filter.add(" and p.supplier_id = ?").bind(supplier);
        }
        filter
    }
}

pub(super) async fn list(
    db: &Db,
    reach: &Reach,
    filter: &PurchaseOrderFilter,
    page: Sql,
) -> Result<Vec<purchase_order::Model>> {
    let query = sql("select p.* from purchase_orders p where true").join(filter.sql(reach));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, reach: &Reach, filter: &PurchaseOrderFilter) -> Result<i64> {
    let query = sql("select count(*) from purchase_orders p where true").join(filter.sql(reach));
    Ok(db.value(query).await?.unwrap_or(0))
}

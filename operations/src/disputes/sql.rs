//! Every query of disputes.

use crate::actor::Actor;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::dispute;
use entities::enums::DisputeState;
use sea_orm::ActiveEnum;
use uuid::Uuid;

/// A dispute of a payment by what the provider calls it.
pub(super) async fn named(
    db: &Db,
    payment: Uuid,
    reference: &str,
) -> Result<Option<dispute::Model>> {
    let query = sql("select * from disputes where payment_id = ? and provider_reference = ?");
    db.first(query.bind(payment).bind(reference)).await
}

/// A dispute, locked.
pub(super) async fn lock(tx: &WriteTx, id: Uuid) -> Result<Option<dispute::Model>> {
    tx.first(sql("select * from disputes where id = ?").bind(id).add(tx.for_update())).await
}

fn filtered(actor: &Actor, states: Option<&[DisputeState]>) -> Sql {
    let mut query = sql("");
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        query = query
            .add(" and exists (select 1 from orders o where o.id = d.order_id")
            .join(actor.reach.orders_sql("o"))
            .add(")");
    }
    if let Some(states) = states {
        let states: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        query = query.add(" and d.state = any(?)").texts(&states);
    }
    query
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    states: Option<&[DisputeState]>,
    page: Sql,
) -> Result<Vec<dispute::Model>> {
    let query = sql("select d.* from disputes d where true").join(filtered(actor, states));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, actor: &Actor, states: Option<&[DisputeState]>) -> Result<i64> {
    let query = sql("select count(*) from disputes d where true").join(filtered(actor, states));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<dispute::Model>> {
    let query = sql("select d.* from disputes d where d.id = any(?)").ids(ids);
    db.all(query.join(filtered(actor, None))).await
}

/// Disputes by id, whoever asks.
pub(super) async fn plain(db: &Db, ids: &[Uuid]) -> Result<Vec<dispute::Model>> {
    db.all(sql("select * from disputes where id = any(?)").ids(ids)).await
}

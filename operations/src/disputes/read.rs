//! Questions about disputes.

use super::{evidence, sql as queries};
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::dispute;
use entities::enums::DisputeState;
use serde_json::Value as Json;
use uuid::Uuid;

const NEWEST: Order = Order::by_id("d.id", true);

/// A page of disputes within reach, newest first.
pub async fn disputes(
    db: &Db,
    actor: &Actor,
    states: Option<&[DisputeState]>,
    page: &PageArgs,
) -> Result<Rows<dispute::Model>> {
    actor.require(Permission::PaymentsRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, actor, states, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many disputes there are.
pub async fn disputes_count(
    db: &Db,
    actor: &Actor,
    states: Option<&[DisputeState]>,
) -> Result<i64> {
    actor.require(Permission::PaymentsRead)?;
    queries::count(db, actor, states).await
}

/// Disputes by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<dispute::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::by_ids(db, actor, ids).await
}

/// Disputes by id, whoever asks.
pub(crate) async fn plain(db: &Db, ids: &[Uuid]) -> Result<Vec<dispute::Model>> {
    queries::plain(db, ids).await
}

/// What speaks against a dispute: as it was sent, else as it is known now.
pub async fn evidence(db: &Db, actor: &Actor, dispute: &dispute::Model) -> Result<Json> {
    actor.require(Permission::CustomersPii)?;
    match &dispute.evidence {
        Some(sent) => Ok(sent.clone()),
        None => evidence::assemble(db, dispute).await,
    }
}

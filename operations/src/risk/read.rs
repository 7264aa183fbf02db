//! Questions about risk.

use super::rules::{Rules, Standing};
use super::score::Signal;
use super::sql;
pub use super::sql::risks_of;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::RiskList;
use entities::{order_risk, risk_entry};

/// The rules as they stand.
pub async fn rules(db: &Db, actor: &Actor) -> Result<Vec<Standing>> {
    actor.require(Permission::OrdersRisk)?;
    Ok(Rules::with(&sql::rules(db).await?).all())
}

/// A page of the lists, the newest entry first.
pub async fn entries(
    db: &Db,
    actor: &Actor,
    list: Option<RiskList>,
    page: &PageArgs,
) -> Result<Rows<risk_entry::Model>> {
    actor.require(Permission::OrdersRisk)?;
    let order = sql::newest_first();
    let page = page.check(order)?;
    let rows = sql::list_entries(db, list, page.sql(order)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many entries stand.
pub async fn entries_count(db: &Db, actor: &Actor, list: Option<RiskList>) -> Result<i64> {
    actor.require(Permission::OrdersRisk)?;
    sql::count_entries(db, list).await
}

/// What was found about an order.
pub fn signals(risk: &order_risk::Model) -> Vec<Signal> {
    serde_json::from_value(risk.signals.clone()).unwrap_or_default()
}

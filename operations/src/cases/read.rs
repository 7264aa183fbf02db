//! Questions about cases.

use super::clocks::{NEVER, is_overdue};
use super::sql;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{CaseKind, CasePriority, CaseState};
use entities::{case_message, case_row, credit_entry};
use time::OffsetDateTime;
use uuid::Uuid;

/// Which cases: every condition given must hold.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// In these states.
    pub states: Option<Vec<CaseState>>,
    /// Of these kinds.
    pub kinds: Option<Vec<CaseKind>>,
    /// As urgent as these.
    pub priorities: Option<Vec<CasePriority>>,
    /// Of this user.
    pub assignee_id: Option<Uuid>,
    /// Of nobody, or of somebody.
    pub unassigned: Option<bool>,
    /// Of this customer.
    pub customer_id: Option<Uuid>,
    /// About this order.
    pub order_id: Option<Uuid>,
    /// Whether something should have been done by now.
    pub overdue: Option<bool>,
}

impl CaseFilter {
    /// Whether a case fits.
    pub fn fits(&self, row: &case_row::Model, now: OffsetDateTime) -> bool {
        let same = |wanted: Option<Uuid>, found: Option<Uuid>| wanted.is_none() || wanted == found;
        self.states.as_ref().is_none_or(|states| states.contains(&row.state))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.kind))
            && self.priorities.as_ref().is_none_or(|all| all.contains(&row.priority))
            && same(self.assignee_id, row.assignee_id)
            && self.unassigned.is_none_or(|nobody| nobody == row.assignee_id.is_none())
            && same(self.customer_id, row.customer_id)
            && same(self.order_id, row.order_id)
            && self.overdue.is_none_or(|overdue| overdue == is_overdue(row, now))
    }
}

const QUEUE: Order = Order::by_time("c.queue_at", "c.id", false);
const SAID: Order = Order::by_id("m.id", false);

/// A page of cases within reach: where something has to be done first stands first.
pub async fn cases(
    db: &Db,
    actor: &Actor,
    (filter, search): (&CaseFilter, Option<&str>),
    page: &PageArgs,
) -> Result<Rows<case_row::Model>> {
    actor.require(Permission::CasesRead)?;
    check(search)?;
    let page = page.check(QUEUE)?;
    let rows = sql::list(db, actor, (filter, search), page.sql(QUEUE)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::at(row.queue_at), row.id)))
}

/// How many cases that finds.
pub async fn cases_count(
    db: &Db,
    actor: &Actor,
    (filter, search): (&CaseFilter, Option<&str>),
) -> Result<i64> {
    actor.require(Permission::CasesRead)?;
    sql::count(db, actor, (filter, search)).await
}

fn check(search: Option<&str>) -> Result<()> {
    if search.is_some_and(|text| text.chars().count() > 200) {
        return Err(Error::BadInput("`search` has at most 200 characters".into()));
    }
    Ok(())
}

/// Cases by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<case_row::Model>> {
    actor.require(Permission::CasesRead)?;
    reached(db, actor, ids).await
}

/// The same for operations that ask for a permission of their own.
pub(crate) async fn reached(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<case_row::Model>> {
    sql::by_ids(db, actor, ids).await
}

/// The order that a case is about.
pub(crate) async fn order_of(db: &Db, case: Uuid) -> Result<Option<Uuid>> {
    sql::order_of(db, case).await
}

/// Until when something has to be done; none where nothing has.
pub fn due_at(row: &case_row::Model) -> Option<OffsetDateTime> {
    Some(row.queue_at).filter(|at| *at < NEVER)
}

/// The cases of orders, oldest first.
pub async fn of_orders(db: &Db, actor: &Actor, orders: &[Uuid]) -> Result<Vec<case_row::Model>> {
    actor.require(Permission::CasesRead)?;
    sql::of_orders(db, actor, orders).await
}

/// A page of what was said in a case that is within reach, oldest first.
pub async fn messages(
    db: &Db,
    actor: &Actor,
    case: Uuid,
    page: &PageArgs,
) -> Result<Rows<case_message::Model>> {
    actor.require(Permission::CasesRead)?;
    let page = page.check(SAID)?;
    let rows = sql::messages(db, case, page.sql(SAID)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How much was said in a case.
pub async fn messages_count(db: &Db, actor: &Actor, case: Uuid) -> Result<i64> {
    actor.require(Permission::CasesRead)?;
    sql::messages_count(db, case).await
}

/// Messages by id, of cases within reach.
pub async fn messages_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<case_message::Model>> {
    actor.require(Permission::CasesRead)?;
    sql::messages_by_ids(db, actor, ids).await
}

/// What was given in cases, with the currency.
pub async fn goodwill(db: &Db, cases: &[Uuid]) -> Result<Vec<(credit_entry::Model, String)>> {
    let entries = sql::given_in(db, cases).await?;
    let ids: Vec<Uuid> = entries.iter().map(|row| row.credit_id).collect();
    let currencies = sql::currencies(db, &ids).await?;
    let of = |id: Uuid| currencies.iter().find(|(known, _)| *known == id);
    Ok(entries
        .into_iter()
        .filter_map(|row| of(row.credit_id).map(|(_, code)| code.clone()).map(|code| (row, code)))
        .collect())
}

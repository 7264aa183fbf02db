//! Questions about returns.

use super::quote::{self, Quote, Worths};
use super::{days, exchange, resolve, sql as queries};
use crate::actor::Actor;
use crate::error::Result;
use crate::orders::read as orders;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{ReturnKind, ReturnReason, ReturnState};
use entities::{carrier_claim, return_inspection, return_line, return_policy, return_row};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

const NEWEST: Order = Order::by_id("r.id", true);

/// Which returns: every condition given must hold.
#[derive(Debug, Clone, Default)]
pub struct ReturnFilter {
    /// Of this number.
    pub number: Option<String>,
    /// Whose parcel on the way back has this number.
    pub tracking_number: Option<String>,
    /// In these states.
    pub states: Option<Vec<ReturnState>>,
    /// Of these kinds.
    pub kinds: Option<Vec<ReturnKind>>,
    /// With a line for one of these reasons.
    pub reasons: Option<Vec<ReturnReason>>,
    /// Of this order.
    pub order_id: Option<Uuid>,
    /// Of this customer.
    pub customer_id: Option<Uuid>,
    /// At these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// Whether the money should have been back by now.
    pub overdue: Option<bool>,
    /// Declared from this moment on.
    pub requested_from: Option<OffsetDateTime>,
    /// And before this one.
    pub requested_before: Option<OffsetDateTime>,
}

impl ReturnFilter {
    /// Whether a return is one of these, as it is now; `reasons` are those of its lines.
    pub fn fits(
        &self,
        row: &return_row::Model,
        mut reasons: impl Iterator<Item = ReturnReason>,
        now: OffsetDateTime,
    ) -> bool {
        let key = self.tracking_number.as_deref().map(crate::fulfillment::sql::tracking_key);
        let among = |list: Option<&Vec<Uuid>>, id: Option<Uuid>| {
            list.is_none_or(|list| id.is_some_and(|id| list.contains(&id)))
        };
        self.number.as_ref().is_none_or(|number| number.trim() == row.number)
            && (key.is_none() || row.tracking_key == key)
            && self.states.as_ref().is_none_or(|states| states.contains(&row.state))
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.kind))
            && self.order_id.is_none_or(|id| row.order_id == Some(id))
            && self.customer_id.is_none_or(|id| row.customer_id == Some(id))
            && among(self.location_ids.as_ref(), row.location_id)
            && self.overdue.is_none_or(|overdue| overdue == is_overdue(row, now))
            && self.requested_from.is_none_or(|from| row.requested_at >= from)
            && self.requested_before.is_none_or(|before| row.requested_at < before)
            && self
                .reasons
                .as_ref()
                .is_none_or(|wanted| reasons.any(|reason| wanted.contains(&reason)))
    }
}

/// A page of returns within reach, newest first.
pub async fn returns(
    db: &Db,
    actor: &Actor,
    filter: &ReturnFilter,
    page: &PageArgs,
) -> Result<Rows<return_row::Model>> {
    actor.require(Permission::ReturnsRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, actor, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many returns a filter finds.
pub async fn returns_count(db: &Db, actor: &Actor, filter: &ReturnFilter) -> Result<i64> {
    actor.require(Permission::ReturnsRead)?;
    queries::count(db, actor, filter).await
}

/// Returns by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<return_row::Model>> {
    actor.require(Permission::ReturnsRead)?;
    queries::returns_by_ids(db, actor, ids).await
}

/// The same for operations that ask for a permission of their own.
pub(crate) async fn reached(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<return_row::Model>> {
    queries::returns_by_ids(db, actor, ids).await
}

/// The returns of orders, oldest first.
pub async fn of_orders(db: &Db, actor: &Actor, orders: &[Uuid]) -> Result<Vec<return_row::Model>> {
    actor.require(Permission::ReturnsRead)?;
    queries::of_orders(db, actor, orders).await
}

/// The lines of returns, in order.
pub async fn lines_of(db: &Db, ids: &[Uuid]) -> Result<Vec<return_line::Model>> {
    queries::lines_of(db, ids).await
}

/// Lines of returns by id, within reach.
pub async fn lines_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<return_line::Model>> {
    actor.require(Permission::ReturnsRead)?;
    queries::lines_by_ids(db, actor, ids).await
}

/// Policies by id.
pub async fn policies_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<return_policy::Model>> {
    actor.require(Permission::ReturnsRead)?;
    queries::policies_by_ids(db, ids).await
}

/// Whether the money should have been back by a moment. While it may wait for the goods it is not late.
pub fn is_overdue(row: &return_row::Model, now: OffsetDateTime) -> bool {
    let waits = row.paused_since.is_some() || row.resolved_at.is_some();
    let due = row.refund_due_at.filter(|_| !waits);
    due.is_some_and(|due| due <= now)
}

/// Calendar days that are left for refunds, in each customer's place; below zero where they are over. Of returns whose
/// clock runs.
pub async fn days_left(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, i32>> {
    let mut running = queries::plain(db, ids).await?;
    running.retain(|row| row.refund_due_at.is_some() && row.resolved_at.is_none());
    let ids: Vec<Uuid> = running.iter().filter_map(|row| row.order_id).collect();
    let places: HashMap<Uuid, (Option<String>, String)> =
        queries::places_of(db, &ids).await?.into_iter().collect();
    let mut left = HashMap::new();
    for row in running {
        let (Some(due), Some(order)) = (row.refund_due_at, row.order_id) else { continue };
        let Some((country, company)) = places.get(&order) else { continue };
        let zone = days::zone(country.as_deref(), company);
        left.insert(row.id, days::days_left(due, db.now(), &zone));
    }
    Ok(left)
}

/// What returns are worth, by return: as they stand, or as they were settled.
pub async fn quotes(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Quote>> {
    let rows = queries::plain(db, ids).await?;
    let mut quotes: HashMap<Uuid, Quote> =
        rows.iter().filter_map(|row| Some((row.id, resolve::settled(row)?))).collect();
    let open: Vec<Uuid> =
        rows.iter().map(|row| row.id).filter(|id| !quotes.contains_key(id)).collect();
    if open.is_empty() {
        return Ok(quotes);
    }
    let lines = queries::lines_of(db, &open).await?;
    let inspections = queries::inspections_of(db, &open).await?;
    let mut order_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.order_id).collect();
    order_ids.sort_unstable();
    order_ids.dedup();
    let policy_ids: Vec<Uuid> = rows.iter().filter_map(|row| row.policy_id).collect();
    let policies = queries::policies_by_ids(db, &policy_ids).await?;
    let known = orders::plain_many(db, &order_ids).await?;
    let order_lines = orders::lines_of(db, &order_ids).await?;
    let adjustments = orders::adjustments_of(db, &order_ids).await?;
    let payments = crate::payments::sql::of_orders(db, &order_ids).await?;
    let worths = Worths::load_many(db, &known, &order_lines, &adjustments).await?;
    let placed = exchange::placed(db, &rows).await?;
    for row in rows.iter().filter(|row| row.resolved_quote.is_none()) {
        let Some(order) = known.iter().find(|order| Some(order.id) == row.order_id) else {
            continue;
        };
        let Some(worth) = worths.get(&order.id) else { continue };
        let own = |line: &&entities::order_line::Model| line.order_id == order.id;
        let of_order: Vec<_> = order_lines.iter().filter(own).cloned().collect();
        let paid: Vec<_> =
            payments.iter().filter(|row| row.order_id == order.id).cloned().collect();
        let own: Vec<return_line::Model> =
            lines.iter().filter(|line| line.return_id == row.id).cloned().collect();
        let units = resolve::units(&own, &inspections, row.kind == ReturnKind::Exchange);
        let instead = exchange::instead(row, &placed);
        let policy = policies.iter().find(|policy| Some(policy.id) == row.policy_id);
        quotes.insert(
            row.id,
            quote::quote(order, (&of_order, worth), policy, (&units, instead), &paid),
        );
    }
    Ok(quotes)
}

/// What was found of lines of returns, by line.
pub async fn inspections(
    db: &Db,
    lines: &[Uuid],
) -> Result<HashMap<Uuid, Vec<return_inspection::Model>>> {
    let mut found: HashMap<Uuid, Vec<return_inspection::Model>> = HashMap::new();
    for row in queries::inspections_of_lines(db, lines).await? {
        found.entry(row.return_line_id).or_default().push(row);
    }
    Ok(found)
}

/// What carriers owe for parcels that went wrong, by return.
pub async fn carrier_claims(db: &Db, ids: &[Uuid]) -> Result<Vec<carrier_claim::Model>> {
    queries::carrier_claims(db, ids).await
}

/// Steps of payments that gave money back for returns, by return.
pub async fn refunds(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (id, step) in queries::refunds_of(db, ids).await? {
        found.entry(id).or_default().push(step);
    }
    Ok(found)
}

/// The returns for which steps of payments gave money back, by step.
pub async fn of_refunds(db: &Db, steps: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    Ok(queries::of_refunds(db, steps).await?.into_iter().collect())
}

/// The returns that orders make right, by goods in exchange or as replacement: by order.
pub async fn made_right_by(db: &Db, orders: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    Ok(queries::made_right_by(db, orders).await?.into_iter().collect())
}

/// What breaks the promises of returns.
pub(crate) async fn check(db: &Db) -> Result<[crate::integrity::Check; 3]> {
    let settled = crate::integrity::grouped(
        db,
        "returns against refunds and inspections",
        "returns",
        queries::settled_off(),
        |(number, what, told, there)| {
            format!("return {number}: {told} {what}, and there is {there}")
        },
    )
    .await?;
    let counts = crate::integrity::grouped(
        db,
        "open returns against orders",
        "returns",
        queries::counts_off(),
        |(number, what, told, there)| {
            format!("order {number} tells of {told} returns {what}, and {there} are")
        },
    )
    .await?;
    let exchanged = crate::integrity::grouped(
        db,
        "exchanges against payments",
        "orders",
        queries::exchanged_off(),
        |(number, what, told, there)| format!("{number}: {told} {what}, and there is {there}"),
    )
    .await?;
    Ok([counts, settled, exchanged])
}

//! Questions about purchase orders.

use super::sql as queries;
use crate::actor::Actor;
use crate::error::Result;
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::PurchaseOrderState;
use entities::{purchase_order, purchase_order_line, supplier};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Which purchase orders.
#[derive(Debug, Clone, Default)]
pub struct PurchaseOrderFilter {
    /// In these states.
    pub states: Option<Vec<PurchaseOrderState>>,
    /// Delivered to one of these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// From this supplier.
    pub supplier_id: Option<Uuid>,
}

const NEWEST: Order = Order::by_id("p.id", true);

/// A page of purchase orders within reach, newest first.
pub async fn purchase_orders(
    db: &Db,
    actor: &Actor,
    filter: &PurchaseOrderFilter,
    page: &PageArgs,
) -> Result<Rows<purchase_order::Model>> {
    actor.require(Permission::PurchasingRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, &actor.reach, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many purchase orders a filter finds.
pub async fn purchase_orders_count(
    db: &Db,
    actor: &Actor,
    filter: &PurchaseOrderFilter,
) -> Result<i64> {
    actor.require(Permission::PurchasingRead)?;
    queries::count(db, &actor.reach, filter).await
}

/// Purchase orders by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<purchase_order::Model>> {
    actor.require(Permission::PurchasingRead)?;
    queries::by_ids(db, &actor.reach, ids).await
}

/// The lines of purchase orders, in order.
pub async fn lines_of(db: &Db, ids: &[Uuid]) -> Result<Vec<purchase_order_line::Model>> {
    queries::lines_of(db, ids).await
}

/// When the supplier is to be paid: as many days after the goods came as was agreed, or after they are to come.
pub fn payment_due_at(
    order: &purchase_order::Model,
    supplier: &supplier::Model,
) -> Option<OffsetDateTime> {
    order.ordered_at?;
    let from = order.received_at.or(order.expected_at)?;
    Some(from + Duration::days(supplier.payment_terms_days.into()))
}

//! Questions about orders.

use super::sql as queries;
pub use super::sql::{Beside, ListedOrder};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::page::{Cursor, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{
    HoldReason, OrderFlagCode, OrderFulfillmentState, OrderPaymentState, OrderReturnState,
    OrderState, RiskLevel,
};
use entities::{note, order, order_adjustment, order_flag, order_hold, order_line, order_tag};
use rust_decimal::Decimal;
use time::OffsetDateTime;
use uuid::Uuid;

/// One of several ways to name an order.
#[derive(Debug, Clone)]
pub enum OrderBy {
    /// By id.
    Id(Uuid),
    /// By number.
    Number(String),
    /// By what its channel calls it: the channel's code and the reference.
    Reference(String, String),
}

/// Which orders.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// In these states.
    pub states: Option<Vec<OrderState>>,
    /// In these states of fulfillment.
    pub fulfillment_states: Option<Vec<OrderFulfillmentState>>,
    /// In these states of payment.
    pub payment_states: Option<Vec<OrderPaymentState>>,
    /// In these states of return.
    pub return_states: Option<Vec<OrderReturnState>>,
    /// Of these channels.
    pub channel_ids: Option<Vec<Uuid>>,
    /// With a fulfillment at one of these locations.
    pub location_ids: Option<Vec<Uuid>>,
    /// Of this customer.
    pub customer_id: Option<Uuid>,
    /// Of this user.
    pub assignee_id: Option<Uuid>,
    /// With one of these labels.
    pub tags: Option<Vec<String>>,
    /// With one of these flags.
    pub flags: Option<Vec<OrderFlagCode>>,
    /// Of these levels of risk.
    pub risk_levels: Option<Vec<RiskLevel>>,
    /// Held, or not.
    pub on_hold: Option<bool>,
    /// Held for one of these reasons.
    pub hold_reasons: Option<Vec<HoldReason>>,
    /// Placed from this moment.
    pub placed_from: Option<OffsetDateTime>,
    /// Placed before this moment.
    pub placed_to: Option<OffsetDateTime>,
    /// Promised from this moment.
    pub promised_from: Option<OffsetDateTime>,
    /// Promised before this moment.
    pub promised_to: Option<OffsetDateTime>,
    /// Of this grand total at least, each in its own currency.
    pub total_min: Option<Decimal>,
    /// Of this grand total at most, each in its own currency.
    pub total_max: Option<Decimal>,
    /// With a line of this SKU.
    pub sku: Option<String>,
    /// Shipped to these countries.
    pub country_codes: Option<Vec<String>>,
    /// Found by this text; see [`search`].
    pub search: Option<String>,
}

/// How orders are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderSort {
    /// Newest first.
    #[default]
    PlacedAtDesc,
    /// Oldest first.
    PlacedAtAsc,
    /// Dearest first, by minor units.
    GrandTotalDesc,
    /// Promised soonest first; without a promise last.
    PromisedByAsc,
}

impl OrderSort {
    fn cursor(self, row: &ListedOrder) -> Cursor {
        let value = match self {
            Self::PlacedAtDesc | Self::PlacedAtAsc => SortValue::at(row.order.placed_at),
            Self::GrandTotalDesc => SortValue::Number(row.order.grand_total_minor),
            Self::PromisedByAsc => SortValue::at(
                row.order.promised_by.unwrap_or(time::macros::datetime!(9999-12-31 0:00 UTC)),
            ),
        };
        Cursor::new(value, row.order.id)
    }
}

/// An order in reach, by whichever name.
pub async fn order(
    db: &Db,
    actor: &Actor,
    by: &OrderBy,
    beside: Beside,
) -> Result<Option<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    queries::named(db, actor, by, beside).await
}

/// A page of orders.
pub async fn orders(
    db: &Db,
    actor: &Actor,
    filter: &OrderFilter,
    sort: OrderSort,
    page: &PageArgs,
    beside: Beside,
) -> Result<Rows<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    check(actor, filter)?;
    let order = sort.order(db);
    let page = page.check(order)?;
    let rows = queries::list(db, filter.sql(actor), page.sql(order), beside).await?;
    Ok(page.finish(rows, |row| sort.cursor(row)))
}

/// How many orders a filter finds.
pub async fn orders_count(db: &Db, actor: &Actor, filter: &OrderFilter) -> Result<i64> {
    actor.require(Permission::OrdersRead)?;
    check(actor, filter)?;
    queries::count(db, filter.sql(actor)).await
}

fn check(actor: &Actor, filter: &OrderFilter) -> Result<()> {
    if filter.risk_levels.is_some() {
        actor.require(Permission::OrdersRisk)?;
    }
    if filter.search.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(Error::BadInput("`search` has at most 200 characters".into()));
    }
    Ok(())
}

/// Orders by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    let beside = Beside { details: true, customer: false };
    queries::by_ids(db, actor, ids, beside).await
}

/// The seldom shown columns of orders that are in reach already.
pub async fn details_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order::Details>> {
    queries::details_of(db, orders).await
}

/// The lines of orders, in order.
pub async fn lines_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_line::Model>> {
    queries::lines_of(db, orders).await
}

/// Lines by id, within reach.
pub async fn lines_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order_line::Model>> {
    actor.require(Permission::OrdersRead)?;
    queries::lines_by_ids(db, actor, ids).await
}

/// The adjustments of orders, in order.
pub async fn adjustments_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_adjustment::Model>> {
    queries::adjustments_of(db, orders).await
}

/// The holds of orders, oldest first.
pub async fn holds_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_hold::Model>> {
    queries::holds_of(db, orders).await
}

/// The flags of orders.
pub async fn flags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_flag::Model>> {
    queries::flags_of(db, orders).await
}

/// Holds by id, within reach.
pub async fn holds_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<order_hold::Model>> {
    actor.require(Permission::OrdersRead)?;
    queries::holds_by_ids(db, actor, ids).await
}

/// The labels of orders.
pub async fn tags_of(db: &Db, orders: &[Uuid]) -> Result<Vec<order_tag::Model>> {
    queries::tags_of(db, orders).await
}

/// The notes about orders, newest first.
pub async fn notes_of(db: &Db, orders: &[Uuid]) -> Result<Vec<note::Model>> {
    queries::notes_of(db, orders).await
}

/// Notes by id, where the actor reaches the subject and may write about it.
pub async fn notes_by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<note::Model>> {
    let mut notes = queries::notes(db, ids).await?;
    let about = |kind: &str| -> Vec<Uuid> {
        notes.iter().filter(|note| note.subject_type == kind).map(|note| note.subject_id).collect()
    };
    let (orders, customers) = (about("ord"), about("cus"));
    let mut reached: Vec<Uuid> = Vec::new();
    if !orders.is_empty() && actor.may(Permission::OrdersWrite) {
        let found = queries::in_reach(db, actor, &orders).await?;
        reached.extend(found.into_iter().map(|order| order.id));
    }
    if !customers.is_empty() && actor.may(Permission::CustomersWrite) {
        reached.extend(queries::customers_in_reach(db, actor, &customers).await?);
    }
    notes.retain(|note| reached.contains(&note.subject_id));
    Ok(notes)
}

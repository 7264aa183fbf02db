//! The list of orders that people live in: filters, a search, four sorts.

pub(crate) mod search;
pub(super) mod sql;

use super::sql as queries;
use super::sql::{Beside, ListedOrder};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::page::{Cursor, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::store::Db;
use entities::enums::{
    HoldReason, OrderFlagCode, OrderFulfillmentState, OrderPaymentState, OrderReturnState,
    OrderState, RiskLevel,
};
use entities::order;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// Which orders.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[expect(clippy::unsafe_derive_deserialize, reason = "what is unsafe is in `time`'s `datetime!`")]
#[serde(default)]
pub struct OrderFilter {
    /// In these states.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<OrderState>>,
    /// In these states of fulfillment.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub fulfillment_states: Option<Vec<OrderFulfillmentState>>,
    /// In these states of payment.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub payment_states: Option<Vec<OrderPaymentState>>,
    /// In these states of return.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub return_states: Option<Vec<OrderReturnState>>,
    /// Of these channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_ids: Option<Vec<Uuid>>,
    /// With a fulfillment at one of these locations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_ids: Option<Vec<Uuid>>,
    /// Of this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<Uuid>,
    /// Of this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Uuid>,
    /// With one of these labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// With one of these flags.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<OrderFlagCode>>,
    /// Of these levels of risk.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub risk_levels: Option<Vec<RiskLevel>>,
    /// Held, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_hold: Option<bool>,
    /// Held for one of these reasons.
    #[serde(with = "crate::as_columns", skip_serializing_if = "Option::is_none")]
    pub hold_reasons: Option<Vec<HoldReason>>,
    /// Placed from this moment.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub placed_from: Option<OffsetDateTime>,
    /// Placed before this moment.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub placed_to: Option<OffsetDateTime>,
    /// Promised from this moment.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub promised_from: Option<OffsetDateTime>,
    /// Promised before this moment.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub promised_to: Option<OffsetDateTime>,
    /// Of this grand total at least, each in its own currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_min: Option<Decimal>,
    /// Of this grand total at most, each in its own currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_max: Option<Decimal>,
    /// With a line of this SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Shipped to these countries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_codes: Option<Vec<String>>,
    /// Found by this text: every word begins one by which the order is found; see [`search`].
    #[serde(skip_serializing_if = "Option::is_none")]
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
    /// The highest amount first, each in its own currency.
    GrandTotalDesc,
    /// Promised soonest first; without a promise last.
    PromisedByAsc,
}

impl OrderSort {
    fn cursor(self, row: &ListedOrder) -> Cursor {
        let value = match self {
            Self::PlacedAtDesc | Self::PlacedAtAsc => SortValue::at(row.order.placed_at),
            Self::GrandTotalDesc => SortValue::Number(scaled(&row.order)),
            Self::PromisedByAsc => SortValue::at(
                row.order.promised_by.unwrap_or(time::macros::datetime!(9999-12-31 0:00 UTC)),
            ),
        };
        Cursor::new(value, row.order.id)
    }
}

/// A total in ten-thousandths, whatever the digits of its currency, as `total_scaled` has it.
fn scaled(order: &order::Summary) -> i64 {
    let digits = Currency::from_code(&order.currency).map_or(2, Currency::digits);
    order.grand_total_minor.saturating_mul(10_i64.pow(4_u32.saturating_sub(digits)))
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
    let order = sort.order();
    let page = page.check(order)?;
    let list = filter.list(db, actor, sort);
    let rows = if list.filters.is_empty() {
        queries::list(db, list.conditions(), page.sql(order), beside).await?
    } else {
        let keys = list.find(db, &page).await?;
        queries::listed_by(db, keys, &page.order_by("k.at", "k.id", order), beside).await?
    };
    Ok(page.finish(rows, |row| sort.cursor(row)))
}

/// How many orders a filter finds.
pub async fn orders_count(db: &Db, actor: &Actor, filter: &OrderFilter) -> Result<i64> {
    actor.require(Permission::OrdersRead)?;
    check(actor, filter)?;
    sql::count(db, &filter.list(db, actor, OrderSort::PlacedAtDesc)).await
}

/// Those of these orders that a filter finds, whoever may see them.
pub(crate) async fn fitting(db: &Db, filter: &OrderFilter, orders: &[Uuid]) -> Result<Vec<Uuid>> {
    let list = filter.list(db, &Actor::system(), OrderSort::PlacedAtDesc);
    sql::among(db, orders, &list).await
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

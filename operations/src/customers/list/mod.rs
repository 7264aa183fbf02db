//! The list of customers: filters, and a search as people type it.

mod sql;

pub(crate) use sql::fitting;
pub(super) use sql::{fitting_count, tag_word};

use super::sql as queries;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Faults, RefusalCode, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::store::Db;
use entities::customer;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// Which customers: every condition given must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerFilter {
    /// Orders ever placed, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders_min: Option<i32>,
    /// And at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders_max: Option<i32>,
    /// What was paid in any one currency less what was given back, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_min: Option<Decimal>,
    /// And at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_max: Option<Decimal>,
    /// Units that came back of those that left, in millionths, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_ppm_min: Option<i64>,
    /// And at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_ppm_max: Option<i64>,
    /// Whose first order was placed from this moment.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub first_order_from: Option<OffsetDateTime>,
    /// And before this one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub first_order_to: Option<OffsetDateTime>,
    /// Whose last order was placed from this moment.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub last_order_from: Option<OffsetDateTime>,
    /// And before this one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub last_order_to: Option<OffsetDateTime>,
    /// With one of these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// With an address in one of these countries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_codes: Option<Vec<String>>,
    /// Who ordered in one of these channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_ids: Option<Vec<Uuid>>,
    /// Who agrees to all of these purposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented_to: Option<Vec<String>>,
    /// Whose scores are these or better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<i32>,
    /// The same of how often they order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<i32>,
    /// The same of what they pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monetary: Option<i32>,
}

/// Which customers: by a filter, by a text, of a segment.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// What holds of them.
    pub filter: CustomerFilter,
    /// By what they are found.
    pub search: Option<String>,
    /// To what they belong.
    pub segment: Option<Uuid>,
}

const NEWEST: Order = Order::by_id("c.id", true);
const CUSTOMERS: &str = "customers c";
/// Whoever was made one with another is listed with that one.
const SINGLE: &str = "c.merged_into is null";
/// Values of one list of a filter at most.
const MOST: usize = 100;

impl CustomerFilter {
    /// Checks what needs no database; `field` is where the filter stands.
    pub(crate) fn check(&self, faults: &mut Faults, field: &str) {
        let at = |name: &str| format!("{field}.{name}");
        for (name, count) in [
            ("tags", self.tags.as_ref().map(Vec::len)),
            ("countryCodes", self.country_codes.as_ref().map(Vec::len)),
            ("channelIds", self.channel_ids.as_ref().map(Vec::len)),
            ("consentedTo", self.consented_to.as_ref().map(Vec::len)),
        ] {
            if count.is_some_and(|count| count > MOST) {
                let message = format!("takes at most {MOST} values");
                faults.add(RefusalCode::LimitExceeded, &at(name), message);
            }
        }
        for (index, code) in self.country_codes.iter().flatten().enumerate() {
            checks::country(faults, &at(&format!("countryCodes.{index}")), code);
        }
        for (name, score) in
            [("recency", self.recency), ("frequency", self.frequency), ("monetary", self.monetary)]
        {
            if let Some(score) = score {
                checks::within(faults, &at(&format!("rfmAtLeast.{name}")), score, 1, 5);
            }
        }
    }

    /// Whether it asks how customers compare.
    pub(super) fn compares(&self) -> bool {
        self.recency.is_some() || self.frequency.is_some() || self.monetary.is_some()
    }

    /// Whether it asks what is known over all channels.
    fn is_of_the_whole_shop(&self) -> bool {
        let Self {
            orders_min,
            orders_max,
            lifetime_min,
            lifetime_max,
            return_ppm_min,
            return_ppm_max,
            first_order_from,
            first_order_to,
            last_order_from,
            last_order_to,
            tags: _,
            country_codes: _,
            channel_ids: _,
            consented_to: _,
            recency: _,
            frequency: _,
            monetary: _,
        } = self;
        let moments = [first_order_from, first_order_to, last_order_from, last_order_to];
        self.compares()
            || [orders_min, orders_max].into_iter().any(Option::is_some)
            || [lifetime_min, lifetime_max].into_iter().any(Option::is_some)
            || [return_ppm_min, return_ppm_max].into_iter().any(Option::is_some)
            || moments.into_iter().any(Option::is_some)
    }
}

/// A page of customers within reach, whoever was first seen last before the others.
pub async fn customers(
    db: &Db,
    actor: &Actor,
    which: &Which,
    page: &PageArgs,
) -> Result<Rows<customer::Model>> {
    let page = page.check(NEWEST)?;
    let list = sql::list(db, actor, which).await?;
    let keys = list.find(db, &page).await?;
    let rows = queries::page(db, keys, &page.order_by("k.at", "k.id", NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many customers that finds.
pub async fn customers_count(db: &Db, actor: &Actor, which: &Which) -> Result<i64> {
    let list = sql::list(db, actor, which).await?;
    queries::counted(db, list.conditions()).await
}

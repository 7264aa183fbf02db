//! The list of customers: filters, and a search as people type it.

use super::search::Search;
use super::value::rfm::{Dimension, Steps};
use super::value::sees_all;
use super::{segments, sql};
use crate::actor::Actor;
use crate::checks::{self, fold};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::sql::{Sql, sql};
use crate::store::Db;
use crate::work_list::{Filter, List, Way};
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

/// Rows beside customers, by an index in the order of their ids.
fn beside(from: &'static str, condition: Sql) -> Way {
    Way { from, condition, at: Some("d.customer_id"), id: "d.customer_id" }
}

/// The same by an index in an order of its own.
fn measured(from: &'static str, condition: Sql) -> Filter {
    let exists = sql(format!("exists (select 1 from {from} where d.customer_id = c.id and "))
        .join(condition.clone())
        .add(")");
    let way = Way { from, condition, at: None, id: "d.customer_id" };
    Filter::gathered(exists, way)
}

/// A condition of bounds on a column beside customers; none without bounds.
fn range(
    from: &'static str,
    column: &str,
    bounds: Vec<(&'static str, sea_orm::Value)>,
) -> Option<Filter> {
    let condition = bounds.into_iter().fold(sql(""), |text, (sign, value)| {
        let and = if text.is_empty() { "" } else { " and " };
        text.add(&format!("{and}{column} {sign} ?")).bind(value)
    });
    (!condition.is_empty()).then(|| measured(from, condition))
}

fn bounds<T: Into<sea_orm::Value>>(
    least: Option<T>,
    most: (&'static str, Option<T>),
) -> Vec<(&'static str, sea_orm::Value)> {
    let both = [(">=", least), most];
    both.into_iter().filter_map(|(sign, value)| Some((sign, value?.into()))).collect()
}

/// What an index of words or countries lists, a part of it for each value.
fn listed(from: &'static str, column: &str, values: &[String]) -> Filter {
    let condition = sql(format!(
        "exists (select 1 from {from} where d.customer_id = c.id and {column} = any(?))"
    ))
    .texts(values);
    let way = |value: &String| beside(from, sql(format!("{column} = ?")).bind(value.as_str()));
    Filter::listed(condition, values.iter().map(way).collect())
}

/// The word by which a label is found.
pub(super) fn tag_word(tag: &str) -> String {
    format!("#{}", fold(tag))
}

/// An amount in ten-thousandths of its currency.
fn scaled(amount: Decimal, up: bool) -> i64 {
    use rust_decimal::prelude::ToPrimitive;
    let scaled = amount.saturating_mul(Decimal::from(10_000));
    let whole = if up { scaled.ceil() } else { scaled.floor() };
    whole.to_i64().unwrap_or(if amount.is_sign_negative() { i64::MIN } else { i64::MAX })
}

impl CustomerFilter {
    /// Checks what needs no database; `field` is where the filter stands.
    pub(super) fn check(&self, faults: &mut Faults, field: &str) {
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

    /// Its conditions, each with the index that serves it.
    pub(super) fn filters(&self, actor: &Actor, steps: &Steps) -> Vec<Filter> {
        const VALUES: &str = "customer_values d";
        const SUMS: &str = "customer_sums d";
        let mut filters = Vec::new();
        let lifetime = bounds(
            self.lifetime_min.map(|amount| scaled(amount, true)),
            ("<=", self.lifetime_max.map(|amount| scaled(amount, false))),
        );
        filters.extend(range(VALUES, "d.orders", bounds(self.orders_min, ("<=", self.orders_max))));
        filters.extend(range(SUMS, "d.lifetime_scaled", lifetime));
        let returned = bounds(self.return_ppm_min, ("<=", self.return_ppm_max));
        filters.extend(range(VALUES, "d.return_ppm", returned));
        let first = bounds(self.first_order_from, ("<", self.first_order_to));
        filters.extend(range(VALUES, "d.first_order_at", first));
        let last = bounds(self.last_order_from, ("<", self.last_order_to));
        filters.extend(range(VALUES, "d.last_order_at", last));
        if let Some(tags) = &self.tags {
            let words: Vec<String> = tags.iter().map(|tag| tag_word(tag)).collect();
            filters.push(listed("customer_words d", "d.word", &words));
        }
        if let Some(codes) = &self.country_codes {
            let codes: Vec<String> = codes.iter().map(|code| code.to_ascii_uppercase()).collect();
            filters.push(listed("customer_addresses d", "d.country_code", &codes));
        }
        if let Some(ids) = &self.channel_ids {
            let ordered = sql(
                "exists (select 1 from orders o where o.customer_id = c.id and not o.draft and o.channel_id = any(?)",
            );
            let condition = ordered.ids(ids).join(actor.reach.orders_sql("o")).add(")");
            filters.push(Filter::looking(condition));
        }
        for purpose in self.consented_to.iter().flatten() {
            let condition = sql("exists (select 1 from consents k where k.customer_id = c.id and k.purpose = ? and k.granted
                   and not exists (select 1 from consents l
                       where l.customer_id = k.customer_id and l.purpose = k.purpose and l.id > k.id))");
            filters.push(Filter::looking(condition.bind(purpose.trim().to_lowercase())));
        }
        for (dimension, score, column) in [
            (Dimension::Recency, self.recency, "d.last_order_at"),
            (Dimension::Frequency, self.frequency, "d.kept"),
        ] {
            filters.extend(score.map(|score| scored(steps, (dimension, score), column)));
        }
        filters.extend(self.monetary.map(|score| monetary(steps, score)));
        filters
    }
}

/// Who scores so, or better. As long as nobody was compared, nobody does.
fn scored(steps: &Steps, (dimension, score): (Dimension, i32), column: &'static str) -> Filter {
    let ordered = sql("d.last_order_at is not null");
    if steps.is_empty() {
        return Filter::looking(sql("false"));
    }
    let condition = match steps.below(dimension, score).first() {
        Some(step) => ordered.add(&format!(" and {column} > ?")).bind(step.bound()),
        None => ordered,
    };
    measured("customer_values d", condition)
}

/// Who paid so much in any currency.
fn monetary(steps: &Steps, score: i32) -> Filter {
    if steps.is_empty() {
        return Filter::looking(sql("false"));
    }
    let mut condition = sql("");
    for step in steps.below(Dimension::Monetary, score) {
        let or = if condition.is_empty() { "(" } else { " or (" };
        condition = condition
            .add(&format!("{or}d.currency = ? and d.lifetime_scaled > ?)"))
            .bind(step.currency())
            .bind(step.bound());
    }
    let condition =
        if condition.is_empty() { sql("true") } else { sql("(").join(condition).add(")") };
    measured("customer_sums d", condition)
}

/// What is asked for, within the actor's reach.
async fn list(db: &Db, actor: &Actor, which: &Which) -> Result<List> {
    actor.require(Permission::CustomersRead)?;
    let mut faults = Faults::default();
    which.filter.check(&mut faults, "filter");
    if which.search.as_ref().is_some_and(|text| text.chars().count() > 200) {
        faults.add(RefusalCode::Invalid, "search", "has at most 200 characters");
    }
    if let Some(fault) = faults.into_vec().first() {
        return Err(Error::BadInput(format!("`{}` {}", fault.field.join("."), fault.message)));
    }
    let whole = which.segment.is_some() || which.filter.is_of_the_whole_shop();
    if whole && !sees_all(actor) {
        let message = "what is known over all channels needs reach over all of them";
        return Err(Error::BadInput(message.into()));
    }
    let mut filters = vec![Filter::looking(sql(SINGLE))];
    filters.extend(segment(db, actor, which.segment).await?);
    let steps = if which.filter.compares() { Steps::read(db).await? } else { Steps::default() };
    filters.extend(which.filter.filters(actor, &steps));
    let reach = actor.reach.customers_sql("c.id");
    if !reach.is_empty() {
        filters.push(Filter::looking(sql("true").join(reach)));
    }
    if let Some(text) = which.search.as_deref() {
        filters.extend(Search::of(text).find(db, actor).await?);
    }
    Ok(List { table: CUSTOMERS, order: NEWEST, is_usual: true, filters, bounds: Vec::new() })
}

/// Who belongs to a segment: as they were looked at, or, before all were, as its filter says.
async fn segment(db: &Db, actor: &Actor, segment: Option<Uuid>) -> Result<Vec<Filter>> {
    let Some(id) = segment else { return Ok(Vec::new()) };
    let Some(row) = segments::sql::by_ids(db, &[id]).await?.pop() else {
        return Err(Error::BadInput("`segmentId` is no segment".into()));
    };
    if row.counted {
        let condition = sql(
            "exists (select 1 from segment_members d where d.customer_id = c.id and d.segment_id = ?)",
        );
        let way = beside("segment_members d", sql("d.segment_id = ?").bind(id));
        return Ok(vec![Filter::listed(condition.bind(id), vec![way])]);
    }
    let filter = segments::filter_of(&row)?;
    let steps = if filter.compares() { Steps::read(db).await? } else { Steps::default() };
    Ok(filter.filters(actor, &steps))
}

/// A page of customers within reach, whoever was first seen last before the others.
pub async fn customers(
    db: &Db,
    actor: &Actor,
    which: &Which,
    page: &PageArgs,
) -> Result<Rows<customer::Model>> {
    let page = page.check(NEWEST)?;
    let list = list(db, actor, which).await?;
    let keys = list.find(db, &page).await?;
    let rows = sql::page(db, keys, &page.order_by("k.at", "k.id", NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::Id, row.id)))
}

/// How many customers that finds.
pub async fn customers_count(db: &Db, actor: &Actor, which: &Which) -> Result<i64> {
    let list = list(db, actor, which).await?;
    sql::counted(db, list.conditions()).await
}

/// How many customers fit a filter, all of them.
pub(super) async fn fitting_count(db: &Db, filter: &CustomerFilter) -> Result<i64> {
    sql::counted(db, conditions(db, filter).await?).await
}

/// Those of these customers who fit a filter.
pub(super) async fn fitting(
    db: &Db,
    filter: &CustomerFilter,
    customers: &[Uuid],
) -> Result<Vec<Uuid>> {
    sql::among(db, customers, conditions(db, filter).await?).await
}

async fn conditions(db: &Db, filter: &CustomerFilter) -> Result<Sql> {
    let steps = if filter.compares() { Steps::read(db).await? } else { Steps::default() };
    let mut filters = vec![Filter::looking(sql(SINGLE))];
    filters.extend(filter.filters(&Actor::system(), &steps));
    let all = List { table: CUSTOMERS, order: NEWEST, is_usual: true, filters, bounds: Vec::new() };
    Ok(all.conditions())
}

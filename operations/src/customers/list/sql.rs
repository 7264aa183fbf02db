//! The queries of the list of customers: what each filter says, and the index that serves it.

use super::{CUSTOMERS, CustomerFilter, NEWEST, SINGLE, Which};
use crate::actor::Actor;
use crate::checks::fold;
use crate::customers::search::Search;
use crate::customers::value::rfm::{Dimension, Steps};
use crate::customers::value::sees_all;
use crate::customers::{segments, sql as queries};
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::permissions::Permission;
use crate::sql::{Sql, sql};
use crate::store::Db;
use crate::work_list::{Filter, List, Way};
use rust_decimal::Decimal;
use uuid::Uuid;

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
pub(in crate::customers) fn tag_word(tag: &str) -> String {
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
pub(super) async fn list(db: &Db, actor: &Actor, which: &Which) -> Result<List> {
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
    let mut filters = segment(db, actor, which.segment).await?;
    let steps = if which.filter.compares() { Steps::read(db).await? } else { Steps::default() };
    filters.extend(which.filter.filters(actor, &steps));
    let reach = actor.reach.customers_sql("c.id");
    if !reach.is_empty() {
        filters.push(Filter::looking(sql("true").join(reach)));
    }
    let found = match which.search.as_deref() {
        Some(text) => Search::of(text).find(db, actor).await?,
        None => None,
    };
    // By no word is anybody found who was made one with another; what words list alone needs no look at each customer.
    filters.push(found.unwrap_or_else(|| Filter::looking(sql(SINGLE))));
    Ok(List { table: CUSTOMERS, order: NEWEST, is_usual: true, filters, bounds: Vec::new() })
}

/// Who belongs to a segment: as they were looked at, or, before all were, as its filter says.
async fn segment(db: &Db, actor: &Actor, segment: Option<Uuid>) -> Result<Vec<Filter>> {
    let Some(id) = segment else { return Ok(Vec::new()) };
    let Some(row) = segments::sql::by_ids(db, &[id]).await?.pop() else {
        return Err(Error::BadInput("`segmentId` is no segment".into()));
    };
    // While all are looked at anew, some of those who belong to it are not known.
    if row.counted && row.swept_to.is_none() {
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

/// How many customers fit a filter, all of them.
pub(in crate::customers) async fn fitting_count(db: &Db, filter: &CustomerFilter) -> Result<i64> {
    queries::counted(db, conditions(db, filter).await?).await
}

/// Those of these customers who fit a filter.
pub(crate) async fn fitting(
    db: &Db,
    filter: &CustomerFilter,
    customers: &[Uuid],
) -> Result<Vec<Uuid>> {
    queries::among(db, customers, conditions(db, filter).await?).await
}

async fn conditions(db: &Db, filter: &CustomerFilter) -> Result<Sql> {
    let steps = if filter.compares() { Steps::read(db).await? } else { Steps::default() };
    let mut filters = vec![Filter::looking(sql(SINGLE))];
    filters.extend(filter.filters(&Actor::system(), &steps));
    let all = List { table: CUSTOMERS, order: NEWEST, is_usual: true, filters, bounds: Vec::new() };
    Ok(all.conditions())
}

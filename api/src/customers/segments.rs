//! Segments and filters of customers, as the schema shows them.

use crate::context::Ask;
use crate::errors::{Failure, UserError};
use crate::ids::{Kind, encode, id, uuid};
use crate::scalars::{CountryCode, DateTime, DateTimeRange, Decimal, MoneyRange, int};
use async_graphql::{Context, ID, InputObject, InputType, Object, SimpleObject};
use entities::segment;
use operations::customers::list;
use operations::customers::segments::{filter_of, read};
use std::sync::Arc;

/// Whole numbers, the ends among them.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct IntRange {
    /// The least; none for no bound.
    min: Option<i32>,
    /// The most; none for no bound.
    max: Option<i32>,
}

/// Numbers, the ends among them.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct FloatRange {
    /// The least; none for no bound.
    min: Option<f64>,
    /// The most; none for no bound.
    max: Option<f64>,
}

/// Scores from 1 to 5, each of them or better.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct RfmScoreInput {
    /// By when they last ordered.
    recency: Option<i32>,
    /// By how often they order.
    frequency: Option<i32>,
    /// By what they pay.
    monetary: Option<i32>,
}

/// Which customers: every condition given must hold. `orderCount`, `lifetimeValue`, `returnRate`, `firstOrderAt`, `lastOrderAt` and `rfmAtLeast` are
/// those of `Customer.value`, over all channels, and need reach over all of them.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct CustomerFilter {
    /// Orders ever placed.
    order_count: Option<IntRange>,
    /// Lifetime value in any one currency.
    lifetime_value: Option<MoneyRange>,
    /// Units that came back of all that left: 0.25 is a quarter. Whoever was sent nothing has no rate.
    return_rate: Option<FloatRange>,
    /// When the first order was placed.
    first_order_at: Option<DateTimeRange>,
    /// When the last order was placed.
    last_order_at: Option<DateTimeRange>,
    /// One of these labels at least, in upper or lower case; up to 100.
    tags: Option<Vec<String>>,
    /// An address in one of these countries; up to 100.
    country_codes: Option<Vec<CountryCode>>,
    /// Orders in one of these channels; up to 100.
    channel_ids: Option<Vec<ID>>,
    /// All of these purposes are agreed to; up to 100.
    consented_to: Option<Vec<String>>,
    /// How they compare.
    rfm_at_least: Option<RfmScoreInput>,
}

/// A part of a whole in millionths.
fn ppm(rate: f64) -> i64 {
    use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
    let exact = rust_decimal::Decimal::from_f64(rate).unwrap_or_default();
    exact.saturating_mul(1_000_000.into()).round().to_i64().unwrap_or(i64::MAX)
}

fn rate(ppm: i64) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    rust_decimal::Decimal::new(ppm, 6).to_f64().unwrap_or_default()
}

impl From<CustomerFilter> for list::CustomerFilter {
    fn from(filter: CustomerFilter) -> Self {
        let CustomerFilter {
            order_count,
            lifetime_value,
            return_rate,
            first_order_at,
            last_order_at,
            tags,
            country_codes,
            channel_ids,
            consented_to,
            rfm_at_least,
        } = filter;
        let orders = order_count.unwrap_or_default();
        let lifetime = lifetime_value.unwrap_or_default();
        let returned = return_rate.unwrap_or_default();
        let first = DateTimeRange::ends(first_order_at.as_ref());
        let last = DateTimeRange::ends(last_order_at.as_ref());
        let scores = rfm_at_least.unwrap_or_default();
        let codes = |codes: Vec<CountryCode>| {
            codes.into_iter().map(|code| code.0.trim().to_ascii_uppercase()).collect()
        };
        let ids = |ids: Vec<ID>| ids.iter().map(|id| uuid(Kind::Channel, id)).collect();
        Self {
            orders_min: orders.min,
            orders_max: orders.max,
            lifetime_min: lifetime.min.map(|amount| amount.0),
            lifetime_max: lifetime.max.map(|amount| amount.0),
            return_ppm_min: returned.min.map(ppm),
            return_ppm_max: returned.max.map(ppm),
            first_order_from: first.0,
            first_order_to: first.1,
            last_order_from: last.0,
            last_order_to: last.1,
            tags,
            country_codes: country_codes.map(codes),
            channel_ids: channel_ids.map(ids),
            consented_to,
            recency: scores.recency,
            frequency: scores.frequency,
            monetary: scores.monetary,
        }
    }
}

impl From<list::CustomerFilter> for CustomerFilter {
    fn from(filter: list::CustomerFilter) -> Self {
        let ints = |min: Option<i32>, max: Option<i32>| {
            (min.is_some() || max.is_some()).then_some(IntRange { min, max })
        };
        let moments = |from: Option<time::OffsetDateTime>, to: Option<time::OffsetDateTime>| {
            let range = DateTimeRange { from: from.map(DateTime), to: to.map(DateTime) };
            (from.is_some() || to.is_some()).then_some(range)
        };
        let (least, most) = (filter.lifetime_min.map(Decimal), filter.lifetime_max.map(Decimal));
        let (low, high) = (filter.return_ppm_min.map(rate), filter.return_ppm_max.map(rate));
        let scores = RfmScoreInput {
            recency: filter.recency,
            frequency: filter.frequency,
            monetary: filter.monetary,
        };
        let compares = [scores.recency, scores.frequency, scores.monetary];
        let codes = |codes: Vec<String>| codes.into_iter().map(CountryCode).collect();
        let ids =
            |ids: Vec<uuid::Uuid>| ids.into_iter().map(|one| id(Kind::Channel, one)).collect();
        Self {
            order_count: ints(filter.orders_min, filter.orders_max),
            lifetime_value: (least.is_some() || most.is_some())
                .then_some(MoneyRange { min: least, max: most }),
            return_rate: (low.is_some() || high.is_some())
                .then_some(FloatRange { min: low, max: high }),
            first_order_at: moments(filter.first_order_from, filter.first_order_to),
            last_order_at: moments(filter.last_order_from, filter.last_order_to),
            tags: filter.tags,
            country_codes: filter.country_codes.map(codes),
            channel_ids: filter.channel_ids.map(ids),
            consented_to: filter.consented_to,
            rfm_at_least: compares.into_iter().any(|score| score.is_some()).then_some(scores),
        }
    }
}

/// A value without what is null in it.
pub(crate) fn said(value: serde_json::Value) -> serde_json::Value {
    let serde_json::Value::Object(fields) = value else { return value };
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| (name, said(value))).collect()
}

#[derive(Clone)]
pub(crate) struct Segment(pub(crate) Arc<segment::Model>);

/// Customers who fit a filter. Whoever comes to it or leaves it is told of by `segment.joined` and `segment.left`, within a second or so, but for those
/// who belonged to it when it was defined; `segment.counted` says when all of these were looked at. Needs `CUSTOMERS_READ` and reach over all channels.
#[Object]
impl Segment {
    /// Its id, `seg_…`.
    pub(crate) async fn id(&self) -> ID {
        ID(encode(Kind::Segment, self.0.id))
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Who belongs to it, as a `CustomerFilter`.
    fn filter(&self) -> Result<async_graphql::Json<serde_json::Value>, Failure> {
        let filter = CustomerFilter::from(filter_of(&self.0)?);
        let json = filter.to_value().into_json().unwrap_or_default();
        Ok(async_graphql::Json(said(json)))
    }

    /// How many customers belong to it now.
    async fn customer_count(&self, ctx: &Context<'_>) -> Result<i32, Failure> {
        Ok(int(read::customer_count(&ctx.read(), &self.0).await?))
    }
}

/// Who belongs together.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentDefineInput {
    /// Which one to change; a new one without it.
    pub(super) segment_id: Option<ID>,
    /// Its name, up to 200 characters; no other segment has it.
    pub(super) name: String,
    /// Who belongs to it: at least one condition.
    pub(super) filter: CustomerFilter,
}

/// What came of the definition of a segment.
#[derive(SimpleObject)]
pub(crate) struct SegmentPayload {
    /// The segment; null when refused, and without `CUSTOMERS_READ`.
    pub(super) segment: Option<Segment>,
    /// Why it was refused; empty when it was not.
    pub(super) user_errors: Vec<UserError>,
}

//! Questions about orders.

use super::sql as queries;
pub use super::sql::ListedOrder;
use crate::actor::Actor;
use crate::catalog::read::begins;
use crate::checks::{fold, fold_phone};
use crate::error::{Error, Result};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::sql::{Sql, sql};
use crate::store::Db;
use entities::enums::{OrderFulfillmentState, OrderPaymentState, OrderReturnState, OrderState};
use entities::{note, order_adjustment, order_line, order_tag};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
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
    fn order(self, db: &Db) -> Order {
        match self {
            Self::PlacedAtDesc => Order::by_time("o.placed_at", "o.id", true),
            Self::PlacedAtAsc => Order::by_time("o.placed_at", "o.id", false),
            Self::GrandTotalDesc => Order::by_number("o.grand_total_minor", "o.id", true),
            // The same expression as the index has.
            Self::PromisedByAsc if db.is_postgres() => Order::by_time(
                "coalesce(o.promised_by, timestamptz '9999-12-31 00:00:00+00')",
                "o.id",
                false,
            ),
            Self::PromisedByAsc => Order::by_time(
                "coalesce(o.promised_by, '9999-12-31T00:00:00.000000Z')",
                "o.id",
                false,
            ),
        }
    }

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

fn names<E: ActiveEnum<Value = String>>(values: &[E]) -> Vec<String> {
    values.iter().map(ActiveEnum::to_value).collect()
}

impl OrderFilter {
    fn sql(&self, actor: &Actor) -> Sql {
        let mut condition = actor.reach.orders_sql("o");
        let texts = [
            ("o.state", self.states.as_deref().map(names)),
            ("o.fulfillment_state", self.fulfillment_states.as_deref().map(names)),
            ("o.payment_state", self.payment_states.as_deref().map(names)),
            ("o.return_state", self.return_states.as_deref().map(names)),
            ("o.country_code", self.country_codes.clone()),
        ];
        for (column, values) in texts {
            // One value is compared as itself, so that an index in the list's order serves it.
            match values.as_deref() {
                Some([single]) => {
                    condition = condition.add(&format!(" and {column} = ?")).bind(single.as_str());
                }
                Some(several) => {
                    condition = condition.add(&format!(" and {column} = any(?)")).texts(several);
                }
                None => {}
            }
        }
        match self.channel_ids.as_deref() {
            Some([single]) => condition = condition.add(" and o.channel_id = ?").bind(*single),
            Some(several) => condition = condition.add(" and o.channel_id = any(?)").ids(several),
            None => {}
        }
        if let Some(ids) = &self.location_ids {
            let text = " and exists (select 1 from fulfillment_orders at_o
                 join fulfillments at_f on at_f.id = at_o.fulfillment_id
                 where at_o.order_id = o.id and at_f.location_id = any(?))";
            condition = condition.add(text).ids(ids);
        }
        for (column, id) in
            [("o.customer_id", self.customer_id), ("o.assignee_id", self.assignee_id)]
        {
            if let Some(id) = id {
                condition = condition.add(&format!(" and {column} = ?")).bind(id);
            }
        }
        if let Some(tags) = &self.tags {
            let text = " and o.id in (select order_id from order_tags where tag = any(?))";
            condition = condition.add(text).texts(tags);
        }
        for (comparison, at) in [
            ("o.placed_at >=", self.placed_from),
            ("o.placed_at <", self.placed_to),
            ("o.promised_by >=", self.promised_from),
            ("o.promised_by <", self.promised_to),
        ] {
            if let Some(at) = at {
                condition = condition.add(&format!(" and {comparison} ?")).bind(at);
            }
        }
        for (sign, amount) in [(">=", self.total_min), ("<=", self.total_max)] {
            if let Some(amount) = amount {
                condition = condition.join(total(sign, amount));
            }
        }
        if let Some(sku) = &self.sku {
            let text = " and o.id in (select order_id from order_lines where sku_key = ?)";
            condition = condition.add(text).bind(fold(sku));
        }
        match &self.search {
            Some(text) => condition.join(search(text)),
            None => condition,
        }
    }
}

/// An amount in major units against each row's own currency.
fn total(sign: &str, amount: Decimal) -> Sql {
    let minor = |digits: u32| {
        let scaled = amount.saturating_mul(Decimal::from(10_i64.pow(digits)));
        let whole = if sign == ">=" { scaled.ceil() } else { scaled.floor() };
        i64::try_from(whole.trunc().mantissa()).unwrap_or(i64::MAX)
    };
    sql(format!(
        " and o.grand_total_minor {sign} case o.currency_digits when 0 then ? when 3 then ? when 4 then ? else ? end"
    ))
    .bind(minor(0))
    .bind(minor(3))
    .bind(minor(4))
    .bind(minor(2))
}

/// Words of a search at most; more are left out.
const SEARCH_WORDS: usize = 6;

/// ` and …` for a search: every word must begin the order number, the channel reference, a word of
/// the customer's name, the email, the telephone number or a SKU of the order.
fn search(text: &str) -> Sql {
    let folded = fold(text);
    let mut condition = sql("");
    for word in folded.split_whitespace().take(SEARCH_WORDS) {
        let raw = original(text, word);
        let digits = fold_phone(word);
        let customers = |word: &str| {
            sql("select o2.id from customer_words w join orders o2 on o2.customer_id = w.customer_id where ")
                .join(begins("w.word", word))
        };
        let mut found = sql(" and o.id in (select id from orders where ")
            .join(begins("number", &word.to_uppercase()))
            .add(" union select id from orders where channel_reference is not null and ")
            .join(begins("channel_reference", &raw))
            .add(" union select id from orders where email_key is not null and ")
            .join(begins("email_key", word))
            .add(" union select order_id from order_lines where ")
            .join(begins("sku_key", word))
            .add(" union ")
            .join(customers(word));
        let phone_like =
            digits.len() >= 4 && word.chars().all(|c| c.is_ascii_digit() || "+-()/.".contains(c));
        if phone_like {
            found = found
                .add(" union select id from orders where phone_key is not null and ")
                .join(begins("phone_key", &digits))
                .add(" union ")
                .join(customers(&digits));
        }
        condition = condition.join(found).add(")");
    }
    condition
}

/// The word as it was typed: channel references keep their case.
fn original(text: &str, folded: &str) -> String {
    text.split_whitespace().find(|word| fold(word) == folded).unwrap_or(folded).to_owned()
}

/// An order in reach, by whichever name.
pub async fn order(
    db: &Db,
    actor: &Actor,
    by: &OrderBy,
    with_customer: bool,
) -> Result<Option<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    let condition = match by {
        OrderBy::Id(id) => sql(" and o.id = ?").bind(*id),
        OrderBy::Number(number) => sql(" and o.number = ?").bind(number.trim().to_uppercase()),
        OrderBy::Reference(channel, reference) => {
            sql(" and o.channel_id = (select id from channels where code = ?) and o.channel_reference = ?")
                .bind(channel.trim())
                .bind(reference.trim())
        }
    };
    let condition = condition.join(actor.reach.orders_sql("o"));
    Ok(queries::list(db, condition, sql(""), with_customer).await?.pop())
}

/// A page of orders.
pub async fn orders(
    db: &Db,
    actor: &Actor,
    filter: &OrderFilter,
    sort: OrderSort,
    page: &PageArgs,
    with_customer: bool,
) -> Result<Rows<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    check(filter)?;
    let order = sort.order(db);
    let page = page.check(order)?;
    let rows = queries::list(db, filter.sql(actor), page.sql(order), with_customer).await?;
    Ok(page.finish(rows, |row| sort.cursor(row)))
}

/// How many orders a filter finds.
pub async fn orders_count(db: &Db, actor: &Actor, filter: &OrderFilter) -> Result<i64> {
    actor.require(Permission::OrdersRead)?;
    queries::count(db, filter.sql(actor)).await
}

fn check(filter: &OrderFilter) -> Result<()> {
    if filter.search.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(Error::BadInput("`search` has at most 200 characters".into()));
    }
    Ok(())
}

/// Orders by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<ListedOrder>> {
    actor.require(Permission::OrdersRead)?;
    let condition = sql(" and o.id = any(?)").ids(ids).join(actor.reach.orders_sql("o"));
    queries::list(db, condition, sql(""), false).await
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

//! The queries of the list of orders: what each filter says, and the index that serves it.

use super::search::Search;
use super::{OrderFilter, OrderSort};
use crate::actor::Actor;
use crate::checks::fold;
use crate::customers::WHOM;
use crate::error::Result;
use crate::page::Order;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use crate::work_list::{Filter, List, Way};
use entities::enums::{OrderReturnState, RiskLevel};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use time::OffsetDateTime;
use uuid::Uuid;

const ORDERS: &str = "orders o";
const PLACED_AT: &str = "o.placed_at";
const ID: &str = "o.id";

impl OrderSort {
    pub(super) const fn order(self) -> Order {
        match self {
            Self::PlacedAtDesc => Order::by_time(PLACED_AT, ID, true),
            Self::PlacedAtAsc => Order::by_time(PLACED_AT, ID, false),
            Self::GrandTotalDesc => Order::by_number("o.total_scaled", ID, true),
            Self::PromisedByAsc => Order::by_time("o.promised_key", ID, false),
        }
    }
}

/// Orders themselves, by an index of theirs in the order of placement.
fn orders(condition: Sql) -> Way {
    Way { from: ORDERS, condition, at: Some(PLACED_AT), id: ID }
}

/// Rows that belong to orders, by an index in the order of the orders' placement.
fn beside(from: &'static str, condition: Sql) -> Way {
    Way { from, condition, at: Some("d.order_placed_at"), id: "d.order_id" }
}

/// One of the values of an enum, which are written out: a partial index is chosen for them.
fn one_of<E: ActiveEnum<Value = String>>(column: &str, values: &[E]) -> Sql {
    match values {
        [] => sql("false"),
        several => {
            let names: Vec<String> =
                several.iter().map(|value| format!("'{}'", value.to_value())).collect();
            sql(format!("{column} in ({})", names.join(", ")))
        }
    }
}

/// A way for each value of an enum.
fn each<E: ActiveEnum<Value = String>>(
    values: &[E],
    way: fn(Sql) -> Way,
    condition: &str,
) -> Vec<Way> {
    let named = |value: &E| way(sql(condition.replace("{}", &format!("'{}'", value.to_value()))));
    values.iter().map(named).collect()
}

/// A filter on an enum of the order itself.
fn own<E: ActiveEnum<Value = String>>(column: &str, values: &[E]) -> Filter {
    let condition = format!("{column} = {{}}");
    Filter::listed(one_of(column, values), each(values, orders, &condition))
}

/// The same where an index lists some values alone; what it lists stands in its definition, word for word.
fn partly<E: ActiveEnum<Value = String>>(column: &str, values: &[E], listed: &str) -> Filter {
    let condition = format!("{listed} and {column} = {{}}");
    Filter::listed(one_of(column, values), each(values, orders, &condition))
}

/// A filter on one id of the order itself.
fn own_id(column: &str, id: Uuid) -> Filter {
    let condition = sql(format!("{column} = ?")).bind(id);
    Filter::listed(condition.clone(), vec![orders(condition)])
}

fn channels(ids: &[Uuid]) -> Filter {
    let ways = ids.iter().map(|id| orders(sql("o.channel_id = ?").bind(*id))).collect();
    Filter::listed(sql("o.channel_id = any(?)").ids(ids), ways)
}

fn locations(ids: &[Uuid]) -> Filter {
    let way = |id: &Uuid| beside("fulfillment_orders d", sql("d.location_id = ?").bind(*id));
    let condition = sql("exists (select 1 from fulfillment_orders at_d
         where at_d.order_id = o.id and at_d.location_id = any(?))");
    Filter::listed(condition.ids(ids), ids.iter().map(way).collect())
}

fn texts(values: &[String], way: impl Fn(&String) -> Way, condition: Sql) -> Filter {
    Filter::listed(condition.texts(values), values.iter().map(way).collect())
}

/// A range of a column that an index of its own knows.
fn range(column: &str, bounds: &[(&'static str, sea_orm::Value)]) -> Option<Filter> {
    let mut text = sql("");
    for (index, (sign, value)) in bounds.iter().enumerate() {
        let and = if index > 0 { " and " } else { "" };
        text = text.add(&format!("{and}{column} {sign} ?")).bind(value.clone());
    }
    (!bounds.is_empty()).then(|| Filter::gathered(text.clone(), orders(text)))
}

/// An amount in ten-thousandths, as `total_scaled` has it.
fn scaled(sign: &str, amount: Decimal) -> i64 {
    let scaled = amount.saturating_mul(Decimal::from(10_000));
    let whole = if sign == ">=" { scaled.ceil() } else { scaled.floor() };
    i64::try_from(whole.trunc().mantissa()).unwrap_or(if amount.is_sign_negative() {
        i64::MIN
    } else {
        i64::MAX
    })
}

type Bounds = Vec<(&'static str, sea_orm::Value)>;

fn moments(from: Option<OffsetDateTime>, to: Option<OffsetDateTime>) -> Bounds {
    let bounds = [(">=", from), ("<", to)];
    bounds.into_iter().filter_map(|(sign, at)| Some((sign, at?.into()))).collect()
}

impl OrderFilter {
    /// What is asked for, within the actor's reach, as a list in an order.
    pub(super) fn list(&self, db: &Db, actor: &Actor, sort: OrderSort) -> List {
        let mut filters = self.narrow();
        filters.extend(self.states());
        filters.extend(actor.reach.locations.as_deref().map(locations));
        filters.extend(self.channel_ids.as_deref().map(channels));
        filters.extend(actor.reach.channels.as_deref().map(channels));
        filters.extend(self.search.as_deref().and_then(|text| found(db, text)));
        let placed = moments(self.placed_from, self.placed_to);
        let mut promised = moments(self.promised_from, self.promised_to);
        if !promised.is_empty() && self.promised_to.is_none() {
            // What has no promise stands behind every other.
            let never = time::macros::datetime!(9999-12-31 0:00 UTC);
            promised.push(("<", never.into()));
        }
        let totals: Bounds = [(">=", self.total_min), ("<=", self.total_max)]
            .into_iter()
            .filter_map(|(sign, amount)| Some((sign, scaled(sign, amount?).into())))
            .collect();
        let is_usual = matches!(sort, OrderSort::PlacedAtDesc | OrderSort::PlacedAtAsc);
        let mut bounds = Bounds::new();
        for (column, own, given) in [
            (PLACED_AT, is_usual, placed),
            ("o.promised_key", sort == OrderSort::PromisedByAsc, promised),
            ("o.total_scaled", sort == OrderSort::GrandTotalDesc, totals),
        ] {
            if own {
                bounds = given;
            } else {
                filters.extend(range(column, &given));
            }
        }
        List { table: ORDERS, order: sort.order(), is_usual, filters, bounds }
    }

    /// What few orders fit, as a rule.
    fn narrow(&self) -> Vec<Filter> {
        let mut filters = Vec::new();
        filters.extend(self.customer_id.map(|id| {
            let condition = sql(format!("o.customer_id = {WHOM}")).bind(id);
            Filter::listed(condition.clone(), vec![orders(condition)])
        }));
        filters.extend(self.assignee_id.map(|id| own_id("o.assignee_id", id)));
        if let Some(reasons) = &self.hold_reasons {
            let open = one_of("h.reason", reasons);
            let condition = sql("o.on_hold and exists (select 1 from order_holds h
                 where h.order_id = o.id and h.released_at is null and ")
            .join(open)
            .add(")");
            let way = |condition| beside("order_holds d", condition);
            let ways = each(reasons, way, "d.released_at is null and d.reason = {}");
            filters.push(Filter::listed(condition, ways));
        }
        if let Some(flags) = &self.flags {
            let condition = sql("exists (select 1 from order_flags g where g.order_id = o.id and ")
                .join(one_of("g.code", flags))
                .add(")");
            let way = |condition| beside("order_flags d", condition);
            filters.push(Filter::listed(condition, each(flags, way, "d.code = {}")));
        }
        if let Some(tags) = &self.tags {
            let condition = sql(
                "exists (select 1 from order_tags t where t.order_id = o.id and t.tag = any(?))",
            );
            let way =
                |tag: &String| beside("order_tags d", sql("d.tag = ?").bind(tag.trim().to_owned()));
            filters.push(texts(tags, way, condition));
        }
        if let Some(sku) = &self.sku {
            let key = fold(sku);
            let condition = sql("exists (select 1 from order_lines l
                 where l.order_id = o.id and l.sku_key = ?)")
            .bind(key.as_str());
            let way = beside("order_lines d", sql("d.sku_key = ?").bind(key));
            filters.push(Filter::listed(condition, vec![way]));
        }
        if let Some(levels) = &self.risk_levels {
            let condition = one_of("o.risk_level", levels);
            // Most orders are of low risk: no index lists them.
            filters.push(if levels.contains(&RiskLevel::Low) {
                Filter::looking(condition)
            } else {
                partly("o.risk_level", levels, "o.risk_level in ('MEDIUM', 'HIGH')")
            });
        }
        match self.on_hold {
            Some(true) => {
                let held = sql("o.on_hold");
                filters.push(Filter::listed(held.clone(), vec![orders(held)]));
            }
            Some(false) => filters.push(Filter::looking(sql("not o.on_hold"))),
            None => {}
        }
        filters
    }

    /// Where it stands.
    fn states(&self) -> Vec<Filter> {
        let mut filters = Vec::new();
        if let Some(states) = &self.return_states {
            filters.push(if states.contains(&OrderReturnState::None) {
                Filter::looking(one_of("o.return_state", states))
            } else {
                partly("o.return_state", states, "o.return_state <> 'NONE'")
            });
        }
        filters.extend(self.payment_states.as_deref().map(|some| own("o.payment_state", some)));
        let fulfillment = self.fulfillment_states.as_deref();
        filters.extend(fulfillment.map(|some| own("o.fulfillment_state", some)));
        filters.extend(self.states.as_deref().map(|some| own("o.state", some)));
        if let Some(countries) = &self.country_codes {
            let way = |code: &String| orders(sql("o.country_code = ?").bind(code.as_str()));
            filters.push(texts(countries, way, sql("o.country_code = any(?)")));
        }
        filters.extend(self.location_ids.as_deref().map(locations));
        filters
    }
}

/// What a search finds; none where it says nothing.
fn found(db: &Db, text: &str) -> Option<Filter> {
    let search = Search::of(text)?;
    let mut condition =
        sql("exists (select 1 from order_documents s where s.order_id = o.id and (");
    let position = if db.is_postgres() { "strpos" } else { "instr" };
    for (index, all) in search.alternatives().iter().enumerate() {
        condition = condition.add(if index > 0 { " or (" } else { "(" });
        for (index, any) in all.iter().enumerate() {
            condition = condition.add(if index > 0 { " and (" } else { "(" });
            for (index, word) in any.iter().enumerate() {
                let or = if index > 0 { " or " } else { "" };
                condition = condition
                    .add(&format!("{or}{position}(' ' || s.words, ?) > 0"))
                    .bind(format!(" {word}"));
            }
            condition = condition.add(")");
        }
        condition = condition.add(")");
    }
    let condition = condition.add("))");
    let way = if db.is_postgres() {
        Way {
            from: "order_documents s",
            condition: sql("array_to_tsvector(array_remove(string_to_array(s.words, ' '), '')) @@ cast(? as tsquery)")
                .bind(search.as_tsquery()),
            at: None,
            id: "s.order_id",
        }
    } else {
        Way {
            from: "order_words w cross join order_documents s",
            condition: sql("w.words match ? and s.seq = w.rowid").bind(search.as_fts5()),
            at: None,
            id: "s.order_id",
        }
    };
    Some(Filter::searched(condition, way))
}

/// How many orders a list has.
pub(super) async fn count(db: &Db, list: &List) -> Result<i64> {
    let query = sql("select count(*) from orders o where true").join(list.conditions());
    Ok(db.value(query).await?.unwrap_or(0))
}

/// Those of these orders that a list has.
pub(super) async fn among(db: &Db, orders: &[Uuid], list: &List) -> Result<Vec<Uuid>> {
    let query = sql("select o.id from orders o where o.id = any(?)").ids(orders);
    db.values(query.join(list.conditions())).await
}

/// The numbers of the parcels of orders, as they are compared: order and number.
pub(super) async fn tracking_keys(db: &Db, orders: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let query = sql("select f.order_id, p.tracking_key from fulfillment_orders f
         join parcels p on p.fulfillment_id = f.fulfillment_id
         where f.order_id = any(?) and p.tracking_key is not null");
    db.values(query.ids(orders)).await
}

/// All orders of customers.
pub(super) async fn of_customers(db: &Db, customers: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = sql("select id from orders where customer_id = any(?) order by id");
    db.values(query.ids(customers)).await
}

/// Adds words to the documents of orders.
pub(super) async fn add_words(tx: &WriteTx, orders: &[Uuid], words: &str) -> Result<()> {
    let query = sql("update order_documents set words = words || ' ' || ? where order_id = any(?)");
    tx.run(query.bind(words).ids(orders)).await.map(|_| ())
}

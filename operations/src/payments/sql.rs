//! Every query of payments.

use super::grants::Whom;
use crate::actor::Actor;
use crate::customers::ALL_RECORDS;
use crate::error::Result;
use crate::settlements::read::Cash;
use crate::settlements::sql::cash_sql;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::{PaymentState, RefundRequestState};
use entities::{payment, payment_transaction, refund_request};
use sea_orm::ActiveEnum;
use time::OffsetDateTime;
use uuid::Uuid;

/// The payments of orders, in the order in which they are used up.
pub async fn of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<payment::Model>> {
    let query = sql("select * from payments where order_id = any(?) order by order_id, position");
    db.all(query.ids(orders)).await
}

/// Payments by id.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<payment::Model>> {
    db.all(sql("select * from payments where id = any(?)").ids(ids)).await
}

/// The steps of payments, oldest first.
pub async fn transactions_of(
    db: &Db,
    payments: &[Uuid],
) -> Result<Vec<payment_transaction::Model>> {
    let query = sql("select * from payment_transactions where payment_id = any(?)
         order by payment_id, id");
    db.all(query.ids(payments)).await
}

/// Steps by id.
pub async fn transactions_by_ids(db: &Db, ids: &[Uuid]) -> Result<Vec<payment_transaction::Model>> {
    db.all(sql("select * from payment_transactions where id = any(?)").ids(ids)).await
}

/// What others asked to give back of a payment.
pub(super) async fn asked(db: &Db, payment: Uuid) -> Result<i64> {
    let query = sql("select cast(coalesce(sum(amount_minor), 0) as bigint) from refund_requests
         where payment_id = ? and state = 'PENDING'");
    Ok(db.value(query.bind(payment)).await?.unwrap_or(0))
}

/// A request, locked.
pub(super) async fn lock_request(tx: &WriteTx, id: Uuid) -> Result<Option<refund_request::Model>> {
    let query = sql("select * from refund_requests where id = ?").bind(id).add(tx.for_update());
    tx.first(query).await
}

/// What an actor gave back since a moment for an order, or to its customer; what anybody gave for nothing on the order; and
/// to the customer.
pub(super) async fn given(
    db: &Db,
    actor: &Actor,
    whom: Whom,
    since: OffsetDateTime,
) -> Result<(i64, i64, i64)> {
    let (order, customer) =
        (whom.order.unwrap_or(Uuid::max()), whom.customer.unwrap_or(Uuid::max()));
    let case = whom.case.unwrap_or(Uuid::max());
    let query = sql(format!("select
             cast(coalesce(sum(case when actor_kind = ? and actor_id = ? then base_minor else 0 end), 0) as bigint),
             cast(coalesce(sum(case when order_id = ? or case_id = ? then goodwill_base_minor else 0 end), 0) as bigint),
             cast(coalesce(sum(goodwill_base_minor), 0) as bigint)
         from money_grants where (order_id = ? or case_id = ? or customer_id in {ALL_RECORDS}) and at >= ?"))
    .bind(actor.kind.to_value())
    .bind(actor.id.unwrap_or(Uuid::max()))
    .bind(order)
    .bind(case)
    .bind(order)
    .bind(case)
    .bind(customer)
    .bind(since);
    let found: Option<(i64, i64, i64)> = db.values(query).await?.pop();
    Ok(found.unwrap_or_default())
}

/// Which payments.
#[derive(Debug, Clone, Default)]
pub struct PaymentFilter {
    /// In these states.
    pub states: Option<Vec<PaymentState>>,
    /// Obtained by this provider.
    pub provider: Option<String>,
    /// That the provider calls this.
    pub provider_reference: Option<String>,
    /// Paid like this.
    pub methods: Option<Vec<String>>,
    /// First captured from this moment on.
    pub captured_from: Option<OffsetDateTime>,
    /// First captured before this moment.
    pub captured_before: Option<OffsetDateTime>,
    /// With something authorized that ends before this moment.
    pub expiring_before: Option<OffsetDateTime>,
    /// Of this order.
    pub order_id: Option<Uuid>,
    /// With their cash there.
    pub cash: Option<Vec<Cash>>,
}

fn filtered(actor: &Actor, filter: &PaymentFilter) -> Sql {
    let mut query = sql("");
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        query = query
            .add(" and exists (select 1 from orders o where o.id = p.order_id")
            .join(actor.reach.orders_sql("o"))
            .add(")");
    }
    if let Some(states) = &filter.states {
        let states: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        query = query.add(" and p.state = any(?)").texts(&states);
    }
    for (column, value) in
        [("provider", &filter.provider), ("provider_reference", &filter.provider_reference)]
    {
        if let Some(value) = value {
            query = query.add(&format!(" and p.{column} = ?")).bind(value.trim());
        }
    }
    if let Some(methods) = &filter.methods {
        query = query.add(" and p.method = any(?)").texts(methods);
    }
    if let Some(from) = filter.captured_from {
        query = query.add(" and p.captured_at >= ?").bind(from);
    }
    if let Some(before) = filter.captured_before {
        query = query.add(" and p.captured_at < ?").bind(before);
    }
    if let Some(before) = filter.expiring_before {
        query = query
            .add(
                " and p.authorization_expires_at < ? and p.authorized_minor
                 > p.voided_minor + p.captured_minor + p.capturing_minor",
            )
            .bind(before);
    }
    if let Some(order) = filter.order_id {
        query = query.add(" and p.order_id = ?").bind(order);
    }
    if let Some(cash) = &filter.cash {
        let cash: Vec<&str> = cash.iter().map(|cash| cash.name()).collect();
        query = query.add(&format!(" and ({}) = any(?)", cash_sql())).texts(&cash);
    }
    query
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &PaymentFilter,
    page: Sql,
) -> Result<Vec<payment::Model>> {
    let query = sql("select p.* from payments p where true").join(filtered(actor, filter));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, actor: &Actor, filter: &PaymentFilter) -> Result<i64> {
    let query = sql("select count(*) from payments p where true").join(filtered(actor, filter));
    Ok(db.value(query).await?.unwrap_or(0))
}

fn requested(actor: &Actor, states: Option<&[RefundRequestState]>) -> Sql {
    let mut query = sql("");
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        query = query
            .add(" and (exists (select 1 from orders o where o.id = r.order_id")
            .join(actor.reach.orders_sql("o"))
            .add(") or (r.order_id is null")
            .join(actor.reach.customers_sql("r.customer_id"))
            .add("))");
    }
    if let Some(states) = states {
        let states: Vec<String> = states.iter().map(ActiveEnum::to_value).collect();
        query = query.add(" and r.state = any(?)").texts(&states);
    }
    query
}

pub(super) async fn requests(
    db: &Db,
    actor: &Actor,
    states: Option<&[RefundRequestState]>,
    page: Sql,
) -> Result<Vec<refund_request::Model>> {
    let query = sql("select r.* from refund_requests r where true").join(requested(actor, states));
    db.all(query.join(page)).await
}

pub(super) async fn requests_count(
    db: &Db,
    actor: &Actor,
    states: Option<&[RefundRequestState]>,
) -> Result<i64> {
    let query =
        sql("select count(*) from refund_requests r where true").join(requested(actor, states));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn requests_by_ids(
    db: &Db,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<refund_request::Model>> {
    let query = sql("select r.* from refund_requests r where r.id = any(?)").ids(ids);
    db.all(query.join(requested(actor, None))).await
}

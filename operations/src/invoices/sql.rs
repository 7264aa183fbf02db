//! Every query of invoices.

use super::document::{Invoiced, Part, Worth};
use crate::actor::Actor;
use crate::customers::ALL_RECORDS;
use crate::error::Result;
use crate::sql::{Sql, sql};
use crate::store::{Db, WriteTx};
use entities::enums::{InvoiceCause, InvoiceKind};
use entities::{invoice, invoice_due, invoice_line, invoice_party};
use sea_orm::ActiveEnum;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// What was invoiced of what left, corrections taken off: by part.
pub(super) async fn of_what_left(db: &Db, order: Uuid) -> Result<BTreeMap<Part, Invoiced>> {
    let lines: Vec<invoice_line::Model> =
        db.all(sql("select * from invoice_lines where order_id = ?").bind(order)).await?;
    let documents: Vec<invoice::Model> = of_orders(db, &[order]).await?;
    Ok(what_left(&documents.iter().collect::<Vec<_>>(), &lines))
}

/// The same of documents that are read already.
pub(crate) fn what_left(
    documents: &[&invoice::Model],
    lines: &[invoice_line::Model],
) -> BTreeMap<Part, Invoiced> {
    let mut invoiced: BTreeMap<Part, Invoiced> = BTreeMap::new();
    for document in documents {
        if !matches!(document.cause, InvoiceCause::Shipment | InvoiceCause::Correction) {
            continue;
        }
        let sign = if document.kind == InvoiceKind::Invoice { 1 } else { -1 };
        for line in lines.iter().filter(|line| line.invoice_id == document.id) {
            let part = Part {
                line: line.order_line_id,
                beside: line.adjustment_kind,
                rate_ppm: line.tax_rate_ppm,
            };
            let one = invoiced.entry(part).or_insert_with(|| Invoiced {
                worth: Worth::default(),
                invoice: document.id,
                sku: line.sku.clone(),
                description: line.description.clone(),
                unit_price: line.unit_price_minor,
                scheme: line.tax_scheme,
                country: line.tax_country.clone(),
            });
            if document.kind == InvoiceKind::Invoice {
                one.invoice = document.id;
            }
            // What stands beside the lines counts nothing, nor does a correction of a cent.
            if line.order_line_id.is_some() && document.cause == InvoiceCause::Shipment {
                one.worth.units += sign * i64::from(line.quantity);
            }
            one.worth.list += sign * line.list_minor;
            one.worth.discount += sign * line.discount_minor;
            one.worth.net += sign * line.net_minor;
            one.worth.tax += sign * line.tax_minor;
        }
    }
    invoiced
}

/// A document, whoever asks.
pub(super) async fn plain(db: &Db, id: Uuid) -> Result<Option<invoice::Model>> {
    db.first(sql("select * from invoices where id = ?").bind(id)).await
}

/// The documents of orders, oldest first.
pub(crate) async fn of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<invoice::Model>> {
    let query = sql("select * from invoices where order_id = any(?) order by order_id, id");
    db.all(query.ids(orders)).await
}

pub(crate) async fn lines_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_line::Model>> {
    let query =
        sql("select * from invoice_lines where invoice_id = any(?) order by invoice_id, position");
    db.all(query.ids(invoices)).await
}

pub(super) async fn parties_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_party::Model>> {
    db.all(sql("select * from invoice_parties where invoice_id = any(?)").ids(invoices)).await
}

pub(super) async fn dues_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_due::Model>> {
    db.all(sql("select * from invoice_dues where invoice_id = any(?)").ids(invoices)).await
}

/// What an order's invoices leave to be paid, first due first.
pub(super) async fn open_dues(db: &Db, order: Uuid) -> Result<Vec<invoice_due::Model>> {
    let query = sql("select * from invoice_dues where order_id = ? and open_minor > 0
         order by due_at, invoice_id");
    db.all(query.bind(order)).await
}

/// Takes the next numbers of a series and year: nobody else does until this transaction ends, and what is undone leaves
/// no gap. Answers with the last of them and the moment at which they are issued, never before the one before.
pub(super) async fn next(
    tx: &WriteTx,
    (entity, series, year): (Uuid, &str, i32),
    count: i32,
) -> Result<(i64, OffsetDateTime)> {
    let later = if tx.is_postgres() { "greatest" } else { "max" };
    let query = sql(format!(
        "insert into invoice_series (legal_entity_id, series, year, last, last_at)
         values (?, ?, ?, ?, ?)
         on conflict (legal_entity_id, series, year) do update
         set last = invoice_series.last + excluded.last,
             last_at = {later}(invoice_series.last_at, excluded.last_at)
         returning cast(last as bigint), last_at"
    ))
    .bind(entity)
    .bind(series)
    .bind(year)
    .bind(count)
    .bind(tx.now());
    let found = tx.values::<(i64, OffsetDateTime)>(query).await?.pop();
    found.ok_or(crate::error::Error::Contended)
}

/// Which documents.
#[derive(Debug, Clone, Default)]
pub struct InvoiceFilter {
    /// With this number.
    pub number: Option<String>,
    /// Of these kinds.
    pub kinds: Option<Vec<InvoiceKind>>,
    /// Issued from this moment on.
    pub from: Option<OffsetDateTime>,
    /// Issued before this moment.
    pub before: Option<OffsetDateTime>,
    /// Whether something is owed beyond the day on which it was due.
    pub overdue: Option<bool>,
    /// Of this customer.
    pub customer_id: Option<Uuid>,
    /// Of this order.
    pub order_id: Option<Uuid>,
}

fn filtered(db: &Db, actor: &Actor, filter: &InvoiceFilter) -> Sql {
    let mut query = sql("");
    if actor.reach.channels.is_some() || actor.reach.locations.is_some() {
        query = query
            .add(" and exists (select 1 from orders o where o.id = i.order_id")
            .join(actor.reach.orders_sql("o"))
            .add(")");
    }
    if let Some(number) = &filter.number {
        query = query.add(" and i.number = ?").bind(number.trim());
    }
    if let Some(kinds) = &filter.kinds {
        let kinds: Vec<String> = kinds.iter().map(ActiveEnum::to_value).collect();
        query = query.add(" and i.kind = any(?)").texts(&kinds);
    }
    if let Some(from) = filter.from {
        query = query.add(" and i.issued_at >= ?").bind(from);
    }
    if let Some(before) = filter.before {
        query = query.add(" and i.issued_at < ?").bind(before);
    }
    if let Some(overdue) = filter.overdue {
        let not = if overdue { "" } else { "not " };
        query = query
            .add(&format!(
                " and {not}exists (select 1 from invoice_dues d
                 where d.invoice_id = i.id and d.open_minor > 0 and d.due_at < ?)"
            ))
            .bind(db.now());
    }
    if let Some(customer) = filter.customer_id {
        query = query.add(&format!(" and i.customer_id in {ALL_RECORDS}")).bind(customer);
    }
    if let Some(order) = filter.order_id {
        query = query.add(" and i.order_id = ?").bind(order);
    }
    query
}

pub(super) async fn list(
    db: &Db,
    actor: &Actor,
    filter: &InvoiceFilter,
    page: Sql,
) -> Result<Vec<invoice::Model>> {
    let query = sql("select i.* from invoices i where true").join(filtered(db, actor, filter));
    db.all(query.join(page)).await
}

pub(super) async fn count(db: &Db, actor: &Actor, filter: &InvoiceFilter) -> Result<i64> {
    let query = sql("select count(*) from invoices i where true").join(filtered(db, actor, filter));
    Ok(db.value(query).await?.unwrap_or(0))
}

pub(super) async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<invoice::Model>> {
    let query = sql("select i.* from invoices i where i.id = any(?)").ids(ids);
    db.all(query.join(filtered(db, actor, &InvoiceFilter::default()))).await
}

/// Country, scheme, rate in millionths, net and tax.
pub(super) type TaxRow = (String, String, i64, i64, i64);

/// Net and tax of what was issued in some days: by country, scheme and rate, credit notes taken off.
pub(super) async fn taxes(db: &Db, entity: Uuid, (from, to): (&str, &str)) -> Result<Vec<TaxRow>> {
    let sign = "case when i.kind = 'INVOICE' then 1 else -1 end";
    let query = sql(format!(
        "select coalesce(l.tax_country, ''), l.tax_scheme, cast(l.tax_rate_ppm as bigint),
             cast(sum({sign} * l.net_base_minor) as bigint), cast(sum({sign} * l.tax_base_minor) as bigint)
         from invoices i join invoice_lines l on l.invoice_id = i.id
         where i.legal_entity_id = ? and i.issued_on >= ? and i.issued_on <= ?
         group by l.tax_country, l.tax_scheme, l.tax_rate_ppm
         order by 1, 2, 3"
    ))
    .bind(entity)
    .bind(from)
    .bind(to);
    db.values(query).await
}

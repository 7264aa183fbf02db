//! Questions about invoices and credit notes.

use super::sql as queries;
use crate::actor::Actor;
use crate::checks;
use crate::error::{Error, Faults, RefusalCode, Result};
use crate::money::{Currency, rate_decimal};
use crate::page::{Cursor, Order, PageArgs, Rows, SortValue};
use crate::permissions::Permission;
use crate::privacy::seal;
use crate::store::Db;
use entities::enums::TaxScheme;
use entities::{invoice, invoice_due, invoice_line, invoice_party};
use rust_decimal::Decimal;
use sea_orm::ActiveEnum;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

pub use super::sql::InvoiceFilter;

const NEWEST: Order = Order::by_time("i.issued_at", "i.id", true);

/// A page of documents within reach, newest first.
pub async fn invoices(
    db: &Db,
    actor: &Actor,
    filter: &InvoiceFilter,
    page: &PageArgs,
) -> Result<Rows<invoice::Model>> {
    actor.require(Permission::PaymentsRead)?;
    let page = page.check(NEWEST)?;
    let rows = queries::list(db, actor, filter, page.sql(NEWEST)).await?;
    Ok(page.finish(rows, |row| Cursor::new(SortValue::at(row.issued_at), row.id)))
}

/// How many documents a filter finds.
pub async fn invoices_count(db: &Db, actor: &Actor, filter: &InvoiceFilter) -> Result<i64> {
    actor.require(Permission::PaymentsRead)?;
    queries::count(db, actor, filter).await
}

/// Documents by id, within reach.
pub async fn by_ids(db: &Db, actor: &Actor, ids: &[Uuid]) -> Result<Vec<invoice::Model>> {
    actor.require(Permission::PaymentsRead)?;
    queries::by_ids(db, actor, ids).await
}

/// The documents of orders that are in reach already, oldest first.
pub async fn of_orders(db: &Db, orders: &[Uuid]) -> Result<Vec<invoice::Model>> {
    queries::of_orders(db, orders).await
}

/// The lines of documents, in order.
pub async fn lines_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_line::Model>> {
    queries::lines_of(db, invoices).await
}

/// To whom documents were made out.
pub async fn parties_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_party::Model>> {
    let mut rows = queries::parties_of(db, invoices).await?;
    let sealed = |row: &invoice_party::Model| row.bill_to.get("sealed").is_some();
    let ids: Vec<Uuid> = rows.iter().filter(|row| sealed(row)).map(|row| row.invoice_id).collect();
    if ids.is_empty() {
        return Ok(rows);
    }
    // Of people who were erased: readable until the key is destroyed.
    let keys = seal::keys(db, &ids).await?;
    for row in &mut rows {
        let text = row.bill_to.get("sealed").and_then(Json::as_str);
        if let Some(text) = text {
            let opened = seal::open(keys.get(&row.invoice_id), text);
            row.bill_to = serde_json::from_str(&opened).unwrap_or(Json::Object(Map::new()));
        }
    }
    Ok(rows)
}

/// What documents leave to be paid.
pub async fn dues_of(db: &Db, invoices: &[Uuid]) -> Result<Vec<invoice_due::Model>> {
    queries::dues_of(db, invoices).await
}

/// Tax by country, scheme and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRow {
    /// Where it is due.
    pub country: Option<String>,
    /// Under which rule.
    pub scheme: TaxScheme,
    /// The rate as a fraction.
    pub rate: Decimal,
    /// Without tax, in minor units.
    pub net_minor: i64,
    /// The tax, in minor units.
    pub tax_minor: i64,
}

/// The tax of lines, by country, scheme and rate.
pub fn summary(lines: &[&invoice_line::Model]) -> Vec<TaxRow> {
    let mut rows: Vec<TaxRow> = Vec::new();
    for line in lines {
        let rate = rate_decimal(line.tax_rate_ppm);
        let same = |row: &&mut TaxRow| {
            row.country == line.tax_country && row.scheme == line.tax_scheme && row.rate == rate
        };
        match rows.iter_mut().find(same) {
            Some(row) => {
                row.net_minor += line.net_minor;
                row.tax_minor += line.tax_minor;
            }
            None => rows.push(TaxRow {
                country: line.tax_country.clone(),
                scheme: line.tax_scheme,
                rate,
                net_minor: line.net_minor,
                tax_minor: line.tax_minor,
            }),
        }
    }
    rows.sort_by(|a, b| (&a.country, a.scheme, a.rate).cmp(&(&b.country, b.scheme, b.rate)));
    rows
}

/// What is to be told the tax offices of a company for some days, both included, in the currency of its books.
pub async fn tax_report(
    db: &Db,
    actor: &Actor,
    legal_entity_id: Uuid,
    (from, to): (&str, &str),
) -> Result<(Currency, Vec<TaxRow>)> {
    actor.require(Permission::LedgerRead)?;
    let mut faults = Faults::default();
    let (from, to) = (checks::date(&mut faults, "from", from), checks::date(&mut faults, "to", to));
    if let (Some(from), Some(to)) = (&from, &to)
        && from > to
    {
        faults.add(RefusalCode::Invalid, "to", "is not before `from`");
    }
    faults.check()?;
    let entity = crate::ledger::read::entity_in_reach(db, actor, legal_entity_id).await?;
    let currency = Currency::from_code(&entity.base_currency)
        .ok_or_else(|| Error::Internal("a company without a currency".into()))?;
    let days = (from.unwrap_or_default(), to.unwrap_or_default());
    let rows = queries::taxes(db, entity.id, (&days.0, &days.1)).await?;
    let row = |(country, scheme, rate, net_minor, tax_minor): (String, String, i64, i64, i64)| {
        Ok(TaxRow {
            country: Some(country).filter(|country| !country.is_empty()),
            scheme: TaxScheme::try_from_value(&scheme)?,
            rate: rate_decimal(i32::try_from(rate).unwrap_or(0)),
            net_minor,
            tax_minor,
        })
    };
    Ok((currency, rows.into_iter().map(row).collect::<Result<_>>()?))
}

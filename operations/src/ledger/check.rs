//! The promises of the books, row by row.

use super::sql as queries;
use crate::error::Result;
use crate::integrity::{Check, grouped};
use crate::store::Db;

/// Every promise of the books.
pub(crate) async fn all(db: &Db) -> Result<[Check; 5]> {
    Ok([
        balanced(db).await?,
        orders_money(db).await?,
        payments(db).await?,
        numbers(db).await?,
        documents(db).await?,
    ])
}

/// Debits equal credits in every entry: in each currency, and in that of the books.
async fn balanced(db: &Db) -> Result<Check> {
    let violations = queries::unbalanced();
    grouped(db, "ledger balance", "journal_entries", violations, |(number, currency, by, base)| {
        format!("entry {number} is out of balance by {by} {currency}, {base} in its books")
    })
    .await
}

/// What of an order's money stands where is what was booked for it.
async fn orders_money(db: &Db) -> Result<Check> {
    let violations = queries::orders_off();
    grouped(db, "orders against postings", "orders", violations, |(number, account, kept, booked)| {
        format!("{number}: {kept} on {account}, {booked} were booked, or differ in the currency of the books")
    })
    .await
}

/// What was captured of a payment and not given back, and what is still authorized, is what was booked.
async fn payments(db: &Db) -> Result<Check> {
    let violations = queries::payments_off();
    grouped(db, "payments against postings", "payments", violations, |row| {
        let (number, method, kept, booked) = row;
        format!(
            "{number}: {kept} kept by {method}, {booked} were booked, or the authorization differs"
        )
    })
    .await
}

/// Numbers of invoices and credit notes have no gap, within company, series and year.
async fn numbers(db: &Db) -> Result<Check> {
    let violations = queries::gaps();
    grouped(db, "numbers of invoices", "invoices", violations, |(series, year, last, found)| {
        format!("{series}-{year} is at {last}, {found} documents were found")
    })
    .await
}

/// Documents are the sum of their lines, and what an order is said to be invoiced is the sum of its documents.
async fn documents(db: &Db) -> Result<Check> {
    let violations = queries::documents_off();
    grouped(db, "invoices against their lines", "invoices", violations, |row| {
        let (order, document, said, found) = row;
        format!("{order}: {document} says {said}, the rows make {found}, or a part of it differs")
    })
    .await
}

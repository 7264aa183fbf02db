//! The books: every cent has an entry, every entry balances.

mod entries;
mod export;
mod invoices;
mod papers;
mod taxes;
mod worked;

use harness::Shop;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What an account holds above zero for debits, as decimals by code; what holds nothing is left out.
pub(crate) async fn balances(shop: &Shop) -> BTreeMap<String, String> {
    let query = "query($e: ID!) { trialBalance(legalEntityId: $e) { balanced totalDebit { amount } totalCredit { amount }
        rows { account { code } debit { amount } credit { amount } } } }";
    let found = shop.admin.payload(query, json!({ "e": shop.entity })).await;
    assert_eq!(found["balanced"], true);
    assert_eq!(found["totalDebit"], found["totalCredit"]);
    let row = |row: &Json| {
        let (debit, credit) = (row["debit"]["amount"].as_str()?, row["credit"]["amount"].as_str()?);
        let held = if credit == "0.00" { debit.to_owned() } else { format!("-{credit}") };
        (held != "0.00").then(|| (row["account"]["code"].as_str().unwrap().to_owned(), held))
    };
    found["rows"].as_array().unwrap().iter().filter_map(row).collect()
}

/// The same from a table.
pub(crate) fn held(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(code, held)| ((*code).to_owned(), (*held).to_owned())).collect()
}

/// The entries of an order, oldest first: description up to the comma, and sides as `account amount`, debits first.
pub(crate) async fn entries(shop: &Shop, order: &Json) -> Vec<(String, Vec<String>)> {
    let query = "query($s: ID) { journalEntries(subjectId: $s, last: 100) { nodes { description
        postings { account { code } debit { amount } credit { amount } } } } }";
    let found = shop.admin.payload(query, json!({ "s": order["id"] })).await;
    let side = |side: &Json| {
        let code = side["account"]["code"].as_str().unwrap();
        match side["debit"]["amount"].as_str() {
            Some(amount) => format!("{code} {amount}"),
            None => format!("{code} -{}", side["credit"]["amount"].as_str().unwrap()),
        }
    };
    let entry = |entry: &Json| {
        let description = entry["description"].as_str().unwrap();
        let description = description.split(',').next().unwrap().to_owned();
        (description, entry["postings"].as_array().unwrap().iter().map(side).collect())
    };
    let mut found: Vec<_> = found["nodes"].as_array().unwrap().iter().map(entry).collect();
    found.reverse();
    found
}

/// Documents of an order, oldest first.
pub(crate) async fn documents(shop: &Shop, order: &Json) -> Vec<Json> {
    let query = "query($o: ID) { invoices(filter: { orderId: $o }, last: 100) { nodes {
        id number kind issuedAt dueAt orderNumber corrects { number } net { amount } tax { amount } gross { amount } outstanding { amount }
        sellerTaxId buyerTaxId billTo { city } fulfillment { id } legalEntity { name }
        lines { sku description quantity unitPrice { amount } net { amount } tax { amount } taxRate }
        taxSummary { taxRate countryCode scheme net { amount } tax { amount } } } } }";
    let found = shop.admin.payload(query, json!({ "o": order["id"] })).await;
    let mut found = found["nodes"].as_array().unwrap().clone();
    found.reverse();
    found
}

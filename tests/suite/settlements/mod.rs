//! From a provider's file to the bank line: every difference is explained.

mod bank;
mod clock;
mod export;
mod import;
mod inbox;
mod matching;
mod resolve;
mod simulate;
mod terms;

use harness::Shop;
use harness::shop::*;
use serde_json::{Value as Json, json};

/// An order of two A for 20.00, captured at a provider under a reference, and shipped.
pub(super) async fn sold(shop: &Shop, provider: &str, reference: &str) -> Json {
    let mut input = shop.sent_home(&[("A", 2)]);
    input["payments"] = json!([{ "provider": provider, "providerReference": reference, "method": "card", "authorized": "20.00", "captured": "20.00" }]);
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    let parcel = json!({ "carrier": "DHL", "trackingNumber": reference, "lines": [{ "sku": "A", "quantity": 2 }] });
    let ship = json!({ "fulfillmentId": work["id"], "parcels": [parcel] });
    shop.admin.done(FULFILLMENT_SHIP, ship).await;
    order
}

/// A table of our own: `type,currency,gross,fee,net` and what else, row by row.
pub(super) fn table(rows: &[&str]) -> String {
    let head = "type,currency,gross,fee,net,provider_reference,modification_reference,merchant_reference,batch,payout,booked_at,settlement_currency,exchange_rate";
    format!("{head}\n{}\n", rows.join("\n"))
}

pub(super) async fn import(shop: &Shop, provider: &str, content: &str) -> Json {
    let input = json!({ "provider": provider, "format": "GENERIC_CSV", "content": content });
    shop.admin.done(SETTLEMENT_IMPORT, input).await["report"].clone()
}

/// Entries of a bank: `account,currency,date,amount,reference,description`, row by row.
pub(super) async fn statement(shop: &Shop, rows: &str) -> Json {
    let content = format!("account,currency,date,amount,reference,description\n{rows}");
    let input = json!({ "format": "GENERIC_CSV", "content": content });
    shop.admin.done(STATEMENT_IMPORT, input).await["statements"][0].clone()
}

/// The differences that are open: kind and amount, oldest first.
pub(super) async fn open(shop: &Shop) -> Vec<String> {
    found(shop, json!({ "states": ["OPEN"] })).await
}

pub(super) async fn exceptions(shop: &Shop, filter: Json) -> Vec<Json> {
    let query = "query($f: ReconciliationExceptionFilter) { reconciliationExceptions(filter: $f, last: 100) { totalCount nodes { id kind state amount { amount currencyCode } explanation
        settlementLine { id lineNumber matches { id rule } } bankLine { id } payout { reference } payment { id } dispute { id } report { id } statement { id } resolution note resolvedBy { __typename } } } }";
    let found = shop.admin.payload(query, json!({ "f": filter })).await;
    let mut nodes = found["nodes"].as_array().unwrap().clone();
    nodes.reverse();
    nodes
}

pub(super) async fn found(shop: &Shop, filter: Json) -> Vec<String> {
    let name = |row: &Json| {
        let (kind, amount) =
            (row["kind"].as_str().unwrap(), row["amount"]["amount"].as_str().unwrap());
        format!("{kind} {amount}")
    };
    exceptions(shop, filter).await.iter().map(name).collect()
}

/// The only difference that is open.
pub(super) async fn the_one(shop: &Shop) -> Json {
    let mut all = exceptions(shop, json!({ "states": ["OPEN"] })).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

pub(super) async fn payment(shop: &Shop, order: &Json) -> Json {
    let query = "query($id: ID!) { node(id: $id) { ... on Order { payments { id cash expectedSettlementAt fees { amount currencyCode } settled { amount } transactions { id kind state settlementLines { lineNumber } } } } } }";
    shop.admin.payload(query, json!({ "id": order["id"] })).await["payments"][0].clone()
}

//! What customers send back, and what law and policy say of it.

mod flow;
mod policies;
mod quotes;

use harness::Shop;
use harness::shop::*;
use serde_json::{Value as Json, json};

/// The law: 14 days, no fee, the money within 14 days.
pub(super) async fn law(shop: &Shop) -> Json {
    let policy = json!({ "name": "Withdrawal", "countryCodes": ["DE", "FR"], "windowDays": 14, "refundWithinDays": 14, "statutory": true });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await["returnPolicy"].clone()
}

/// The shop's own terms: 30 days, and something is kept.
pub(super) async fn terms(shop: &Shop) -> Json {
    let policy = json!({ "name": "Thirty days", "windowDays": 30, "refundWithinDays": 7, "restockingFeeRate": "0.1", "returnShipping": { "amount": "4.00", "currencyCode": "EUR" } });
    shop.admin.done(RETURN_POLICY_UPSERT, policy).await["returnPolicy"].clone()
}

/// An order that was shipped and has arrived, of what its input says.
pub(super) async fn arrived(shop: &Shop, input: Json) -> Json {
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"] })).await;
    shop.read(&order).await
}

/// A line of an order, by its SKU.
pub(super) fn line(order: &Json, sku: &str) -> String {
    let lines = order["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["sku"] == sku).unwrap();
    line["id"].as_str().unwrap().to_owned()
}

/// A declaration of units of an order, all for one reason.
pub(super) fn declared(order: &Json, units: &[(&str, i64)], reason: &str) -> Json {
    let lines: Vec<Json> = units
        .iter()
        .map(|(sku, quantity)| {
            json!({ "orderLineId": line(order, sku), "quantity": quantity, "reason": reason })
        })
        .collect();
    json!({ "orderId": order["id"], "kind": "RETURN", "lines": lines })
}

/// What a declaration would be worth: allowed, the policy, and amounts by name.
pub(super) async fn quote(shop: &Shop, input: &Json) -> Json {
    let query = "query($i: ReturnRequestInput!) { returnQuote(input: $i) { allowed policy { name } quote { items { amount } tax { amount } shipping { amount } restockingFee { amount } returnShipping { amount } total { amount } tenders { method amount { amount } payment { id } } } userErrors { code message field } } }";
    shop.admin.payload(query, json!({ "i": input })).await
}

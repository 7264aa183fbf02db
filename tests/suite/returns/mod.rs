//! What customers send back, and what law and policy say of it.

mod exchange;
mod flow;
mod policies;
mod quotes;
mod random;
mod resolve;

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
    let policy = json!({ "name": "Thirty days", "windowDays": 30, "refundWithinDays": 7, "restockingFeeRate": "0.1", "returnShipping": { "amount": "4.00", "currencyCode": "EUR" }, "recomputePromotions": true });
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
    let query = "query($i: ReturnRequestInput!) { returnQuote(input: $i) { allowed policy { name } quote { items { amount } promotions { amount } tax { amount } shipping { amount } restockingFee { amount } returnShipping { amount } exchangeDifference { amount } total { amount } tenders { method amount { amount } payment { id } } } userErrors { code message field } } }";
    shop.admin.payload(query, json!({ "i": input })).await
}

/// A return that was asked for and agreed to, to Berlin, as it was requested.
pub(super) async fn approved(shop: &Shop, mut input: Json) -> Json {
    input["locationId"] = json!(shop.berlin);
    let made = shop.admin.done(RETURN_REQUEST, input).await["return"].clone();
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": made["id"] })).await;
    made
}

/// Units of lines of a return, by their places.
pub(super) fn units(made: &Json, counts: &[i64]) -> Json {
    let lines = made["lines"].as_array().unwrap().iter().zip(counts);
    lines.map(|(line, count)| json!({ "returnLineId": line["id"], "quantity": count })).collect()
}

/// All that was declared arrives.
pub(super) async fn back(shop: &Shop, made: &Json) -> Json {
    let lines = made["lines"].as_array().unwrap();
    let counts: Vec<i64> = lines.iter().map(|line| line["quantity"].as_i64().unwrap()).collect();
    let input = json!({ "returnId": made["id"], "lines": units(made, &counts) });
    shop.admin.done(RETURN_RECEIVE, input).await["return"].clone()
}

/// What was found of the first line of a return: units and where they go, all of them in good order.
pub(super) async fn looked(shop: &Shop, made: &Json, found: &[(i64, &str)]) -> Json {
    let line = &made["lines"][0]["id"];
    let lines: Vec<Json> = found
        .iter()
        .map(|(count, to)| json!({ "returnLineId": line, "quantity": count, "condition": "OPENED", "disposition": to }))
        .collect();
    shop.admin.done(RETURN_INSPECT, json!({ "returnId": made["id"], "lines": lines })).await["return"].clone()
}

/// The money goes back.
pub(super) async fn paid_back(shop: &Shop, made: &Json) -> Json {
    let input = json!({ "returnId": made["id"], "method": "ORIGINAL_PAYMENT" });
    shop.admin.done(RETURN_RESOLVE, input).await["return"].clone()
}

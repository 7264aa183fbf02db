//! Payments: captured, released, given back, and reported on.

mod any_way;
mod captures;
mod credit;
mod disputes;
mod refunds;
mod reports;
mod sandbox;
mod stripe;

use harness::Shop;
use serde_json::{Value as Json, json};

/// An order of so many A, authorized by a provider for its whole total and five more.
pub(crate) async fn authorized(shop: &Shop, provider: &str, units: i32) -> (Json, Json) {
    let mut input = shop.order(&[("A", units)]);
    let amount = format!("{}.00", 10 * units + 5);
    input["payments"] = json!([{ "provider": provider, "method": "card", "authorized": amount }]);
    let order = shop.place(input).await;
    let payment = payment(shop, &order).await;
    (order, payment)
}

/// The first payment of an order.
pub(crate) async fn payment(shop: &Shop, order: &Json) -> Json {
    let query = "query($o: ID) { payments(filter: { orderId: $o }) { nodes { id version state provider
        authorized { amount } captured { amount } refunded { amount } refundable { amount }
        transactions { id kind state amount { amount } providerReference fulfillment { id } } } } }";
    let found = shop.admin.payload(query, json!({ "o": order["id"] })).await;
    found["nodes"].as_array().unwrap().last().unwrap().clone()
}

//! Nothing loads row by row: a page of one and a page of a hundred take the same statements.

use harness::shop::{ORDER_PLACE, ORDERS_IMPORT};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn many(app: &TestApp) -> Shop {
    let shop = Shop::open(app).await;
    let orders: Vec<Json> = (0..110)
        .map(|number| {
            json!({
                "channelCode": "web", "channelReference": format!("r{number}"), "currencyCode": "EUR",
                "placedAt": "2025-01-01T00:00:00Z", "shippedAt": "2025-01-02T00:00:00Z", "locationCode": "berlin",
                "customer": { "email": format!("c{number}@example.com"), "name": "C" },
                "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "1.00" }, { "sku": "B", "quantity": 1, "unitPrice": "1.00" }],
                "adjustments": [{ "kind": "SHIPPING", "label": "s", "amount": "1.00" }], "tags": ["t"],
                "payments": [{ "method": "card", "amount": "3.00", "capturedAt": "2025-01-01T00:00:00Z" }],
            })
        })
        .collect();
    shop.admin.done(ORDERS_IMPORT, json!({ "orders": orders })).await;
    shop
}

async fn statements(app: &TestApp, shop: &Shop, query: &str, variables: Json) -> u64 {
    let before = app.store.statements();
    shop.admin.ok(query, variables).await;
    app.store.statements() - before
}

/// A document, and the most statements it may take, the look at the token among them.
const QUERIES: &[(&str, u64)] = &[
    (
        "query($n: Int!) { orders(first: $n) { nodes { id number state placedAt totals { grandTotal { amount } } customer { id name email } lines { id sku name quantity unitPrice { amount } } payments { id state method captured { amount } } fulfillments { id state number } } } }",
        6,
    ),
    (
        "query($n: Int!) { orders(first: $n, filter: { states: [OPEN] }) { totalCount nodes { id number customer { id name email } } } }",
        4,
    ),
    (
        "query($n: Int!) { orders(first: $n) { nodes { approvedAt completedAt cancelledAt cancelReason email phone billingAddress { city } shippingAddress { city } deliveryMethod deliveryService allowSplit taxId purchaseOrderNumber paymentTermsDays attributes imported } } }",
        2,
    ),
    (
        "query($n: Int!) { orders(first: $n) { edges { node { channel { code legalEntity { name } locations { code } } tags adjustments { label } notes { text } assignee { name } placedBy { label user { name } } } } } }",
        12,
    ),
    (
        "query($n: Int!) { orders(first: $n) { nodes { lines { variant { sku product { name variants { sku } } prices { channel { code } amount { amount } } availableToSell stock { location { code } } } } } } }",
        13,
    ),
    (
        "query($n: Int!) { orders(first: $n) { nodes { customer { identities { value channel { code } } addresses { city } } payments { order { number } transactions { amount { amount } } } fulfillments { location { code } orderNumbers orders { number } lines { sku variant { sku } orderLine { sku } } } } } }",
        19,
    ),
    (
        "query($n: Int!) { stockMovements(first: $n) { nodes { variant { sku } location { code } causedBy { label } } } stockLevels(first: $n) { nodes { variant { sku } location { code } } } }",
        // Two lists side by side: what both name is loaded once or twice, as they come.
        8,
    ),
    (
        "query($n: Int!) { variants(first: $n) { totalCount nodes { sku components { quantity variant { sku } } availableToSell prices { channel { code } } stock { available } } } }",
        10,
    ),
];

#[tokio::test]
async fn a_page_of_100_takes_no_more_statements_than_a_page_of_one() {
    let app = TestApp::with_limits(|limits| limits.cost = 10_000).await;
    let shop = many(&app).await;
    for (query, most) in QUERIES {
        let one = statements(&app, &shop, query, json!({ "n": 1 })).await;
        let ten = statements(&app, &shop, query, json!({ "n": 10 })).await;
        let hundred = statements(&app, &shop, query, json!({ "n": 100 })).await;
        // Who is seen for the first time goes into the audit log, in a transaction of its own.
        let seen = 3;
        let first = one.max(ten).max(hundred);
        assert!(first <= *most + seen, "{query}\n1: {one}, 10: {ten}, 100: {hundred}");
        let again = statements(&app, &shop, query, json!({ "n": 100 })).await;
        assert!(again <= *most, "{query}\nagain: {again}");
        assert!(hundred <= one.max(ten) + 2, "{query}\n1: {one}, 10: {ten}, 100: {hundred}");
    }
}

#[tokio::test]
async fn nodes_are_loaded_together() {
    let app = TestApp::start().await;
    let shop = many(&app).await;
    let data = shop
        .admin
        .payload("{ orders(first: 100) { nodes { id lines { id } customer { id } } } }", json!({}))
        .await;
    let nodes = data["nodes"].as_array().unwrap();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for ids in [
        nodes.iter().map(|node| node["id"].clone()).collect::<Vec<Json>>(),
        nodes.iter().map(|node| node["lines"][0]["id"].clone()).collect(),
        nodes.iter().map(|node| node["customer"]["id"].clone()).collect(),
    ] {
        let taken = statements(&app, &shop, query, json!({ "ids": ids })).await;
        assert!(taken <= 3, "{taken}");
    }
}

#[tokio::test]
async fn an_order_of_three_lines_takes_few_statements() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "a@example.com" } });
    let customer = shop.place(input).await["customer"]["id"].clone();
    let mut input = shop.order(&[("A", 1), ("B", 1), ("C", 1)]);
    input["customer"] = json!({ "id": customer });
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "63.33" }]);
    let taken = statements(&app, &shop, ORDER_PLACE, json!({ "input": input })).await;
    // On SQLite the levels are read again for what they passed, on PostgreSQL the change itself tells.
    // The last asks whether any clock listens.
    assert!(taken <= 24, "{taken}");
}

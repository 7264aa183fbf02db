use harness::client::user_errors;
use harness::shop::ORDERS_IMPORT;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn history(reference: &str) -> Json {
    json!({
        "channelCode": "web", "channelReference": reference, "currencyCode": "EUR",
        "placedAt": "2025-07-09T21:57:05-03:00",
        "customer": { "identities": [{ "kind": "CHANNEL_ACCOUNT", "value": "person-1" }] },
        "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "10.00", "taxRate": "0" }],
        "payments": [{ "method": "card", "amount": "10.00", "capturedAt": "2025-07-10T00:00:00Z" }],
    })
}

#[expect(clippy::needless_pass_by_value, reason = "called with a literal")]
fn with(reference: &str, changes: Json) -> Json {
    let mut order = history(reference);
    for (name, value) in changes.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

#[tokio::test]
async fn the_states_follow_the_moments_however_untidy() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let vouchers: Vec<Json> = (0..26)
        .map(|_| json!({ "method": "voucher", "amount": "0.40", "capturedAt": "2025-07-10T00:00:00Z" }))
        .collect();
    let orders = [
        (
            with(
                "delivered",
                json!({ "shippedAt": "2025-07-11T00:00:00Z", "deliveredAt": "2025-07-12T00:00:00Z" }),
            ),
            "COMPLETED DELIVERED PAID NONE",
        ),
        (
            with("shipped", json!({ "shippedAt": "2025-07-11T00:00:00Z" })),
            "OPEN FULFILLED PAID NONE",
        ),
        (with("open", json!({})), "OPEN UNFULFILLED PAID NONE"),
        (
            with(
                "delivered before shipped",
                json!({ "shippedAt": "2025-07-14T00:00:00Z", "deliveredAt": "2025-07-12T00:00:00Z" }),
            ),
            "COMPLETED DELIVERED PAID NONE",
        ),
        (
            with("delivered, never shipped", json!({ "deliveredAt": "2025-07-12T00:00:00Z" })),
            "COMPLETED DELIVERED PAID NONE",
        ),
        (
            with(
                "cancelled after delivery",
                json!({ "deliveredAt": "2025-07-12T00:00:00Z", "cancelledAt": "2025-07-13T00:00:00Z" }),
            ),
            "CANCELLED DELIVERED PAID NONE",
        ),
        (
            with("cancelled", json!({ "cancelledAt": "2025-07-09T00:00:00Z" })),
            "CANCELLED UNFULFILLED PAID NONE",
        ),
        (
            with(
                "returned",
                json!({ "deliveredAt": "2025-07-12T00:00:00Z", "returnedAt": "2025-07-20T00:00:00Z" }),
            ),
            "COMPLETED DELIVERED PAID RETURNED",
        ),
        (with("no lines", json!({ "lines": [] })), "OPEN UNFULFILLED PAID NONE"),
        (
            with(
                "nothing paid",
                json!({ "payments": [{ "method": "voucher", "amount": "0.00", "capturedAt": "2025-07-10T00:00:00Z" }] }),
            ),
            "OPEN UNFULFILLED PENDING NONE",
        ),
        (
            with(
                "never captured",
                json!({ "payments": [{ "method": "boleto", "amount": "10.00" }] }),
            ),
            "OPEN UNFULFILLED PENDING NONE",
        ),
        (with("26 vouchers", json!({ "payments": vouchers })), "OPEN UNFULFILLED PAID NONE"),
        (
            with(
                "paid too much",
                json!({ "payments": [{ "method": "card", "amount": "41.16", "capturedAt": "2025-07-10T00:00:00Z" }] }),
            ),
            "OPEN UNFULFILLED PAID NONE",
        ),
        (
            with(
                "unknown SKU",
                json!({ "lines": [{ "sku": "gone", "name": "Old thing", "quantity": 2, "unitPrice": "5.00" }] }),
            ),
            "OPEN UNFULFILLED PAID NONE",
        ),
    ];
    let before = shop.level("A", &shop.berlin).await;
    let inputs: Vec<&Json> = orders.iter().map(|(order, _)| order).collect();
    let done = shop.admin.done(ORDERS_IMPORT, json!({ "orders": inputs })).await;
    assert_eq!(done["imported"], 14);
    for (order, (input, expected)) in done["orders"].as_array().unwrap().iter().zip(&orders) {
        let state = |name: &str| order[name].as_str().unwrap();
        let states = [
            state("state"),
            state("fulfillmentState"),
            state("paymentState"),
            state("returnState"),
        ];
        assert_eq!(states.join(" "), *expected, "{}", input["channelReference"]);
        assert_eq!(order["imported"], true);
    }
    let unknown = &done["orders"][13];
    assert_eq!(unknown["lines"], json!([{ "sku": "gone", "variant": null, "quantity": 2 }]));
    assert_eq!(done["orders"][12]["totals"]["outstanding"]["amount"], "-31.16");
    assert_eq!(done["orders"][6]["totals"]["grandTotal"]["amount"], "0.00");
    // One person, 14 orders; no stock moved.
    assert_eq!(app.number("select count(*) from customers").await, 1);
    assert_eq!(shop.level("A", &shop.berlin).await, before);
    app.verify().await;
}

#[tokio::test]
async fn a_location_that_sent_it_gets_a_fulfillment() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let sent = with("s", json!({ "shippedAt": "2025-07-11T00:00:00Z", "locationCode": "hamburg" }));
    let kept = with("k", json!({ "locationCode": "hamburg" }));
    let done = shop.admin.done(ORDERS_IMPORT, json!({ "orders": [sent, kept] })).await;
    assert_eq!(
        done["orders"][0]["fulfillments"],
        json!([{ "state": "SHIPPED", "location": { "code": "hamburg" } }])
    );
    assert_eq!(done["orders"][1]["fulfillments"], json!([]));
    app.verify().await;
}

#[tokio::test]
async fn a_bad_row_is_refused_with_all_its_faults_and_the_rest_goes_in() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let bad = with(
        "bad",
        json!({ "channelCode": "nowhere", "currencyCode": "EURO", "satisfaction": 6, "locationCode": "moon",
                "lines": [{ "sku": "A", "quantity": 0 }] }),
    );
    let yen = with("yen", json!({ "currencyCode": "JPY", "lines": [], "payments": [] }));
    let payload = shop
        .admin
        .payload(
            ORDERS_IMPORT,
            json!({ "input": { "orders": [bad, history("good"), yen, history("good")] } }),
        )
        .await;
    assert_eq!(payload["imported"], 1);
    assert_eq!(
        user_errors(&payload),
        [
            "INVALID input.orders.0.currencyCode",
            "NOT_FOUND input.orders.0.channelCode",
            "NOT_FOUND input.orders.0.locationCode",
            "INVALID input.orders.0.satisfaction",
            "CURRENCY_MISMATCH input.orders.2.currencyCode",
            "DUPLICATE input.orders.3.channelReference",
        ]
    );
    let message = payload["userErrors"][1]["message"].as_str().unwrap();
    assert!(message.contains("channelUpsert"), "{message}");
    let rows: Vec<bool> =
        payload["orders"].as_array().unwrap().iter().map(|order| !order.is_null()).collect();
    assert_eq!(rows, [false, true, false, false]);
    app.verify().await;
}

#[tokio::test]
async fn the_same_file_again_imports_nothing_twice() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let orders = json!({ "orders": [history("1"), history("2")] });
    shop.admin.done(ORDERS_IMPORT, orders.clone()).await;
    let before = app.books().await;
    let again = shop.admin.payload(ORDERS_IMPORT, json!({ "input": orders })).await;
    assert_eq!(again["imported"], 0);
    assert_eq!(user_errors(&again).len(), 2);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_partial_import_answers_the_same_under_its_key() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let bad = with("bad", json!({ "channelCode": "nowhere" }));
    let call = json!({ "input": { "orders": [history("1"), bad] }, "key": "file-1" });
    let first = shop.admin.payload(ORDERS_IMPORT, call.clone()).await;
    let before = app.books().await;
    assert_eq!(shop.admin.payload(ORDERS_IMPORT, call).await, first);
    assert_eq!(first["imported"], 1);
    assert_eq!(app.books().await, before);
}

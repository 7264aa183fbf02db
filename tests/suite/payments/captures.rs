//! What is authorized is captured in parts, and the rest released.

use super::{authorized, payment};
use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

#[tokio::test]
async fn a_payment_is_captured_in_parts_and_the_rest_released() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (_, paid) = authorized(&shop, "manual", 2).await;
    let capture = |amount: &str| json!({ "paymentId": paid["id"], "amount": amount });
    for wrong in ["0", "-1", "1.001"] {
        let codes = shop.admin.refused(PAYMENT_CAPTURE, capture(wrong)).await;
        assert_eq!(codes, ["INVALID input.amount"], "{wrong}");
    }
    let codes = shop.admin.refused(PAYMENT_CAPTURE, capture("25.01")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    let done = shop.admin.done(PAYMENT_CAPTURE, capture("10.00")).await["payment"].clone();
    assert_eq!(
        (&done["state"], &done["captured"]["amount"]),
        (&json!("PARTIALLY_CAPTURED"), &json!("10.00"))
    );
    let old = json!({ "paymentId": paid["id"], "expectedVersion": paid["version"] });
    let codes = shop.admin.refused(PAYMENT_CAPTURE, old.clone()).await;
    assert_eq!(codes, ["VERSION_CONFLICT input.expectedVersion"]);
    assert_eq!(
        shop.admin.refused(PAYMENT_VOID, old).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    let last = json!({ "paymentId": paid["id"], "amount": "10.00", "final": true });
    let done = shop.admin.done(PAYMENT_CAPTURE, last).await["payment"].clone();
    assert_eq!(
        (&done["state"], &done["captured"]["amount"]),
        (&json!("CAPTURED"), &json!("20.00"))
    );
    assert_eq!(done["order"]["paymentState"], "PAID");
    let codes = shop.admin.refused(PAYMENT_CAPTURE, json!({ "paymentId": paid["id"] })).await;
    assert_eq!(codes, ["STATE_CONFLICT input.paymentId"]);
    assert_eq!(
        shop.admin.refused(PAYMENT_VOID, json!({ "paymentId": paid["id"] })).await,
        ["STATE_CONFLICT input.paymentId"]
    );
    app.verify().await;
}

#[tokio::test]
async fn what_is_released_holds_the_order_until_it_is_paid_otherwise() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, paid) = authorized(&shop, "manual", 1).await;
    let done =
        shop.admin.done(PAYMENT_VOID, json!({ "paymentId": paid["id"] })).await["payment"].clone();
    assert_eq!(done["state"], "VOIDED");
    assert_eq!(shop.read(&order).await["onHold"], true);
    let other = json!({ "orderId": order["id"], "payment": { "provider": "manual", "method": "cash", "captured": "10.00" } });
    let done = shop.admin.done(PAYMENT_RECORD, other).await["payment"].clone();
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "0.00");
    let now = shop.read(&order).await;
    assert_eq!((&now["onHold"], &now["paymentState"]), (&json!(false), &json!("PAID")));
    shop.ship(&shop.work(&order, 0).await).await;
    for provider in ["gift_card", "store_credit", "bank_transfer"] {
        let wrong =
            json!({ "orderId": order["id"], "payment": { "provider": provider, "method": "x" } });
        let codes = shop.admin.refused(PAYMENT_RECORD, wrong).await;
        assert_eq!(codes, ["INVALID input.payment.provider", "REQUIRED input.payment.authorized"]);
    }
    app.verify().await;
}

#[tokio::test]
async fn paypal_may_be_captured_beyond_what_was_authorized() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let rate = json!({ "base": "EUR", "currencyCode": "USD", "on": "2026-01-01", "rate": "0.9" });
    shop.admin.done(EXCHANGE_RATES_SET, json!({ "rates": [rate] })).await;
    let abroad = json!({ "code": "us", "name": "us", "kind": "WEB", "currencyCode": "USD", "taxIncluded": true,
        "legalEntityId": shop.entity, "locationIds": [shop.berlin] });
    let channel = shop.admin.done(CHANNEL_UPSERT, abroad).await["channel"]["id"].clone();
    let input = json!({ "channelId": channel, "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "100.00", "taxRate": "0" }],
        "payments": [{ "provider": "manual", "method": "paypal", "authorized": "100.00" }] });
    let order = shop.place(input).await;
    let paid = payment(&shop, &order).await;
    let capture = |amount: &str| json!({ "paymentId": paid["id"], "amount": amount });
    let codes = shop.admin.refused(PAYMENT_CAPTURE, capture("115.01")).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.amount"]);
    let done = shop.admin.done(PAYMENT_CAPTURE, capture("115.00")).await["payment"].clone();
    assert_eq!(
        (&done["state"], &done["authorized"]["amount"]),
        (&json!("CAPTURED"), &json!("115.00"))
    );
    assert_eq!(done["order"]["totals"]["outstanding"]["amount"], "-15.00");
    app.verify().await;
}

#[tokio::test]
async fn payments_are_found_by_what_is_known_of_them() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "manual", "providerReference": "r-1", "method": "card", "authorized": "10.00",
        "authorizationExpiresAt": "2026-03-04T00:00:00Z" }]);
    shop.place(input).await;
    let mut input = shop.order(&[("B", 1)]);
    input["payments"] = json!([{ "provider": "psp", "method": "slip", "captured": "20.00" }]);
    shop.place(input).await;
    for (filter, found) in [
        (json!({}), 2),
        (json!({ "states": ["AUTHORIZED"] }), 1),
        (json!({ "provider": "psp" }), 1),
        (json!({ "providerReference": "r-1" }), 1),
        (json!({ "methods": ["slip", "card"] }), 2),
        (json!({ "capturedAt": { "from": "2026-03-01T00:00:00Z" } }), 1),
        (json!({ "expiringBefore": "2026-03-05T00:00:00Z" }), 1),
        (json!({ "expiringBefore": "2026-03-03T00:00:00Z" }), 0),
    ] {
        let query = "query($f: PaymentFilter) { payments(filter: $f) { totalCount nodes { id } } }";
        let page = shop.admin.payload(query, json!({ "f": filter })).await;
        assert_eq!(
            (&page["totalCount"], page["nodes"].as_array().unwrap().len()),
            (&json!(found), found),
            "{filter}"
        );
    }
    let stranger = app.reaching(Some(&[&shop.market]), None).await;
    assert_eq!(stranger.payload("{ payments { totalCount } }", json!({})).await["totalCount"], 0);
}

#[tokio::test]
async fn an_authorization_that_ends_soon_is_told_of_at_48_and_at_24_hours() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let until = |at: &str| json!({ "provider": "psp", "method": "card", "authorized": "10.00", "authorizationExpiresAt": at });
    let mut input = shop.order(&[("A", 2)]);
    // The second ends in 20 hours: of it the later warning alone is news.
    input["payments"] = json!([until("2026-03-05T10:00:00Z"), until("2026-03-03T06:00:00Z")]);
    shop.place(input).await;
    let told = async || {
        app.settled().await;
        let query = "{ events(filter: { types: [\"payment.authorization_expiring\"] }, last: 100) { nodes { data } } }";
        let nodes = shop.admin.payload(query, json!({})).await["nodes"].clone();
        let one = |node: &Json| (node["data"]["endsAt"].clone(), node["data"]["hours"].clone());
        nodes.as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let (first, second) =
        (json!("2026-03-05T10:00:00.000000Z"), json!("2026-03-03T06:00:00.000000Z"));
    assert_eq!(told().await, [(second.clone(), json!(24))]);
    app.later(Duration::hours(24)).await;
    let twice = [(second.clone(), json!(24)), (first.clone(), json!(48))];
    assert_eq!(told().await, twice);
    app.later(Duration::hours(23)).await;
    assert_eq!(told().await, twice);
    app.later(Duration::hours(1)).await;
    let thrice = [(second, json!(24)), (first.clone(), json!(48)), (first, json!(24))];
    assert_eq!(told().await, thrice);
    app.later(Duration::hours(30)).await;
    assert_eq!(told().await, thrice);
    app.verify().await;
}

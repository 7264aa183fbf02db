//! What customers are told, by calendars and clocks, and what happens when it is not kept.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

const PROMISE: &str = "query($id: ID!) { order(by: { id: $id }) { version state
    promise { shipBy deliverBy expectedDeliveryAt atRisk } flags { code explanation }
    fulfillments { shipBy } } }";

async fn promise(shop: &Shop, order: &Json) -> Json {
    shop.admin.payload(PROMISE, json!({ "id": order["id"] })).await
}

fn codes(order: &Json) -> Vec<&str> {
    order["flags"].as_array().unwrap().iter().map(|flag| flag["code"].as_str().unwrap()).collect()
}

fn to(country: &str, region: Option<&str>) -> Json {
    json!({ "line1": "Weg 1", "city": "Ort", "region": region, "countryCode": country })
}

async fn placed(shop: &Shop, with: Json) -> Json {
    let mut input = shop.paid(&[("A", 1)]);
    input["shippingAddress"] = to("DE", None);
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    shop.place(input).await
}

#[tokio::test]
async fn a_promise_is_the_end_of_a_day_in_the_customers_place() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let service = |code: &str, transit: i32, handling: i32| {
        let input = json!({ "code": code, "name": code, "transitDays": transit, "handlingDays": handling, "express": transit == 1,
            "holidays": ["2026-03-05"] });
        let client = shop.admin.clone();
        async move { client.done(DELIVERY_SERVICE_DEFINE, input).await }
    };
    service("Express", 1, 0).await;
    service("Freight", 3, 2).await;
    // Monday, 11:00 in Berlin: the warehouse closes at 17:00.
    for (with, ship, deliver) in [
        (json!({}), "2026-03-02T16:00:00Z", "2026-03-04T22:59:59.999999Z"),
        (
            json!({ "deliveryService": " EXPRESS " }),
            "2026-03-02T16:00:00Z",
            "2026-03-03T22:59:59.999999Z",
        ),
        // Two days of handling, three on the way, of which one is a holiday of the carrier.
        (
            json!({ "deliveryService": "freight" }),
            "2026-03-04T16:00:00Z",
            "2026-03-09T22:59:59.999999Z",
        ),
        (
            json!({ "shippingAddress": to("US", Some("CA")) }),
            "2026-03-02T16:00:00Z",
            "2026-03-08T07:59:59.999999Z",
        ),
        (
            json!({ "shippingAddress": null, "deliveryMethod": "PICKUP", "pickupLocationId": shop.store }),
            "2026-03-02T16:00:00Z",
            "2026-03-02T22:59:59.999999Z",
        ),
        // What the shop promised stands, as the end of its day there.
        (
            json!({ "promisedBy": "2026-03-10T03:00:00Z", "shippingAddress": to("US", None) }),
            "2026-03-02T16:00:00Z",
            "2026-03-10T03:59:59.999999Z",
        ),
    ] {
        let order = placed(&shop, with.clone()).await;
        let seen = promise(&shop, &order).await;
        assert_eq!(
            (&seen["promise"]["shipBy"], &seen["promise"]["deliverBy"]),
            (&json!(ship), &json!(deliver)),
            "{with}"
        );
        assert_eq!(
            (&seen["promise"]["atRisk"], &seen["fulfillments"][0]["shipBy"]),
            (&json!(false), &json!(ship))
        );
    }
    let digital = placed(&shop, json!({ "deliveryMethod": "DIGITAL" })).await;
    assert_eq!(promise(&shop, &digital).await["promise"], Json::Null);
    // Behind the cut-off: the next day.
    app.clock.advance(Duration::hours(5));
    let order = placed(&shop, json!({})).await;
    assert_eq!(promise(&shop, &order).await["promise"]["shipBy"], "2026-03-03T16:00:00Z");
    let listed = "{ deliveryServices { code express transitDays transitDaysAbroad workingDays holidays channel { code } } }";
    let listed = shop.admin.payload(listed, json!({})).await;
    assert_eq!(listed[0]["code"], "express");
    assert_eq!(
        (&listed[1]["transitDaysAbroad"], &listed[1]["holidays"]),
        (&json!(3), &json!(["2026-03-05"]))
    );
    let wrong = json!({ "code": "", "name": "x", "transitDays": 400, "workingDays": [] });
    let refused = shop.admin.payload(DELIVERY_SERVICE_DEFINE, json!({ "input": wrong })).await;
    assert_eq!(
        harness::client::user_errors(&refused),
        ["REQUIRED input.code", "INVALID input.transitDays", "REQUIRED input.workingDays"]
    );
    app.verify().await;
}

#[tokio::test]
async fn it_counts_from_approval_and_is_looked_at_again_with_every_event_and_hour() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = placed(&shop, json!({})).await;
    let hold = json!({ "orderId": order["id"], "reason": "ADDRESS" });
    shop.admin.done(ORDER_HOLD, hold).await;
    let version = promise(&shop, &order).await["version"].clone();
    // Tuesday morning: it has not left, and will arrive a day late.
    app.later(Duration::hours(20)).await;
    let seen = promise(&shop, &order).await;
    assert_eq!(
        (&seen["promise"]["deliverBy"], &seen["promise"]["atRisk"]),
        (&json!("2026-03-04T22:59:59.999999Z"), &json!(true))
    );
    assert_eq!(seen["promise"]["expectedDeliveryAt"], "2026-03-05T22:59:59.999999Z");
    assert_eq!(codes(&seen), ["PROMISE_AT_RISK"]);
    assert_eq!(seen["version"], version, "what the hour alone changes is nobody's change");
    // Behind the promise.
    app.later(Duration::days(2)).await;
    let seen = promise(&shop, &order).await;
    assert_eq!(codes(&seen), ["LATE"]);
    let found = "{ orders(filter: { flags: [LATE, SPLIT_SHIPMENT] }) { nodes { id } } }";
    assert_eq!(shop.admin.payload(found, json!({})).await["nodes"], json!([{ "id": order["id"] }]));
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": order["id"] })).await;
    let sent = shop.ship(&shop.work(&order, 0).await).await;
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": sent["id"] })).await;
    let seen = promise(&shop, &order).await;
    assert_eq!((&seen["state"], codes(&seen)), (&json!("COMPLETED"), vec![]));
    let kinds = "{ events(filter: { types: [\"order.flag_raised\", \"order.flag_cleared\"] }) { nodes { type data } } }";
    app.settled().await;
    let told = shop.admin.payload(kinds, json!({})).await["nodes"].clone();
    let told: Vec<String> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|event| format!("{} {}", text(&event["type"]), text(&event["data"]["code"])))
        .collect();
    assert_eq!(
        told,
        [
            "order.flag_raised PROMISE_AT_RISK",
            "order.flag_cleared PROMISE_AT_RISK",
            "order.flag_raised LATE",
            "order.flag_cleared LATE",
        ]
    );
    app.verify().await;
}

#[tokio::test]
async fn an_order_that_is_not_approved_is_promised_anew_when_it_is() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = placed(
        &shop,
        json!({ "payments": [{ "provider": "manual", "method": "card", "authorized": "5.00" }],
        "lines": [{ "sku": "A", "quantity": 1 }, { "sku": "D", "quantity": 1 }] }),
    )
    .await;
    assert_eq!(promise(&shop, &order).await["promise"]["deliverBy"], "2026-03-04T22:59:59.999999Z");
    app.later(Duration::days(1)).await;
    let cancel = json!({ "orderId": order["id"], "reason": "CUSTOMER",
        "lines": [{ "lineId": order["lines"][0]["id"], "quantity": 1 }] });
    shop.admin.done(ORDER_CANCEL, cancel).await;
    let seen = promise(&shop, &order).await;
    assert_eq!(
        (&seen["promise"]["shipBy"], &seen["promise"]["deliverBy"]),
        (&json!("2026-03-03T16:00:00Z"), &json!("2026-03-05T22:59:59.999999Z"))
    );
    assert_eq!(seen["promise"]["atRisk"], false);
    // From then on it stands, unless it goes elsewhere.
    app.later(Duration::days(1)).await;
    let elsewhere = json!({ "orderId": order["id"], "shippingAddress": to("US", None) });
    let preview = "query($input: OrderEditInput!) { orderEditPreview(input: $input) { promise { deliverBy } } }";
    let seen = shop.admin.payload(preview, json!({ "input": elsewhere })).await;
    assert_eq!(seen["promise"]["deliverBy"], "2026-03-10T03:59:59.999999Z");
    app.verify().await;
}

#[tokio::test]
async fn flags_say_what_people_should_see_and_go_with_their_cause() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 19)]);
    input["allowBackorder"] = json!(true);
    input["shippingAddress"] = to("DE", None);
    input["billingAddress"] = to("FR", None);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "190.00", "authorizationExpiresAt": "2026-03-05T10:00:00Z" }]);
    let order = shop.place(input).await;
    let seen = promise(&shop, &order).await;
    assert_eq!(codes(&seen), ["ADDRESS_MISMATCH", "BACKORDERED", "SPLIT_SHIPMENT"]);
    assert_eq!(seen["promise"]["deliverBy"], Json::Null);
    assert_eq!(seen["flags"][1]["explanation"], "Waits for stock: 2 x A.");
    let lines = json!([{ "sku": "A", "quantity": 2 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
    let seen = promise(&shop, &order).await;
    assert_eq!(codes(&seen), ["ADDRESS_MISMATCH", "SPLIT_SHIPMENT"]);
    assert_ne!(seen["promise"]["deliverBy"], Json::Null);
    let edit = json!({ "orderId": order["id"], "billingAddress": to("DE", None) });
    shop.admin.done(ORDER_EDIT, edit).await;
    assert_eq!(codes(&promise(&shop, &order).await), ["SPLIT_SHIPMENT"]);
    // An authorization that ends is told of two days before, and is none behind its end.
    app.later(Duration::hours(25)).await;
    let seen = promise(&shop, &order).await;
    assert!(codes(&seen).contains(&"AUTHORIZATION_EXPIRING"), "{seen}");
    app.later(Duration::hours(48)).await;
    let now = shop.read(&order).await;
    assert_eq!((&now["onHold"], &now["payments"][0]["state"]), (&json!(true), &json!("EXPIRED")));
    assert_eq!(now["paymentState"], "PENDING");
    assert!(!codes(&promise(&shop, &order).await).contains(&"AUTHORIZATION_EXPIRING"));
    app.verify().await;
}

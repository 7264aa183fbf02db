//! Which location sends what, by the shop's own rules.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn located(shop: &Shop) {
    for (code, kind, north, east, capacity) in [
        ("berlin", "WAREHOUSE", 52.52, 13.405, Json::Null),
        ("hamburg", "WAREHOUSE", 53.5511, 9.9937, Json::Null),
        ("store", "STORE", 50.9375, 6.9603, json!(1)),
    ] {
        let input = json!({ "code": code, "name": code, "kind": kind, "timeZone": "Europe/Berlin",
            "latitude": north, "longitude": east, "dailyCapacity": capacity,
            "address": { "line1": "Street 1", "city": code, "countryCode": "DE" } });
        shop.admin.done(LOCATION_UPSERT, input).await;
    }
}

/// An order to Bonn, and where it comes from.
async fn routed(shop: &Shop, lines: &[(&str, i32)], with: Json) -> (Json, Vec<String>) {
    let mut input = shop.paid(lines);
    input["shippingAddress"] = json!({ "line1": "Weg 1", "city": "Bonn", "countryCode": "DE", "latitude": 50.7374, "longitude": 7.0982 });
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let order = shop.place(input).await;
    let works = shop.read(&order).await["fulfillments"].clone();
    let codes =
        works.as_array().unwrap().iter().map(|work| text(&work["location"]["code"])).collect();
    (order, codes)
}

const ROUTING: &str = "query($n: String!) { order(by: { number: $n }) { fulfillments { routing { decidedBy decidedAt location { code }
    candidates { location { code } score fillsQuantity distanceKm rejectedBecause } } } } }";

#[tokio::test]
async fn the_nearest_location_sends_it_and_the_decision_is_kept() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    located(&shop).await;
    let define =
        json!({ "name": "near", "channelId": shop.web, "rules": ["SINGLE_LOCATION", "NEAREST"] });
    let made = shop.admin.done(ROUTING_DEFINE, define).await["routingStrategy"].clone();
    assert_eq!(made["rules"], json!(["SINGLE_LOCATION", "NEAREST"]));
    let (order, codes) = routed(&shop, &[("A", 2)], json!({})).await;
    assert_eq!(codes, ["store"]);
    let kept = shop.admin.payload(ROUTING, json!({ "n": order["number"] })).await;
    let decision = &kept["fulfillments"][0]["routing"];
    assert_eq!(
        (&decision["decidedBy"], &decision["decidedAt"]),
        (&json!("SINGLE_LOCATION"), &json!("2026-03-02T10:00:00Z"))
    );
    let seen: Vec<(&str, i64, Option<&str>)> = decision["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let km = one["distanceKm"].as_f64().unwrap();
            assert!((20.0..500.0).contains(&km), "{one}");
            (
                one["location"]["code"].as_str().unwrap(),
                one["fillsQuantity"].as_i64().unwrap(),
                one["rejectedBecause"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("berlin", 2, Some("another was better")),
            ("hamburg", 2, Some("another was better")),
            ("store", 2, None)
        ]
    );
    // The store can do one a day: the next nearest sends the next.
    let (order, codes) = routed(&shop, &[("B", 1)], json!({})).await;
    assert_eq!(codes, ["hamburg"]);
    let kept = shop.admin.payload(ROUTING, json!({ "n": order["number"] })).await;
    let full = &kept["fulfillments"][0]["routing"]["candidates"][2];
    assert_eq!(full["rejectedBecause"], "has no room left today");
    app.later(time::Duration::days(1)).await;
    assert_eq!(routed(&shop, &[("C", 1)], json!({})).await.1, ["store"]);
    app.verify().await;
}

#[tokio::test]
async fn an_order_is_split_only_as_far_as_its_strategy_allows() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let define = |with: Json| {
        let mut input = json!({ "name": "x", "channelId": shop.web, "rules": ["SINGLE_LOCATION", "FEWEST_SPLITS"] });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let client = shop.admin.clone();
        async move { client.done(ROUTING_DEFINE, input).await["routingStrategy"].clone() }
    };
    let made = define(json!({ "splitAboveValue": "150.00", "maxSplits": 1 })).await;
    let place = |quantity: i32| {
        let mut input = shop.paid(&[("A", quantity)]);
        input["adjustments"] = json!([]);
        input
    };
    // 120.00 is worth no second parcel, 150.00 is, and never a third.
    assert_eq!(shop.admin.refused(ORDER_PLACE, place(12)).await, ["NOT_ROUTABLE input.lines"]);
    assert_eq!(routed(&shop, &[("A", 15)], json!({})).await.1, ["berlin", "hamburg"]);
    assert_eq!(
        shop.admin.refused(ORDER_PLACE, place(16)).await[0],
        "OUT_OF_STOCK input.lines.0.quantity"
    );
    define(json!({ "id": made["id"], "active": false })).await;
    let listed = "{ routingStrategies { name active channel { code } } }";
    let listed = shop.admin.payload(listed, json!({})).await;
    assert_eq!(listed, json!([{ "name": "x", "active": false, "channel": { "code": "web" } }]));
    app.verify().await;
}

#[tokio::test]
async fn the_highest_of_the_channels_own_strategies_wins() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let define = |name: &str, channel: Option<&String>, rule: &str, priority: i32| {
        let input =
            json!({ "name": name, "channelId": channel, "rules": [rule], "priority": priority });
        let client = shop.admin.clone();
        async move { client.done(ROUTING_DEFINE, input).await }
    };
    define("shop", None, "MOST_STOCK", 99).await;
    define("low", Some(&shop.web), "PREFERRED_LOCATION", 1).await;
    define("high", Some(&shop.web), "LOWEST_BACKLOG", 2).await;
    // Berlin, then Hamburg, then the store have the least to do.
    for expected in ["berlin", "hamburg", "store", "berlin"] {
        assert_eq!(routed(&shop, &[("D", 1)], json!({})).await.1, [expected]);
    }
    let errors = shop
        .admin
        .refused(
            ROUTING_DEFINE,
            json!({ "name": " ", "rules": [], "maxSplits": -1, "splitAboveValue": "-1" }),
        )
        .await;
    assert_eq!(
        errors,
        [
            "REQUIRED input.name",
            "REQUIRED input.rules",
            "INVALID input.maxSplits",
            "INVALID input.splitAboveValue"
        ]
    );
    let twice = json!({ "name": "x", "rules": ["NEAREST", "NEAREST"] });
    assert_eq!(shop.admin.refused(ROUTING_DEFINE, twice).await, ["DUPLICATE input.rules.1"]);
}

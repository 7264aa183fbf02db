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
async fn a_simulation_replays_the_past_with_the_stock_of_its_time() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    located(&shop).await;
    let minute = || app.clock.advance(time::Duration::minutes(1));
    // Eight of ten in Berlin, then a split, then a receipt that makes the next one whole.
    routed(&shop, &[("A", 8)], json!({})).await;
    minute();
    let (split, codes) = routed(&shop, &[("A", 6), ("B", 1)], json!({})).await;
    assert_eq!(codes.len(), 2);
    minute();
    let lines = json!([{ "sku": "A", "quantity": 10 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.hamburg, "lines": lines })).await;
    minute();
    assert_eq!(routed(&shop, &[("A", 9)], json!({})).await.1, ["hamburg"]);
    minute();
    // One by way of a checkout, one that is cancelled again, one bundle, one to be fetched.
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 600, "lines": [{ "sku": "D", "quantity": 10 }] });
    let held = shop.admin.done(STOCK_RESERVE, hold).await["reservation"]["id"].clone();
    minute();
    routed(&shop, &[("D", 10)], json!({ "reservationId": held })).await;
    minute();
    let (gone, _) = routed(&shop, &[("C", 9)], json!({})).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": gone["id"], "reason": "CUSTOMER" })).await;
    minute();
    assert_eq!(routed(&shop, &[("C", 10)], json!({})).await.1, ["berlin"]);
    minute();
    let fetch = json!({ "deliveryMethod": "PICKUP", "pickupLocationId": shop.store });
    assert_eq!(routed(&shop, &[("SET", 1)], fetch).await.1, ["store"]);
    minute();
    // What has left changes nothing of the past.
    let work = shop.work(&split, 0).await;
    shop.ship(&work).await;
    let before = app.books().await;
    let simulate = |rules: Json| {
        let input = json!({ "name": "x", "channelId": shop.web, "rules": rules });
        let at = json!({ "from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z" });
        let admin = shop.admin.clone();
        async move { admin.payload(ROUTING_SIMULATE, json!({ "input": input, "at": at })).await }
    };
    let same = simulate(json!(["SINGLE_LOCATION", "FEWEST_SPLITS"])).await;
    assert_eq!((&same["orderCount"], &same["changedOrders"]), (&json!(6), &json!(0)), "{same}");
    assert_eq!((&same["unroutable"], &same["splitRate"]), (&json!(0), &json!(1.0 / 6.0)));
    let load = |seen: &Json| -> Vec<(String, i64)> {
        let loads = seen["byLocation"].as_array().unwrap().iter();
        let mut loads: Vec<(String, i64)> = loads
            .map(|one| (text(&one["location"]["code"]), one["fulfillments"].as_i64().unwrap()))
            .collect();
        loads.sort();
        loads
    };
    let of = |loads: [(&str, i64); 3]| loads.map(|(code, count)| (code.to_owned(), count)).to_vec();
    assert_eq!(load(&same), of([("berlin", 4), ("hamburg", 2), ("store", 1)]));
    // The nearest first: Cologne has two of each and room for one order a day, Hamburg comes next. Eight A come from all
    // three, six and one B from Hamburg and Berlin, nine from Hamburg as they did, ten D and ten C from Hamburg and
    // Berlin; and where one was to be fetched there is no room any longer.
    let near = simulate(json!(["NEAREST"])).await;
    assert_eq!((&near["orderCount"], &near["unroutable"]), (&json!(6), &json!(1)));
    assert_eq!(load(&near), of([("berlin", 4), ("hamburg", 5), ("store", 1)]));
    assert_eq!((&near["changedOrders"], &near["splitRate"]), (&json!(5), &json!(4.0 / 6.0)));
    let (far, close) = (&same["averageDistanceKm"], &near["averageDistanceKm"]);
    assert!(close.as_f64() < far.as_f64() && far.as_f64() < Some(500.0), "{near}");
    assert_eq!(app.books().await, before);
    let at = json!({ "to": "2026-03-01T00:00:00Z" });
    let input = json!({ "name": "x", "channelId": shop.web, "rules": ["NEAREST"] });
    let none = shop.admin.payload(ROUTING_SIMULATE, json!({ "input": input, "at": at })).await;
    assert_eq!((&none["orderCount"], &none["averageDistanceKm"]), (&json!(0), &Json::Null));
    // A strategy of the whole shop concerns channels without one of their own.
    let input = json!({ "name": "x", "rules": ["NEAREST"] });
    let all = shop.admin.payload(ROUTING_SIMULATE, json!({ "input": input, "at": {} })).await;
    assert_eq!(all["orderCount"], 6);
    shop.admin
        .done(ROUTING_DEFINE, json!({ "name": "own", "channelId": shop.web, "rules": ["NEAREST"] }))
        .await;
    let none = shop.admin.payload(ROUTING_SIMULATE, json!({ "input": input, "at": {} })).await;
    assert_eq!(none["orderCount"], 0);
    let wrong = json!({ "input": { "name": "", "rules": [] }, "at": { "from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z" } });
    let answer = shop.admin.answer(ROUTING_SIMULATE, wrong).await;
    let said = answer["errors"][0]["message"].as_str().unwrap();
    assert!(["name: ", "rules: ", "placedAt: "].iter().all(|field| said.contains(field)), "{said}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT");
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

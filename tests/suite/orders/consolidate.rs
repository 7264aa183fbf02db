//! Orders of one customer to one address go out together, and part again when one of them may not.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

const CANDIDATES: &str = "query($ids: [ID!], $first: Int, $after: String) { consolidationCandidates(locationIds: $ids, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { savedParcels customer { email } shippingAddress { city } orders { number flags { code explanation } } } } }";

async fn groups(shop: &Shop, ids: Json) -> Json {
    shop.admin.payload(CANDIDATES, json!({ "ids": ids })).await
}

/// The codes of an order's flags.
async fn flags(shop: &Shop, order: &Json) -> Vec<String> {
    let query = "query($id: ID!) { order(by: { id: $id }) { flags { code } } }";
    let seen = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    seen["flags"].as_array().unwrap().iter().map(|flag| text(&flag["code"])).collect()
}

async fn together(shop: &Shop, orders: &[&Json], refund: bool) -> Json {
    let ids: Vec<&Json> = orders.iter().map(|order| &order["id"]).collect();
    let input = json!({ "orderIds": ids, "refundShipping": refund });
    shop.admin.done(ORDERS_CONSOLIDATE, input).await
}

fn shipping(mut order: Json, amount: &str) -> Json {
    order["adjustments"] = json!([{ "kind": "SHIPPING", "label": "Standard", "amount": amount }]);
    order
}

/// The open work of an order: its number and how many orders share it.
async fn work(shop: &Shop, order: &Json) -> Vec<(String, String, usize)> {
    let query =
        "query($id: ID!) { order(by: { id: $id }) { fulfillments { number state orderNumbers } } }";
    let seen = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let live = |work: &&Json| work["state"] != "CANCELLED";
    let of = |work: &Json| {
        let shared = work["orderNumbers"].as_array().unwrap().len();
        (text(&work["number"]), text(&work["state"]), shared)
    };
    seen["fulfillments"].as_array().unwrap().iter().filter(live).map(of).collect()
}

fn at(number: &str, state: &str, shared: usize) -> Vec<(String, String, usize)> {
    vec![(number.to_owned(), state.to_owned(), shared)]
}

#[tokio::test]
async fn what_could_go_together_is_flagged_and_goes_in_one_parcel() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = shop.place(shipping(shop.sent_home(&[("A", 1)]), "5.00")).await;
    assert_eq!(flags(&shop, &first).await, [""; 0]);
    let second = shop.place(shipping(shop.sent_home(&[("A", 2), ("B", 1)]), "4.00")).await;
    let mut elsewhere = shop.sent_home(&[("A", 1)]);
    elsewhere["shippingAddress"]["line1"] = json!("Weg 2");
    let elsewhere = shop.place(elsewhere).await;
    let mut express = shop.sent_home(&[("A", 1)]);
    express["deliveryService"] = json!("express");
    let express = shop.place(express).await;
    for order in [&first, &second] {
        assert_eq!(flags(&shop, order).await, ["CONSOLIDATABLE"]);
    }
    for order in [&elsewhere, &express] {
        assert!(!flags(&shop, order).await.contains(&"CONSOLIDATABLE".to_owned()));
    }
    let seen = groups(&shop, Json::Null).await;
    let group = &seen["nodes"][0];
    assert_eq!((&seen["totalCount"], &group["savedParcels"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&group["customer"]["email"], &group["shippingAddress"]["city"]),
        (&json!("ada@example.com"), &json!("Bonn"))
    );
    assert_eq!(group["orders"][0]["number"], first["number"]);
    let said = group["orders"][0]["flags"][0]["explanation"].as_str().unwrap();
    assert!(said.contains(second["number"].as_str().unwrap()), "{said}");
    assert_eq!(groups(&shop, json!([shop.hamburg])).await["totalCount"], 0);
    assert_eq!(groups(&shop, json!([shop.berlin])).await["totalCount"], 1);

    let done = together(&shop, &[&first, &second], true).await;
    let shared = &done["fulfillments"][0];
    assert_eq!(shared["orderNumbers"], json!([first["number"], second["number"]]));
    assert_eq!(shared["number"], format!("{}-1", first["number"].as_str().unwrap()));
    assert_eq!(shared["lines"].as_array().unwrap().len(), 3);
    let totals: Vec<(&str, &str)> = done["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| {
            let of = |name: &str| order["totals"][name]["amount"].as_str().unwrap();
            (of("shipping"), of("grandTotal"))
        })
        .collect();
    assert_eq!(totals, [("5.00", "15.00"), ("0.00", "40.00")]);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 5);
    for order in [&first, &second] {
        assert!(flags(&shop, order).await.is_empty());
    }
    assert_eq!(groups(&shop, Json::Null).await["totalCount"], 0);
    app.verify().await;

    // One parcel, and each order is captured for its own.
    let sent = shop.ship(shared).await;
    assert_eq!(sent["parcels"].as_array().unwrap().len(), 1);
    let paid = "query($id: ID!) { order(by: { id: $id }) { fulfillmentState totals { paid { amount } } } }";
    for (order, amount) in [(&first, "15.00"), (&second, "40.00")] {
        let seen = shop.admin.payload(paid, json!({ "id": order["id"] })).await;
        assert_eq!(seen["fulfillmentState"], "FULFILLED");
        assert_eq!(seen["totals"]["paid"]["amount"], amount);
    }
    app.verify().await;
}

#[tokio::test]
async fn the_flag_goes_when_its_cause_does() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = shop.place(shop.sent_home(&[("A", 1)])).await;
    let second = shop.place(shop.sent_home(&[("A", 1)])).await;
    let flagged = |order: Json| {
        let shop = &shop;
        async move { flags(shop, &order).await.contains(&"CONSOLIDATABLE".to_owned()) }
    };
    let hold = json!({ "orderId": second["id"], "reason": "MANUAL" });
    shop.admin.done(ORDER_HOLD, hold).await;
    assert!(!flagged(first.clone()).await && !flagged(second.clone()).await);
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": second["id"] })).await;
    assert!(flagged(first.clone()).await && flagged(second.clone()).await);
    // Somebody moves: the address is another.
    let moved = json!({ "orderId": second["id"], "shippingAddress": { "line1": "Weg 9", "city": "Ulm", "countryCode": "DE" } });
    shop.admin.done(ORDER_EDIT, moved).await;
    assert!(!flagged(first.clone()).await && !flagged(second.clone()).await);
    let third = shop.place(shop.sent_home(&[("A", 1)])).await;
    assert!(flagged(first.clone()).await && flagged(third.clone()).await);
    let work = shop.work(&first, 0).await;
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    assert!(!flagged(first.clone()).await && !flagged(third.clone()).await);
    // A day later is another occasion.
    app.later(time::Duration::hours(25)).await;
    let fourth = shop.place(shop.sent_home(&[("A", 1)])).await;
    assert!(!flagged(third).await && !flagged(fourth).await);
    app.verify().await;
}

#[tokio::test]
async fn one_that_is_held_or_cancelled_parts_from_the_others() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let [a, b, c] = [1, 2, 3].map(|units| shop.sent_home(&[("D", units), ("A", 1)]));
    let (a, b, c) = (shop.place(a).await, shop.place(b).await, shop.place(c).await);
    let of = |order: &Json, index: u32| format!("{}-{index}", order["number"].as_str().unwrap());
    together(&shop, &[&a, &b, &c], false).await;
    assert_eq!(work(&shop, &c).await, at(&of(&a, 1), "OPEN", 3));
    let reserved =
        || async { (shop.level("D", &shop.berlin).await.1, shop.level("A", &shop.berlin).await.1) };
    assert_eq!(reserved().await, (6, 3));
    // B is held: it waits alone, A and C stay together.
    shop.admin.done(ORDER_HOLD, json!({ "orderId": b["id"], "reason": "CUSTOMER_REQUEST" })).await;
    assert_eq!(work(&shop, &b).await, at(&of(&b, 2), "ON_HOLD", 1));
    assert_eq!(work(&shop, &a).await, at(&of(&a, 1), "OPEN", 2));
    assert_eq!(reserved().await, (6, 3));
    app.verify().await;
    // A, whose number the work has, is cancelled: C has work of its own.
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": a["id"], "reason": "CUSTOMER" })).await;
    assert_eq!(work(&shop, &a).await, []);
    assert_eq!(work(&shop, &c).await, at(&of(&c, 2), "OPEN", 1));
    assert_eq!(reserved().await, (5, 2));
    app.verify().await;
    // And again, now with a part of C sent elsewhere.
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": b["id"] })).await;
    together(&shop, &[&b, &c], false).await;
    assert_eq!(work(&shop, &c).await, at(&of(&b, 2), "OPEN", 2));
    let elsewhere = json!({ "orderId": c["id"], "locationId": shop.hamburg });
    shop.admin.done(ORDER_REROUTE, elsewhere).await;
    assert_eq!(work(&shop, &c).await, at(&of(&c, 3), "OPEN", 1));
    assert_eq!(work(&shop, &b).await, at(&of(&b, 2), "OPEN", 1));
    assert_eq!(reserved().await, (2, 1));
    app.verify().await;
}

#[tokio::test]
async fn a_short_pick_takes_from_the_latest_promise_and_begun_work_stays_together() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut late = shop.sent_home(&[("A", 2)]);
    late["promisedBy"] = json!("2026-03-20T00:00:00Z");
    late["allowBackorder"] = json!(true);
    let late = shop.place(late).await;
    let mut soon = shop.sent_home(&[("A", 2)]);
    soon["promisedBy"] = json!("2026-03-05T00:00:00Z");
    let soon = shop.place(soon).await;
    let done = together(&shop, &[&late, &soon], false).await;
    let shared = &done["fulfillments"][0];
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [shared["id"]] })).await;
    let pick = json!({ "fulfillmentId": shared["id"], "picked": [{ "sku": "A", "quantity": 3 }], "shortPick": "BACKORDER" });
    shop.admin.done(FULFILLMENT_PICK, pick).await;
    let waits = "query($id: ID!) { order(by: { id: $id }) { lines { quantityBackordered } } }";
    for (order, units) in [(&soon, 0), (&late, 1)] {
        let seen = shop.admin.payload(waits, json!({ "id": order["id"] })).await;
        assert_eq!(seen["lines"][0]["quantityBackordered"], units);
    }
    // Held while it is in hand, it is not torn out of the basket: nothing goes on.
    shop.admin.done(ORDER_HOLD, json!({ "orderId": soon["id"], "reason": "MANUAL" })).await;
    let ship = json!({ "fulfillmentId": shared["id"] });
    assert_eq!(
        shop.admin.refused(FULFILLMENT_SHIP, ship.clone()).await,
        ["ON_HOLD input.fulfillmentId"]
    );
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": soon["id"] })).await;
    shop.admin.done(FULFILLMENT_SHIP, ship).await;
    app.verify().await;
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused_with_every_reason() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = shop.place(shop.sent_home(&[("A", 1)])).await;
    let mut other = shop.paid(&[("A", 1)]);
    other["customer"] = json!({ "create": { "email": "bob@example.com" } });
    other["shippingAddress"] = json!({ "line1": "Weg 2", "city": "Ulm", "countryCode": "DE" });
    other["deliveryService"] = json!("express");
    let other = shop.place(other).await;
    let held = shop.place(shop.sent_home(&[("A", 1)])).await;
    shop.admin.done(ORDER_HOLD, json!({ "orderId": held["id"], "reason": "MANUAL" })).await;
    let gone = shop.place(shop.sent_home(&[("A", 1)])).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": gone["id"], "reason": "CUSTOMER" })).await;
    let mut away = shop.sent_home(&[("A", 1)]);
    away["channelId"] = json!(shop.market);
    away["customer"] = json!({ "id": first["customer"]["id"] });
    let away = shop.place(away).await;
    let before = app.books().await;
    let ids = |orders: &[&Json]| json!({ "orderIds": orders.iter().map(|order| &order["id"]).collect::<Vec<_>>() });
    let refused =
        shop.admin.refused(ORDERS_CONSOLIDATE, ids(&[&first, &other, &held, &gone])).await;
    assert_eq!(
        refused,
        [
            "INVALID input.orderIds.1",
            "INVALID input.orderIds.1",
            "INVALID input.orderIds.1",
            "ON_HOLD input.orderIds.2",
            "STATE_CONFLICT input.orderIds.3",
        ]
    );
    // Hamburg sends the one, Berlin the other.
    let refused = shop.admin.refused(ORDERS_CONSOLIDATE, ids(&[&first, &away])).await;
    assert_eq!(refused[0], "STATE_CONFLICT input.orderIds.0");
    assert_eq!(
        shop.admin.refused(ORDERS_CONSOLIDATE, ids(&[&first])).await,
        ["REQUIRED input.orderIds"]
    );
    assert_eq!(
        shop.admin.refused(ORDERS_CONSOLIDATE, ids(&[&first, &first])).await,
        ["DUPLICATE input.orderIds.1"]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn groups_come_in_pages() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for house in 1..=3 {
        for _ in 0..2 {
            let mut order = shop.sent_home(&[("D", 1)]);
            order["shippingAddress"]["line1"] = json!(format!("Weg {house}"));
            shop.place(order).await;
        }
    }
    let (mut seen, mut after) = (0, Json::Null);
    loop {
        let page = shop.admin.payload(CANDIDATES, json!({ "first": 2, "after": after })).await;
        assert_eq!(page["totalCount"], 3);
        seen += page["nodes"].as_array().unwrap().len();
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, 3);
}

//! What seldom happens, and must come right all the same.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

#[expect(clippy::needless_pass_by_value, reason = "called with literals")]
fn with(mut input: Json, more: Json) -> Json {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

async fn receive(shop: &Shop, location: &str, sku: &str, quantity: i32) {
    let lines = json!([{ "sku": sku, "quantity": quantity }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": location, "lines": lines })).await;
}

/// Takes everything of a SKU off a shelf.
async fn empty(shop: &Shop, location: &str, sku: &str) {
    let lines = json!([{ "sku": sku, "onHand": 0 }]);
    let input = json!({ "locationId": location, "reason": "gone", "lines": lines });
    shop.admin.done(STOCK_ADJUST, input).await;
}

/// The components of SET lie apart: A in Berlin, B in Hamburg.
async fn apart(shop: &Shop) {
    for location in [&shop.hamburg, &shop.store] {
        empty(shop, location, "A").await;
    }
    for location in [&shop.berlin, &shop.store] {
        empty(shop, location, "B").await;
    }
}

fn places(order: &Json) -> Vec<(String, String, i64)> {
    let works = order["fulfillments"].as_array().unwrap();
    let lines = works.iter().flat_map(|work| {
        let (place, state) = (text(&work["location"]["code"]), text(&work["state"]));
        let line = move |line: &Json| {
            let units =
                line["quantity"].as_i64().unwrap() - line["quantityShort"].as_i64().unwrap();
            (format!("{place} {}", text(&line["sku"])), state.clone(), units)
        };
        work["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    });
    let mut lines: Vec<_> =
        lines.filter(|(_, state, _)| state != "CANCELLED" && state != "FAILED").collect();
    lines.sort();
    lines
}

fn total<'a>(order: &'a Json, name: &str) -> &'a str {
    order["totals"][name]["amount"].as_str().unwrap()
}

fn cancel(order: &Json) -> Json {
    json!({ "orderId": order["id"], "reason": "CUSTOMER" })
}

#[tokio::test]
async fn a_set_of_which_a_part_has_left_is_cancelled_and_none_of_it_charged() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    apart(&shop).await;
    let order = shop.place(shop.paid(&[("SET", 2)])).await;
    let open = |place: &str, units| (place.to_owned(), "OPEN".to_owned(), units);
    let now = shop.read(&order).await;
    assert_eq!(places(&now), [open("berlin A", 4), open("hamburg B", 2)]);
    let berlin = now["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|work| work["location"]["code"] == "berlin");
    shop.ship(berlin.unwrap()).await;
    let now = shop.read(&order).await;
    assert_eq!(
        (now["lines"][0]["quantityFulfilled"].clone(), total(&now, "paid")),
        (json!(0), "0.00")
    );
    // Both sets are in hand: an edit cannot take one away.
    let less = json!({ "orderId": order["id"], "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(ORDER_EDIT, less).await,
        ["STATE_CONFLICT input.setQuantities.0.quantity"]
    );
    let one = with(
        cancel(&order),
        json!({ "lines": [{ "lineId": order["lines"][0]["id"], "quantity": 1 }] }),
    );
    let now = shop.admin.done(ORDER_CANCEL, one).await["order"].clone();
    assert_eq!(now["lines"][0]["quantityCancelled"], 1);
    assert_eq!(shop.level("B", &shop.hamburg).await.1, 1);
    app.verify().await;
    let now = shop.admin.done(ORDER_CANCEL, cancel(&order)).await["order"].clone();
    assert_eq!((now["state"].clone(), total(&now, "paid")), (json!("CANCELLED"), "0.00"));
    assert_eq!(shop.level("B", &shop.hamburg).await.1, 0);
    app.verify().await;
}

#[tokio::test]
async fn a_component_that_one_location_failed_is_sought_alone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    apart(&shop).await;
    receive(&shop, &shop.store, "B", 5).await;
    let order = shop.place(with(shop.paid(&[("SET", 2)]), json!({ "allowBackorder": true }))).await;
    let now = shop.read(&order).await;
    let hamburg = now["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|work| work["location"]["code"] != "berlin")
        .unwrap()
        .clone();
    let code = text(&hamburg["location"]["code"]);
    let input = json!({ "fulfillmentId": hamburg["id"], "reason": "flooded" });
    shop.admin.done(FULFILLMENT_FAIL, input).await;
    let now = shop.read(&order).await;
    let other = if code == "hamburg" { "store" } else { "hamburg" };
    let open = |place: &str, units| (place.to_owned(), "OPEN".to_owned(), units);
    assert_eq!(places(&now), [open("berlin A", 4), open(&format!("{other} B"), 2)]);
    app.verify().await;
    // Where nobody else has it, the other components are not kept from others.
    let id = now["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|work| work["location"]["code"] == other)
        .unwrap()["id"]
        .clone();
    shop.admin.done(FULFILLMENT_FAIL, json!({ "fulfillmentId": id, "reason": "too" })).await;
    let now = shop.read(&order).await;
    assert_eq!(now["lines"][0]["quantityBackordered"], 2);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    app.verify().await;
    receive(&shop, &shop.berlin, "B", 1).await;
    let now = shop.read(&order).await;
    assert_eq!(places(&now), [open("berlin A", 2), open("berlin B", 1)]);
    app.verify().await;
}

#[tokio::test]
async fn a_set_stays_what_it_was_when_it_was_ordered() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.paid(&[("B", 16)])).await;
    let order = shop.place(with(shop.paid(&[("SET", 2)]), json!({ "allowBackorder": true }))).await;
    assert_eq!(shop.read(&order).await["lines"][0]["quantityReserved"], 1);
    let set = json!({ "sku": "SET", "name": "Thing SET", "components": [{ "sku": "A", "quantity": 1 }, { "sku": "C", "quantity": 1 }] });
    let products = json!({ "products": [{ "name": "Set", "variants": [set] }] });
    shop.admin.done(PRODUCTS_UPSERT, products).await;
    receive(&shop, &shop.berlin, "B", 3).await;
    let now = shop.read(&order).await;
    assert_eq!(
        (
            now["lines"][0]["quantityReserved"].clone(),
            now["lines"][0]["quantityBackordered"].clone()
        ),
        (json!(2), json!(0))
    );
    let units: i64 = places(&now).iter().map(|(_, _, units)| units).sum();
    assert_eq!(units, 6);
    app.verify().await;
}

#[tokio::test]
async fn a_clock_for_those_who_wait_ends_with_what_there_is() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.paid(&[("D", 17)])).await;
    let mut orders = Vec::new();
    for _ in 0..30 {
        orders.push(
            shop.place(with(shop.paid(&[("D", 1)]), json!({ "allowBackorder": true }))).await,
        );
    }
    receive(&shop, &shop.berlin, "D", 27).await;
    let due = app.later(Duration::seconds(1)).await;
    assert!(due <= 5, "{due}");
    let waiting = "select count(*) from backorders";
    assert_eq!(app.number(waiting).await, 3);
    receive(&shop, &shop.berlin, "D", 1).await;
    assert_eq!(app.number(waiting).await, 2);
    assert!(app.later(Duration::seconds(1)).await <= 1);
    let timers = "select count(*) from timers where kind = 'backorders.serve'";
    assert_eq!(app.number(timers).await, 0);
    app.verify().await;
}

#[tokio::test]
async fn orders_chained_by_shared_parcels_can_still_be_changed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let a = shop.place(shop.sent_home(&[("A", 1)])).await;
    let b = shop
        .place(with(shop.sent_home(&[("A", 1), ("C", 20)]), json!({ "allowBackorder": true })))
        .await;
    let ids = json!([a["id"], b["id"]]);
    let shared = shop.admin.done(ORDERS_CONSOLIDATE, json!({ "orderIds": ids })).await;
    let work = shared["fulfillments"][0].clone();
    let parcels = work["lines"].as_array().unwrap();
    assert!(!parcels.is_empty());
    shop.ship(&json!({ "id": work["id"], "lines": work["lines"] })).await;
    receive(&shop, &shop.berlin, "C", 20).await;
    let c = shop.place(shop.sent_home(&[("A", 1)])).await;
    let ids = json!([b["id"], c["id"]]);
    shop.admin.done(ORDERS_CONSOLIDATE, json!({ "orderIds": ids })).await;
    for order in [&a, &b, &c] {
        let input = json!({ "orderId": order["id"], "reason": "MANUAL" });
        shop.admin.done(ORDER_HOLD, input).await;
        shop.admin.done(ORDER_RELEASE, json!({ "orderId": order["id"] })).await;
    }
    receive(&shop, &shop.berlin, "C", 1).await;
    app.verify().await;
}

#[tokio::test]
async fn what_was_paid_too_much_is_given_back_once_and_with_the_end() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let paid =
        json!({ "payments": [{ "provider": "manual", "method": "card", "captured": "120.00" }] });
    let order = shop.place(with(shop.order(&[("A", 10)]), paid)).await;
    let edit = json!({ "orderId": order["id"], "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 9 }] });
    let seen = shop.admin.payload(EDIT_PREVIEW, json!({ "input": edit })).await;
    assert_eq!(seen["toRefund"]["amount"], "10.00");
    let done = shop.admin.done(ORDER_EDIT, edit).await["order"].clone();
    assert_eq!((total(&done, "refunded"), total(&done, "outstanding")), ("10.00", "-20.00"));
    let done = shop.admin.done(ORDER_CANCEL, cancel(&order)).await["order"].clone();
    assert_eq!((total(&done, "refunded"), total(&done, "outstanding")), ("120.00", "0.00"));
    app.verify().await;
}

#[tokio::test]
async fn a_last_cent_is_captured_when_the_rest_is_cancelled() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let channel = json!({ "code": "us", "name": "us", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": false,
        "legalEntityId": shop.entity, "locationIds": [shop.berlin, shop.hamburg] });
    let channel = shop.admin.done(CHANNEL_UPSERT, channel).await["channel"]["id"].clone();
    empty(&shop, &shop.hamburg, "A").await;
    empty(&shop, &shop.berlin, "B").await;
    let line =
        |sku: &str| json!({ "sku": sku, "quantity": 1, "unitPrice": "10.00", "taxRate": "0.0775" });
    let payments = json!([{ "provider": "manual", "method": "card", "authorized": "30.00" }]);
    let input =
        json!({ "channelId": channel, "lines": [line("A"), line("B")], "payments": payments });
    let order = shop.place(input).await;
    assert_eq!(total(&order, "grandTotal"), "21.55");
    let second = shop.read(&order).await["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|work| work["location"]["code"] == "hamburg")
        .unwrap()
        .clone();
    shop.ship(&second).await;
    let now = shop.admin.done(ORDER_CANCEL, cancel(&order)).await["order"].clone();
    assert_eq!(
        (total(&now, "grandTotal"), total(&now, "paid"), total(&now, "outstanding")),
        ("10.78", "10.78", "0.00")
    );
    shop.admin.done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": second["id"] })).await;
    assert_eq!(shop.read(&order).await["state"], "COMPLETED");
    app.verify().await;
}

#[tokio::test]
async fn a_transfer_that_was_promised_is_still_owed_when_the_goods_have_left() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let terms = json!({ "paymentTermsDays": 30, "payments": [{ "provider": "bank", "method": "transfer", "pending": "10.00" }] });
    let order = shop.place(with(shop.order(&[("A", 1)]), terms)).await;
    shop.ship(&shop.work(&order, 0).await).await;
    let now = shop.read(&order).await;
    assert_eq!(
        (now["payments"][0]["state"].clone(), total(&now, "outstanding")),
        (json!("PENDING"), "10.00")
    );
    app.verify().await;
}

#[tokio::test]
async fn sums_that_fit_nowhere_are_refused_by_name() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let line = json!([{ "sku": "A", "quantity": 262_144, "unitPrice": "703687441.77" }]);
    let refused =
        shop.admin.refused(ORDER_PLACE, with(shop.order(&[]), json!({ "lines": line }))).await;
    assert_eq!(refused, ["AMOUNT_EXCEEDED input.lines.0.quantity"]);
    let line = json!([{ "sku": "A", "quantity": 1, "taxRate": "79228162514264337593543950335" }]);
    let refused =
        shop.admin.refused(ORDER_PLACE, with(shop.order(&[]), json!({ "lines": line }))).await;
    assert_eq!(refused, ["INVALID input.lines.0.taxRate"]);
    let order = shop.place(with(shop.order(&[("A", 1)]), json!({ "lines": [{ "sku": "A", "quantity": 1, "unitPrice": "9999999999.00" }], "allowBackorder": true }))).await;
    let input = json!({ "orderId": order["id"], "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 1_000_000 }] });
    assert_eq!(
        shop.admin.refused(ORDER_EDIT, input).await,
        ["AMOUNT_EXCEEDED input.setQuantities"]
    );
}

#[tokio::test]
async fn what_is_not_to_be_split_goes_elsewhere_as_a_whole() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let whole = json!({ "allowSplit": false, "allowBackorder": true });
    let open = |place: &str, units| (place.to_owned(), "OPEN".to_owned(), units);
    // Rerouted, and edited to another place.
    let order = shop.place(with(shop.paid(&[("A", 2)]), whole.clone())).await;
    let input = json!({ "orderId": order["id"], "locationId": shop.hamburg });
    shop.admin.done(ORDER_REROUTE, input).await;
    assert_eq!(places(&shop.read(&order).await), [open("hamburg A", 2)]);
    let pickup = json!({ "orderId": order["id"], "deliveryMethod": "PICKUP", "pickupLocationId": shop.store });
    shop.admin.done(ORDER_EDIT, pickup).await;
    assert_eq!(places(&shop.read(&order).await), [open("store A", 2)]);
    // Nothing of it is found: another place has it.
    let order = shop.place(with(shop.paid(&[("B", 2)]), whole.clone())).await;
    let work = shop.work(&order, 0).await;
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    let none = json!({ "fulfillmentId": work["id"], "picked": [], "shortPick": "REROUTE" });
    shop.admin.done(FULFILLMENT_PICK, none).await;
    assert_eq!(places(&shop.read(&order).await), [open("hamburg B", 2)]);
    // It waits, held, until all of it lies in one place.
    let order = shop.place(with(shop.paid(&[("C", 12)]), whole)).await;
    let held = shop.read(&order).await;
    let reasons: Vec<String> =
        held["holds"].as_array().unwrap().iter().map(|hold| text(&hold["reason"])).collect();
    assert_eq!(
        (reasons, held["lines"][0]["quantityReserved"].clone()),
        (vec!["STOCK".to_owned()], json!(10))
    );
    receive(&shop, &shop.hamburg, "C", 7).await;
    let now = shop.read(&order).await;
    assert_eq!((places(&now), now["onHold"].clone()), (vec![open("hamburg C", 12)], json!(false)));
    app.verify().await;
}

#[tokio::test]
async fn an_edit_goes_along_with_what_is_sent_anyway() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    let input = json!({ "orderId": order["id"], "locationId": shop.hamburg });
    shop.admin.done(ORDER_REROUTE, input).await;
    let more = json!({ "orderId": order["id"], "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 2 }], "addLines": [{ "sku": "B", "quantity": 1 }] });
    shop.admin.done(ORDER_EDIT, more).await;
    let open = |place: &str, units| (place.to_owned(), "OPEN".to_owned(), units);
    assert_eq!(places(&shop.read(&order).await), [open("hamburg A", 2), open("hamburg B", 1)]);
    app.verify().await;
}

#[tokio::test]
async fn what_a_full_location_could_not_take_it_takes_the_next_day() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let depot = json!({ "code": "depot", "name": "depot", "kind": "WAREHOUSE", "timeZone": "Europe/Berlin", "dailyCapacity": 1,
        "address": { "line1": "Street 1", "city": "x", "countryCode": "DE" } });
    let depot = text(&shop.admin.done(LOCATION_UPSERT, depot).await["location"]["id"]);
    let channel = channel(&shop.admin, &shop.entity, "small", "WEB", &[&depot]).await;
    let price = json!({ "sku": "A", "name": "Thing A", "prices": [{ "channelId": channel, "amount": "10.00", "taxRate": "0.19" }] });
    shop.admin
        .done(PRODUCTS_UPSERT, json!({ "products": [{ "name": "Things", "variants": [price] }] }))
        .await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        let input =
            with(shop.paid(&[("A", 1)]), json!({ "channelId": channel, "allowBackorder": true }));
        orders.push(shop.place(input).await);
    }
    receive(&shop, &depot, "A", 9).await;
    let reserved = "select cast(coalesce(sum(quantity_reserved), 0) as bigint) from order_lines";
    assert_eq!(app.number(reserved).await, 1);
    app.later(Duration::hours(24)).await;
    assert_eq!(app.number(reserved).await, 2);
    // More of an order goes into what is there, and needs no further room.
    let line = orders[0]["lines"][0]["id"].clone();
    let more =
        json!({ "orderId": orders[0]["id"], "setQuantities": [{ "lineId": line, "quantity": 3 }] });
    shop.admin.done(ORDER_EDIT, with(more, json!({}))).await;
    assert_eq!(app.number(reserved).await, 4);
    app.later(Duration::hours(24)).await;
    assert_eq!(app.number(reserved).await, 5);
    app.verify().await;
}

#[tokio::test]
async fn who_is_cancelled_while_others_are_picked_has_no_part_in_the_parcel() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (a, b) = (
        shop.place(shop.sent_home(&[("A", 1)])).await,
        shop.place(shop.sent_home(&[("B", 1)])).await,
    );
    let input = json!({ "orderIds": [a["id"], b["id"]] });
    let work = shop.admin.done(ORDERS_CONSOLIDATE, input).await["fulfillments"][0].clone();
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    shop.admin.done(ORDER_CANCEL, cancel(&b)).await;
    let picked = json!({ "fulfillmentId": work["id"], "picked": [{ "sku": "A", "quantity": 1 }] });
    shop.admin.done(FULFILLMENT_PICK, picked).await;
    let sent = shop.admin.done(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"] })).await["fulfillment"].clone();
    assert_eq!(sent["orderNumbers"], json!([a["number"]]));
    let now = shop.read(&b).await;
    assert_eq!(
        (&now["state"], &now["fulfillmentState"]),
        (&json!("CANCELLED"), &json!("UNFULFILLED"))
    );
    app.verify().await;
    // What is packed together with others is not taken out of the parcel.
    let (a, b) = (
        shop.place(shop.sent_home(&[("A", 1)])).await,
        shop.place(shop.sent_home(&[("B", 1)])).await,
    );
    let input = json!({ "orderIds": [a["id"], b["id"]] });
    let work = shop.admin.done(ORDERS_CONSOLIDATE, input).await["fulfillments"][0].clone();
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    let lines = json!([{ "sku": "A", "quantity": 1 }, { "sku": "B", "quantity": 1 }]);
    shop.admin
        .done(FULFILLMENT_PICK, json!({ "fulfillmentId": work["id"], "picked": lines }))
        .await;
    shop.admin
        .done(
            FULFILLMENT_PACK,
            json!({ "fulfillmentId": work["id"], "parcels": [{ "lines": lines }] }),
        )
        .await;
    assert_eq!(
        shop.admin.refused(ORDER_CANCEL, cancel(&b)).await,
        ["STATE_CONFLICT input.lines.0.quantity"]
    );
    app.verify().await;
}

#[tokio::test]
async fn what_got_lost_is_sent_again_from_where_it_came() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for location in [&shop.hamburg, &shop.store] {
        empty(&shop, location, "A").await;
    }
    let order = shop.place(shop.paid(&[("A", 8)])).await;
    let work = shop.work(&order, 0).await;
    shop.ship(&work).await;
    shop.admin
        .done(FULFILLMENT_FAIL, json!({ "fulfillmentId": work["id"], "reason": "lost" }))
        .await;
    let now = shop.read(&order).await;
    assert_eq!(
        (now["onHold"].clone(), now["lines"][0]["quantityBackordered"].clone()),
        (json!(true), json!(6))
    );
    receive(&shop, &shop.berlin, "A", 6).await;
    shop.admin.done(ORDER_RELEASE, json!({ "orderId": order["id"] })).await;
    let now = shop.read(&order).await;
    assert_eq!(places(&now), [("berlin A".to_owned(), "OPEN".to_owned(), 8)]);
    app.verify().await;
}

#[tokio::test]
async fn what_becomes_digital_lies_on_no_shelf() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(with(shop.paid(&[("A", 20)]), json!({ "allowBackorder": true }))).await;
    shop.admin.done(ORDER_HOLD, json!({ "orderId": order["id"], "reason": "MANUAL" })).await;
    let digital = json!({ "orderId": order["id"], "deliveryMethod": "DIGITAL" });
    let now = shop.admin.done(ORDER_EDIT, digital).await["order"].clone();
    assert_eq!(
        (&now["lines"][0]["quantityReserved"], &now["lines"][0]["quantityBackordered"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    app.verify().await;
    let now =
        shop.admin.done(ORDER_RELEASE, json!({ "orderId": order["id"] })).await["order"].clone();
    assert_eq!(
        (&now["fulfillmentState"], &now["lines"][0]["quantityFulfilled"]),
        (&json!("DELIVERED"), &json!(20))
    );
    app.verify().await;
    // Nothing of what was authorized beyond it is kept.
    let download = with(shop.paid(&[("B", 1)]), json!({ "deliveryMethod": "DIGITAL" }));
    let order = shop.place(download).await;
    let kinds = |order: &Json| -> Vec<String> {
        order["payments"][0]["transactions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(&one["kind"]))
            .collect()
    };
    assert_eq!(kinds(&shop.read(&order).await), ["AUTHORIZATION", "CAPTURE", "VOID"]);
    app.verify().await;
}

#[tokio::test]
async fn an_authorization_that_has_ended_holds_the_order_and_gives_it_time() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let channel = json!({ "code": "web", "name": "web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true, "unpaidExpiresAfterSeconds": 3600,
        "legalEntityId": shop.entity, "locationIds": [shop.berlin, shop.hamburg, shop.store] });
    shop.admin.done(CHANNEL_UPSERT, channel).await;
    let until = |at: &str| json!({ "payments": [{ "provider": "manual", "method": "card", "authorized": "10.00", "authorizationExpiresAt": at }] });
    let past = shop.place(with(shop.order(&[("A", 1)]), until("2026-03-01T00:00:00Z"))).await;
    let seen = shop.read(&past).await;
    assert_eq!((&seen["onHold"], &seen["payments"][0]["state"]), (&json!(true), &json!("EXPIRED")));
    let soon = shop.place(with(shop.order(&[("A", 1)]), until("2026-03-02T12:00:00Z"))).await;
    assert_eq!(soon["paymentState"], "AUTHORIZED");
    app.later(Duration::minutes(121)).await;
    assert_eq!(shop.read(&past).await["state"], "CANCELLED");
    let seen = shop.read(&soon).await;
    assert_eq!(
        (&seen["state"], &seen["onHold"], &seen["paymentState"]),
        (&json!("OPEN"), &json!(true), &json!("PENDING"))
    );
    app.later(Duration::minutes(61)).await;
    let seen = shop.read(&soon).await;
    assert_eq!((&seen["state"], &seen["cancelReason"]), (&json!("CANCELLED"), &json!("DECLINED")));
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    app.verify().await;
}

#[tokio::test]
async fn unpaid_orders_expire_once_whichever_node_looks() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let channel = json!({ "code": "web", "name": "web", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": true, "unpaidExpiresAfterSeconds": 60,
        "legalEntityId": shop.entity, "locationIds": [shop.berlin, shop.hamburg, shop.store] });
    shop.admin.done(CHANNEL_UPSERT, channel).await;
    for _ in 0..10 {
        shop.place(shop.order(&[("A", 1)])).await;
    }
    assert_eq!(shop.level("A", &shop.berlin).await.1, 10);
    app.clock.advance(Duration::seconds(61));
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = app.another_store().await;
        nodes.spawn(async move { operations::timers::run_due(&store).await.unwrap() });
    }
    let ran: Vec<usize> = nodes.join_all().await;
    assert!(ran.iter().sum::<usize>() >= 10, "{ran:?}");
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    let cancelled = "select count(*) from events where kind = 'order.cancelled'";
    assert_eq!(app.number(cancelled).await, 10);
    app.verify().await;
}

#[tokio::test]
async fn an_arrival_that_was_told_before_the_shipment_is_not_forgotten() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for anew in [false, true] {
        let order = shop.place(shop.paid(&[("A", 1)])).await;
        let work = shop.work(&order, 0).await;
        shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
        let lines = json!([{ "sku": "A", "quantity": 1 }]);
        shop.admin
            .done(FULFILLMENT_PICK, json!({ "fulfillmentId": work["id"], "picked": lines }))
            .await;
        let number = format!("Z {anew} 1");
        let parcels = json!([{ "lines": lines, "trackingNumber": number }]);
        shop.admin
            .done(FULFILLMENT_PACK, json!({ "fulfillmentId": work["id"], "parcels": parcels }))
            .await;
        let said = json!({ "trackingNumber": number, "carrier": "Österreichische Post", "status": "DELIVERED", "at": "2026-03-02T09:00:00Z" });
        shop.admin.done(TRACKING_REPORT, said.clone()).await;
        assert_eq!(shop.work(&order, 0).await["state"], "PACKED");
        let mut ship = json!({ "fulfillmentId": work["id"], "shippedAt": "2026-03-02T08:00:00Z" });
        if anew {
            ship["parcels"] = parcels;
        }
        let sent = shop.admin.done(FULFILLMENT_SHIP, ship).await["fulfillment"].clone();
        assert_eq!(
            (&sent["state"], &sent["deliveredAt"]),
            (&json!("DELIVERED"), &json!("2026-03-02T09:00:00Z"))
        );
        assert_eq!(shop.read(&order).await["state"], "COMPLETED");
        let late = with(said, json!({ "status": "IN_TRANSIT", "at": "2026-03-02T08:30:00Z" }));
        let parcel = shop.admin.done(TRACKING_REPORT, late).await["parcel"].clone();
        assert_eq!(
            (&parcel["status"], parcel["events"].as_array().unwrap().len()),
            (&json!("DELIVERED"), 2)
        );
    }
    // What somebody took in stays so, whatever a carrier says later.
    let order = shop.place(shop.paid(&[("B", 1)])).await;
    let work = shop.work(&order, 0).await;
    let parcels = json!([{ "lines": [{ "sku": "B", "quantity": 1 }], "trackingNumber": "B1" }]);
    shop.admin
        .done(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"], "parcels": parcels }))
        .await;
    shop.admin
        .done(FULFILLMENT_DELIVER, json!({ "fulfillmentId": work["id"], "receivedBy": "Ada" }))
        .await;
    let late =
        json!({ "trackingNumber": "b1", "status": "IN_TRANSIT", "at": "2026-03-02T09:30:00Z" });
    assert_eq!(shop.admin.done(TRACKING_REPORT, late).await["parcel"]["status"], "DELIVERED");
    app.verify().await;
}

#[tokio::test]
async fn a_partner_remembers_all_that_it_was_asked_to_stop() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let place = shop.partner().await;
    let partner = app.partner(&place.location).await;
    let input = with(shop.paid(&[("A", 2), ("B", 1)]), json!({ "channelId": place.channel }));
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    let id = json!({ "fulfillmentId": work["id"] });
    partner.done(FULFILLMENT_ACCEPT, id.clone()).await;
    let line = |index: usize, quantity: i32| {
        with(
            cancel(&order),
            json!({ "lines": [{ "lineId": order["lines"][index]["id"], "quantity": quantity }] }),
        )
    };
    shop.admin.done(ORDER_CANCEL, line(0, 1)).await;
    shop.admin.done(ORDER_CANCEL, line(1, 1)).await;
    let again = shop.admin.refused(ORDER_CANCEL, line(1, 1)).await;
    assert_eq!(again, ["STATE_CONFLICT input.orderId"]);
    // It cancels one by itself on its way to the answer: that is not cancelled twice.
    partner.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    let short = json!({ "fulfillmentId": work["id"], "picked": [{ "sku": "A", "quantity": 2 }], "shortPick": "CANCEL" });
    partner.done(FULFILLMENT_PICK, short).await;
    partner
        .done(FULFILLMENT_FAIL, json!({ "fulfillmentId": work["id"], "reason": "stopped" }))
        .await;
    let now = shop.read(&order).await;
    let cancelled: Vec<i64> = now["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["quantityCancelled"].as_i64().unwrap())
        .collect();
    assert_eq!(cancelled, [1, 1]);
    app.verify().await;
}

#[tokio::test]
async fn what_is_declined_stays_held_until_the_partner_has_stopped() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let place = shop.partner().await;
    let partner = app.partner(&place.location).await;
    let deny = json!({ "list": "DENY", "kind": "EMAIL", "value": "mallory@example.com", "reason": "fraud" });
    shop.admin.done(RISK_LIST_ADD, deny).await;
    let order = shop
        .place(with(
            shop.paid(&[("A", 1)]),
            json!({ "channelId": place.channel, "email": "ada@example.com" }),
        ))
        .await;
    let work = shop.work(&order, 0).await;
    partner.done(FULFILLMENT_ACCEPT, json!({ "fulfillmentId": work["id"] })).await;
    let edit = |email: &str| json!({ "orderId": order["id"], "email": email });
    shop.admin.done(ORDER_EDIT, edit("mallory@example.com")).await;
    let decide = |decision: &str| json!({ "orderId": order["id"], "decision": decision });
    shop.admin.done(RISK_DECIDE, decide("APPROVED")).await;
    assert_eq!(shop.read(&order).await["onHold"], false);
    // Approved as it was: what is worse now waits again.
    let deny =
        json!({ "list": "DENY", "kind": "PHONE", "value": "+49 170 123456", "reason": "fraud" });
    shop.admin.done(RISK_LIST_ADD, deny).await;
    let worse =
        json!({ "orderId": order["id"], "phone": "0049170123456", "email": "m@10minutemail.com" });
    shop.admin.done(ORDER_EDIT, worse).await;
    assert_eq!(shop.read(&order).await["onHold"], true);
    shop.admin.done(RISK_DECIDE, decide("DECLINED")).await;
    let now = shop.read(&order).await;
    assert_eq!(
        (&now["state"], &now["onHold"], &now["fulfillments"][0]["state"]),
        (&json!("OPEN"), &json!(true), &json!("ON_HOLD"))
    );
    let refused = partner.refused(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"] })).await;
    assert_eq!(refused, ["ON_HOLD input.fulfillmentId"]);
    partner
        .done(FULFILLMENT_FAIL, json!({ "fulfillmentId": work["id"], "reason": "stopped" }))
        .await;
    let now = shop.read(&order).await;
    assert_eq!(
        (&now["state"], &now["cancelReason"], &now["paymentState"]),
        (&json!("CANCELLED"), &json!("FRAUD"), &json!("VOIDED"))
    );
    app.verify().await;
}

#[tokio::test]
async fn a_plan_that_falls_behind_is_seen_before_the_promise_is_broken() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = with(
        shop.paid(&[("A", 1)]),
        json!({ "promisedBy": "2026-03-10T12:00:00Z", "shippingAddress": { "line1": "x", "city": "Bonn", "countryCode": "DE" } }),
    );
    let order = shop.place(input).await;
    let query = "query($id: ID!) { order(by: { id: $id }) { promise { expectedDeliveryAt atRisk } flags { code explanation } } }";
    let mut seen = Vec::new();
    for _ in 0..9 {
        app.later(Duration::hours(24)).await;
        let now = shop.admin.payload(query, json!({ "id": order["id"] })).await;
        let expected = text(&now["promise"]["expectedDeliveryAt"]);
        seen.push((expected[..10].to_owned(), now["promise"]["atRisk"].as_bool().unwrap()));
    }
    assert!(seen.windows(2).all(|days| days[0].0 <= days[1].0), "{seen:?}");
    assert!(seen.iter().any(|(_, risk)| *risk), "{seen:?}");
    let now = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let said: Vec<&str> = now["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| flag["explanation"].as_str().unwrap())
        .collect();
    assert!(said.iter().any(|text| text.contains("Promised for 2026-03-10")), "{said:?}");
}

#[tokio::test]
async fn what_a_checkout_held_too_much_goes_to_those_who_wait() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 600, "lines": [{ "sku": "A", "quantity": 17 }] });
    let held = shop.admin.done(STOCK_RESERVE, hold).await["reservation"]["id"].clone();
    let waits = shop.place(with(shop.paid(&[("A", 2)]), json!({ "allowBackorder": true }))).await;
    shop.place(with(shop.paid(&[("A", 15)]), json!({ "reservationId": held }))).await;
    app.later(Duration::seconds(1)).await;
    assert_eq!(shop.read(&waits).await["lines"][0]["quantityReserved"], 2);
    app.verify().await;
}

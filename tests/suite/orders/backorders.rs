//! Orders that wait for stock: first come, first served, by the promise that was made.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn waits(shop: &Shop, lines: &[(&str, i32)], promised: Option<&str>) -> Json {
    let mut input = shop.paid(lines);
    input["allowBackorder"] = json!(true);
    input["promisedBy"] = json!(promised);
    shop.place(input).await
}

async fn open_units(shop: &Shop, order: &Json) -> (i64, i64) {
    let line = shop.read(order).await["lines"][0].clone();
    let of = |name: &str| line[name].as_i64().unwrap();
    (of("quantityReserved"), of("quantityBackordered"))
}

async fn receive(shop: &Shop, location: &str, sku: &str, quantity: i32) {
    let lines = json!([{ "sku": sku, "quantity": quantity }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": location, "lines": lines })).await;
}

#[tokio::test]
async fn what_comes_in_goes_to_the_earliest_promise_at_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = waits(&shop, &[("A", 20)], None).await;
    let late = waits(&shop, &[("A", 2)], Some("2026-04-01T12:00:00Z")).await;
    let soon = waits(&shop, &[("A", 4)], Some("2026-03-10T12:00:00Z")).await;
    assert_eq!(open_units(&shop, &first).await, (17, 3));
    app.verify().await;
    receive(&shop, &shop.hamburg, "A", 5).await;
    assert_eq!(open_units(&shop, &soon).await, (4, 0));
    assert_eq!(open_units(&shop, &late).await, (1, 1));
    assert_eq!(open_units(&shop, &first).await, (17, 3));
    assert_eq!(shop.level("A", &shop.hamburg).await, (10, 10, 0));
    let work = shop.work(&soon, 0).await;
    assert_eq!((&work["state"], &work["location"]["code"]), (&json!("OPEN"), &json!("hamburg")));
    // What is left goes on to the next, a new buyer gets what nobody waits for.
    receive(&shop, &shop.berlin, "A", 6).await;
    assert_eq!(open_units(&shop, &late).await, (2, 0));
    assert_eq!(open_units(&shop, &first).await, (20, 0));
    assert_eq!(shop.level("A", &shop.berlin).await, (16, 14, 2));
    assert_eq!(app.number("select count(*) from backorders").await, 0);
    app.verify().await;
}

#[tokio::test]
async fn whatever_frees_stock_serves_those_who_wait() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let has = shop.place(shop.paid(&[("A", 17)])).await;
    let waiting = waits(&shop, &[("A", 7)], None).await;
    assert_eq!(open_units(&shop, &waiting).await, (0, 7));
    let cancel = |units: i32| {
        json!({ "orderId": has["id"], "reason": "CUSTOMER",
        "lines": [{ "lineId": has["lines"][0]["id"], "quantity": units }] })
    };
    shop.admin.done(ORDER_CANCEL, cancel(2)).await;
    assert_eq!(open_units(&shop, &waiting).await, (2, 5));
    let found = json!({ "locationId": shop.berlin, "reason": "found", "lines": [{ "sku": "A", "onHandChange": 1 }] });
    shop.admin.done(STOCK_ADJUST, found).await;
    assert_eq!(open_units(&shop, &waiting).await, (3, 4));
    let policy =
        |units: i32| json!({ "locationId": shop.berlin, "sku": "A", "safetyStock": units });
    shop.admin.done(STOCK_SET_POLICY, policy(3)).await;
    let found = json!({ "locationId": shop.berlin, "reason": "found", "lines": [{ "sku": "A", "onHandChange": 2 }] });
    shop.admin.done(STOCK_ADJUST, found).await;
    assert_eq!(open_units(&shop, &waiting).await, (3, 4));
    shop.admin.done(STOCK_SET_POLICY, policy(0)).await;
    assert_eq!(open_units(&shop, &waiting).await, (5, 2));
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 60, "lines": [{ "sku": "A", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(STOCK_RESERVE, hold.clone()).await[0],
        "OUT_OF_STOCK input.lines.0.quantity"
    );
    shop.admin.done(ORDER_CANCEL, cancel(1)).await;
    assert_eq!(open_units(&shop, &waiting).await, (6, 1));
    app.verify().await;
}

#[tokio::test]
async fn a_checkout_that_gives_up_serves_who_waits() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let hold = json!({ "channelId": shop.web, "expiresInSeconds": 60, "lines": [{ "sku": "A", "quantity": 15 }] });
    shop.admin.done(STOCK_RESERVE, hold).await;
    let waiting = waits(&shop, &[("A", 4)], None).await;
    assert_eq!(open_units(&shop, &waiting).await, (2, 2));
    assert_eq!(app.later(time::Duration::seconds(61)).await, 1);
    assert_eq!(open_units(&shop, &waiting).await, (4, 0));
    app.verify().await;
}

#[tokio::test]
async fn a_bundle_waits_for_all_its_components() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.paid(&[("B", 17)])).await;
    let waiting = waits(&shop, &[("SET", 2)], None).await;
    assert_eq!(open_units(&shop, &waiting).await, (0, 2));
    receive(&shop, &shop.berlin, "B", 1).await;
    assert_eq!(open_units(&shop, &waiting).await, (1, 1));
    receive(&shop, &shop.hamburg, "B", 5).await;
    assert_eq!(open_units(&shop, &waiting).await, (2, 0));
    app.verify().await;
}

#[tokio::test]
async fn a_long_queue_is_served_to_its_end() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.paid(&[("D", 17)])).await;
    for _ in 0..30 {
        waits(&shop, &[("D", 1)], None).await;
    }
    receive(&shop, &shop.berlin, "D", 30).await;
    let left = "select count(*) from backorders";
    assert_eq!(app.number(left).await, 5);
    app.later(time::Duration::ZERO).await;
    assert_eq!(app.number(left).await, 0);
    app.verify().await;
}

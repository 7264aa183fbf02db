use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn places(order: &Json) -> Vec<String> {
    let works = order["fulfillments"].as_array().unwrap().iter();
    works
        .filter(|work| work["state"] != "CANCELLED")
        .map(|work| {
            let units: i64 = work["lines"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line["quantity"].as_i64().unwrap())
                .sum();
            format!("{} {units}", work["location"]["code"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn what_nobody_has_begun_is_sent_from_elsewhere() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 3), ("SET", 1)])).await;
    assert_eq!(places(&shop.read(&order).await), ["berlin 6"]);
    let input = json!({ "orderId": order["id"], "locationId": shop.hamburg });
    let moved = shop.admin.done(ORDER_REROUTE, input).await["order"].clone();
    assert_eq!(places(&moved), ["hamburg 6"]);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    assert_eq!(shop.level("A", &shop.hamburg).await.1, 5);
    let nowhere = json!({ "orderId": order["id"], "locationId": shop.store });
    let before = app.books().await;
    assert_eq!(shop.admin.refused(ORDER_REROUTE, nowhere).await, ["NOT_ROUTABLE input.locationId"]);
    assert_eq!(app.books().await, before);
    // By the strategy again: the preferred location.
    let input = json!({ "orderId": order["id"] });
    let back = shop.admin.done(ORDER_REROUTE, input).await["order"].clone();
    assert_eq!(places(&back), ["berlin 6"]);
    app.verify().await;
}

#[tokio::test]
async fn what_waits_for_stock_is_looked_for_again_and_what_is_begun_stays() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 20)]);
    input["allowBackorder"] = json!(true);
    let order = shop.place(input).await;
    assert_eq!(places(&shop.read(&order).await), ["berlin 10", "hamburg 5", "store 2"]);
    let first = shop.work(&order, 0).await;
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [first["id"]] })).await;
    let begun = json!({ "orderId": order["id"], "fulfillmentId": first["id"] });
    let refused = shop.admin.refused(ORDER_REROUTE, begun).await;
    assert_eq!(refused, ["STATE_CONFLICT input.fulfillmentId"]);
    let second = shop.work(&order, 1).await;
    let less =
        json!({ "orderId": order["id"], "fulfillmentId": second["id"], "locationId": shop.store });
    assert_eq!(shop.admin.refused(ORDER_REROUTE, less).await, ["NOT_ROUTABLE input.locationId"]);
    app.verify().await;
}

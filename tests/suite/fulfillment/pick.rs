//! What was not found on the shelf: it leaves the stock, and is found elsewhere, waits, or is cancelled.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn begun(shop: &Shop, lines: &[(&str, i32)]) -> (Json, Json) {
    let order = shop.place(shop.paid(lines)).await;
    let work = shop.work(&order, 0).await;
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    (order, work)
}

#[expect(clippy::needless_pass_by_value, reason = "called with a literal")]
fn picked(work: &Json, sku: &str, quantity: i32, with: Json) -> Json {
    let mut input =
        json!({ "fulfillmentId": work["id"], "picked": [{ "sku": sku, "quantity": quantity }] });
    input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn what_is_missing_is_sent_from_elsewhere() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, work) = begun(&shop, &[("A", 4)]).await;
    let input = picked(&work, "A", 1, json!({ "shortPick": "REROUTE" }));
    let done = shop.admin.done(FULFILLMENT_PICK, input).await["fulfillment"].clone();
    assert_eq!(
        done["lines"][0],
        json!({ "sku": "A", "quantity": 4, "quantityPicked": 1, "quantityShort": 3 })
    );
    assert_eq!(shop.level("A", &shop.berlin).await, (7, 1, 6));
    assert_eq!(shop.level("A", &shop.hamburg).await, (5, 3, 2));
    let now = shop.read(&order).await;
    assert_eq!(now["fulfillments"][1]["location"]["code"], "hamburg");
    assert_eq!(now["lines"][0]["quantityReserved"], 4);
    app.verify().await;
}

#[tokio::test]
async fn what_is_damaged_stays_there_and_is_not_sold() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, work) = begun(&shop, &[("A", 4)]).await;
    let damaged = json!({ "damaged": [{ "sku": "A", "quantity": 2 }] });
    let input = picked(&work, "A", 1, damaged);
    assert_eq!(shop.admin.refused(FULFILLMENT_PICK, input).await, ["REQUIRED input.shortPick"]);
    let damaged = json!({ "damaged": [{ "sku": "A", "quantity": 2 }], "shortPick": "BACKORDER" });
    let input = picked(&work, "A", 1, damaged);
    shop.admin.done(FULFILLMENT_PICK, input).await;
    // One found, two damaged, one gone.
    assert_eq!(shop.level("A", &shop.berlin).await, (9, 1, 6));
    let now = shop.read(&order).await;
    assert_eq!(now["lines"][0]["quantityBackordered"], 3);
    assert_eq!(now["totals"]["grandTotal"]["amount"], "40.00");
    app.verify().await;
}

#[tokio::test]
async fn what_is_cancelled_for_it_costs_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, work) = begun(&shop, &[("A", 2), ("B", 1)]).await;
    let input = picked(&work, "B", 1, json!({ "shortPick": "CANCEL" }));
    shop.admin.done(FULFILLMENT_PICK, input).await;
    let now = shop.read(&order).await;
    assert_eq!(now["lines"][0]["quantityCancelled"], 2);
    assert_eq!(now["totals"]["grandTotal"]["amount"], "20.00");
    let input = json!({ "fulfillmentId": work["id"] });
    shop.admin.done(FULFILLMENT_SHIP, input).await;
    assert_eq!(shop.read(&order).await["totals"]["paid"]["amount"], "20.00");
    assert_eq!(shop.level("A", &shop.berlin).await, (8, 0, 8));
    app.verify().await;
}

#[tokio::test]
async fn nothing_found_at_all_calls_the_work_off() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, work) = begun(&shop, &[("A", 2)]).await;
    let input = picked(&work, "A", 0, json!({ "shortPick": "CANCEL" }));
    let done = shop.admin.done(FULFILLMENT_PICK, input).await["fulfillment"].clone();
    assert_eq!(done["state"], "CANCELLED");
    let now = shop.read(&order).await;
    assert_eq!((&now["state"], &now["cancelReason"]), (&json!("CANCELLED"), &json!("STOCK")));
    assert_eq!(now["paymentState"], "VOIDED");
    app.verify().await;
}

#[tokio::test]
async fn a_bundle_that_lacks_a_component_gives_the_others_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let (order, work) = begun(&shop, &[("SET", 3)]).await;
    // Three sets are six A and three B: five A make two sets.
    let input = json!({ "fulfillmentId": work["id"], "shortPick": "BACKORDER",
        "picked": [{ "sku": "A", "quantity": 5 }, { "sku": "B", "quantity": 3 }] });
    shop.admin.done(FULFILLMENT_PICK, input).await;
    let now = shop.read(&order).await;
    assert_eq!(
        (&now["lines"][0]["quantityReserved"], &now["lines"][0]["quantityBackordered"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(shop.level("A", &shop.berlin).await, (9, 4, 5));
    assert_eq!(shop.level("B", &shop.berlin).await, (10, 2, 8));
    shop.admin.done(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"] })).await;
    assert_eq!(shop.read(&order).await["totals"]["paid"]["amount"], "70.00");
    app.verify().await;
}

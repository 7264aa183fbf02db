use harness::shop::STOCK_ADJUST;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_level_is_corrected_by_a_change_or_to_what_lies_there() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "locationId": shop.berlin, "reason": "count", "lines": [
        { "sku": "A", "onHandChange": -3 },
        { "sku": "B", "onHand": 12, "expectedOnHand": 10 },
        { "sku": "C", "damagedChange": 4 },
    ] });
    let done = shop.admin.done(STOCK_ADJUST, input).await;
    let shown: Vec<_> = done["stockLevels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| {
            (level["onHand"].as_i64(), level["damaged"].as_i64(), level["available"].as_i64())
        })
        .collect();
    assert_eq!(
        shown,
        [(Some(7), Some(0), Some(7)), (Some(12), Some(0), Some(12)), (Some(10), Some(4), Some(6)),]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_wrong_belief_is_a_version_conflict() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let input = json!({ "locationId": shop.berlin, "reason": "sync", "lines": [
        { "sku": "A", "onHand": 12, "expectedOnHand": 9 } ] });
    let payload = shop.admin.payload(STOCK_ADJUST, json!({ "input": input })).await;
    assert_eq!(payload["userErrors"][0]["code"], "VERSION_CONFLICT");
    assert_eq!(payload["userErrors"][0]["details"], json!({ "onHand": 10 }));
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn what_is_not_there_cannot_go() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let input = json!({ "locationId": shop.berlin, "reason": "x", "lines": [
        { "sku": "A", "onHandChange": -11 },
        { "sku": "B", "damagedChange": 11 },
        { "sku": "C", "damagedChange": -1 },
    ] });
    assert_eq!(
        shop.admin.refused(STOCK_ADJUST, input).await,
        [
            "AMOUNT_EXCEEDED input.lines.0.onHandChange",
            "AMOUNT_EXCEEDED input.lines.1.damagedChange",
            "AMOUNT_EXCEEDED input.lines.2.damagedChange",
        ]
    );
    let input = json!({ "locationId": shop.berlin, "reason": " ", "lines": [
        { "sku": "A" }, { "sku": "B", "onHand": 1, "onHandChange": 1 } ] });
    assert_eq!(
        shop.admin.refused(STOCK_ADJUST, input).await,
        [
            "REQUIRED input.reason",
            "REQUIRED input.lines.0.onHandChange",
            "INVALID input.lines.1.onHand"
        ]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_loss_may_take_what_was_promised_and_shows_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 9)])).await;
    let input = json!({ "locationId": shop.berlin, "reason": "fire", "lines": [{ "sku": "A", "onHand": 4 }] });
    shop.admin.done(STOCK_ADJUST, input).await;
    assert_eq!(shop.level("A", &shop.berlin).await, (4, 9, -5));
    app.verify().await;
}

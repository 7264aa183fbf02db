use harness::shop::STOCK_RECEIVE;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn goods_that_come_in_lie_there_with_a_movement() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "locationId": shop.store, "reason": "delivery 7",
        "lines": [{ "sku": "B", "quantity": 3 }, { "sku": "A", "quantity": 4 }] });
    let done = shop.admin.done(STOCK_RECEIVE, input.clone()).await;
    let skus: Vec<&str> = done["stockLevels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["variant"]["sku"].as_str().unwrap())
        .collect();
    assert_eq!(skus, ["B", "A"]);
    assert_eq!(shop.level("A", &shop.store).await, (6, 0, 6));
    let query = "query($f: StockMovementFilter) { stockMovements(filter: $f) { nodes { kind onHandChange reason
        unitCost { amount } causedBy { kind label } variant { sku } } } }";
    let filter = json!({ "f": { "skus": ["A"], "locationIds": [shop.store] } });
    let moved = shop.admin.payload(query, filter).await;
    assert_eq!(
        moved["nodes"][0],
        json!({ "kind": "RECEIPT", "onHandChange": 4, "reason": "delivery 7", "unitCost": { "amount": "4.00" },
                "causedBy": { "kind": "API_TOKEN", "label": "test" }, "variant": { "sku": "A" } })
    );
    app.verify().await;
}

#[tokio::test]
async fn a_receipt_is_refused_whole() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let input = json!({ "locationId": shop.store, "lines": [
        { "sku": "A", "quantity": 0 }, { "sku": "A", "quantity": 1 } ] });
    assert_eq!(
        shop.admin.refused(STOCK_RECEIVE, input).await,
        ["DUPLICATE input.lines.1.sku", "INVALID input.lines.0.quantity"]
    );
    let input = json!({ "locationId": shop.web, "lines": [
        { "sku": "A", "quantity": 1 }, { "sku": "NOPE", "quantity": 1 }, { "sku": "SET", "quantity": 1 } ] });
    assert_eq!(
        shop.admin.refused(STOCK_RECEIVE, input).await,
        ["NOT_FOUND input.locationId", "NOT_FOUND input.lines.1.sku", "INVALID input.lines.2.sku"]
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_receipt_under_a_key_counts_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let call = json!({ "key": "r1", "input": { "locationId": shop.store, "lines": [{ "sku": "A", "quantity": 4 }] } });
    let first = shop.admin.payload(STOCK_RECEIVE, call.clone()).await;
    assert_eq!(shop.admin.payload(STOCK_RECEIVE, call).await, first);
    assert_eq!(shop.level("A", &shop.store).await, (6, 0, 6));
}

use harness::shop::STOCK_SET_POLICY;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_policy_is_set_and_what_is_left_out_stays() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let set = |policy: serde_json::Value| {
        let mut input = json!({ "locationId": shop.berlin, "sku": "A" });
        for (name, value) in policy.as_object().unwrap() {
            input[name] = value.clone();
        }
        shop.admin.done(STOCK_SET_POLICY, input)
    };
    set(json!({ "safetyStock": 2, "reorderPoint": 9 })).await;
    let done = set(json!({ "reorderQuantity": 40 })).await;
    assert_eq!(
        done["stockLevels"],
        json!([{ "safetyStock": 2, "reorderPoint": 9, "reorderQuantity": 40, "available": 8 }])
    );
    let query =
        "{ stockLevels(filter: { belowReorderPoint: true }) { nodes { variant { sku } } } }";
    let low = shop.admin.payload(query, json!({})).await;
    assert_eq!(low["nodes"], json!([{ "variant": { "sku": "A" } }]));
    app.verify().await;
}

#[tokio::test]
async fn a_policy_below_zero_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let input =
        json!({ "locationId": shop.berlin, "sku": "A", "safetyStock": -1, "reorderQuantity": 0 });
    assert_eq!(
        shop.admin.refused(STOCK_SET_POLICY, input).await,
        ["INVALID input.safetyStock", "INVALID input.reorderQuantity"]
    );
    let input = json!({ "locationId": shop.web, "sku": "NOPE", "safetyStock": 1 });
    assert_eq!(
        shop.admin.refused(STOCK_SET_POLICY, input).await,
        ["NOT_FOUND input.locationId", "NOT_FOUND input.sku"]
    );
    assert_eq!(app.books().await, before);
}

use harness::shop::ORDER_TAG;
use harness::{Shop, TestApp};
use serde_json::json;

#[tokio::test]
async fn tags_are_added_removed_and_found() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let input = json!({ "orderId": order["id"], "add": ["vip", "gift"] });
    let done = shop.admin.done(ORDER_TAG, input).await;
    assert_eq!(done["order"]["tags"], json!(["gift", "vip"]));
    assert_eq!(done["order"]["version"], 2);
    let input = json!({ "orderId": order["id"], "add": ["vip"], "remove": ["gift", "none"] });
    let done = shop.admin.done(ORDER_TAG, input.clone()).await;
    assert_eq!(done["order"]["tags"], json!(["vip"]));
    // What changes nothing writes nothing.
    let before = app.books().await;
    shop.admin.done(ORDER_TAG, input).await;
    assert_eq!(app.books().await, before);
    let query = r#"{ orders(filter: { tags: ["vip"] }) { totalCount } }"#;
    assert_eq!(shop.admin.payload(query, json!({})).await["totalCount"], 1);
}

#[tokio::test]
async fn a_tag_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let before = app.books().await;
    let input = json!({ "orderId": order["id"], "add": ["", "both"], "remove": ["both"] });
    assert_eq!(
        shop.admin.refused(ORDER_TAG, input).await,
        ["REQUIRED input.add.0", "INVALID input.remove"]
    );
    let many: Vec<String> = (0..50).map(|number| format!("t{number}")).collect();
    let input = json!({ "orderId": order["id"], "add": many });
    shop.admin.done(ORDER_TAG, input).await;
    let one_more = json!({ "orderId": order["id"], "add": ["one more"] });
    assert_eq!(shop.admin.refused(ORDER_TAG, one_more).await, ["LIMIT_EXCEEDED input.add"]);
    assert_ne!(app.books().await, before);
}

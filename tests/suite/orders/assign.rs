use harness::shop::ORDER_ASSIGN;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_order_is_given_to_a_user_and_taken_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let agent = app.user("agent@shop.example", "agent").await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let input = json!({ "orderId": order["id"], "userId": agent });
    let done = shop.admin.done(ORDER_ASSIGN, input).await;
    assert_eq!(done["order"]["assignee"]["name"], "agent");
    let query = "query($id: ID!) { orders(filter: { assigneeId: $id }) { nodes { number } } }";
    let mine = shop.admin.payload(query, json!({ "id": agent })).await;
    assert_eq!(mine["nodes"].as_array().unwrap().len(), 1);
    let done = shop.admin.done(ORDER_ASSIGN, json!({ "orderId": order["id"] })).await;
    assert_eq!(done["order"]["assignee"], Json::Null);
    assert_eq!(done["order"]["version"], 3);
}

#[tokio::test]
async fn nobody_is_nobody() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let before = app.books().await;
    let input = json!({ "orderId": order["id"], "userId": "usr_00000000000000000000000000" });
    assert_eq!(shop.admin.refused(ORDER_ASSIGN, input).await, ["NOT_FOUND input.userId"]);
    let input = json!({ "orderId": shop.web });
    assert_eq!(shop.admin.refused(ORDER_ASSIGN, input).await, ["NOT_FOUND input.orderId"]);
    assert_eq!(app.books().await, before);
}

use harness::shop::{STOCK_RESERVATION_RELEASE, STOCK_RESERVE};
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn hold(shop: &Shop, lines: &[(&str, i32)]) -> Json {
    let mut input = shop.order(lines);
    input["expiresInSeconds"] = json!(600);
    input
}

#[tokio::test]
async fn stock_is_held_and_given_back_by_itself() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let done = shop.admin.done(STOCK_RESERVE, hold(&shop, &[("SET", 1), ("A", 9)])).await;
    let reservation = &done["reservation"];
    assert_eq!(reservation["state"], "ACTIVE");
    assert_eq!(reservation["expiresAt"], "2026-03-02T10:10:00Z");
    assert_eq!(shop.level("B", &shop.berlin).await.1, 1);
    assert_eq!(shop.level("A", &shop.berlin).await.1 + shop.level("A", &shop.hamburg).await.1, 11);
    app.verify().await;
    assert_eq!(app.later(time::Duration::seconds(599)).await, 0);
    assert_eq!(app.later(time::Duration::seconds(1)).await, 1);
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 0, 10));
    let query = "query($id: ID!) { node(id: $id) { ... on StockReservation { state } } }";
    let node = shop.admin.payload(query, json!({ "id": reservation["id"] })).await;
    assert_eq!(node["state"], "EXPIRED");
    app.verify().await;
}

#[tokio::test]
async fn a_checkout_that_changes_its_mind_replaces_its_hold() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let first = shop.admin.done(STOCK_RESERVE, hold(&shop, &[("A", 16)])).await;
    let mut second = hold(&shop, &[("A", 17), ("B", 1)]);
    // Without naming the first, there is not enough.
    assert_eq!(
        shop.admin.refused(STOCK_RESERVE, second.clone()).await,
        ["OUT_OF_STOCK input.lines.0.quantity"]
    );
    second["replacesId"] = first["reservation"]["id"].clone();
    let done = shop.admin.done(STOCK_RESERVE, second.clone()).await;
    assert_eq!(done["reservation"]["state"], "ACTIVE");
    assert_eq!(
        shop.admin.refused(STOCK_RESERVE, second).await,
        ["STATE_CONFLICT input.replacesId"]
    );
    app.verify().await;
}

#[tokio::test]
async fn a_hold_is_given_back_once() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let done = shop.admin.done(STOCK_RESERVE, hold(&shop, &[("A", 3)])).await;
    let id = json!({ "reservationId": done["reservation"]["id"] });
    let released = shop.admin.done(STOCK_RESERVATION_RELEASE, id.clone()).await;
    assert_eq!(released["reservation"]["state"], "RELEASED");
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 0, 10));
    let before = app.books().await;
    assert_eq!(
        shop.admin.refused(STOCK_RESERVATION_RELEASE, id).await,
        ["STATE_CONFLICT input.reservationId"]
    );
    let nothing = json!({ "reservationId": shop.web });
    assert_eq!(
        shop.admin.refused(STOCK_RESERVATION_RELEASE, nothing).await,
        ["NOT_FOUND input.reservationId"]
    );
    assert_eq!(app.books().await, before);
    app.later(time::Duration::hours(1)).await;
    app.verify().await;
}

#[tokio::test]
async fn a_hold_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.books().await;
    let mut input = hold(&shop, &[("A", 0), ("A", 1)]);
    input["expiresInSeconds"] = json!(59);
    assert_eq!(
        shop.admin.refused(STOCK_RESERVE, input).await,
        [
            "DUPLICATE input.lines.1.sku",
            "INVALID input.lines.0.quantity",
            "INVALID input.expiresInSeconds"
        ]
    );
    let input = hold(&shop, &[("NOPE", 1), ("A", 1)]);
    assert_eq!(shop.admin.refused(STOCK_RESERVE, input).await, ["NOT_FOUND input.lines.0.sku"]);
    assert_eq!(app.books().await, before);
}

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::permissions::Permission as P;
use serde_json::{Value as Json, json};

fn reasons(order: &Json) -> Vec<&str> {
    order["holds"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|hold| hold["releasedAt"].is_null())
        .map(|hold| hold["reason"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_held_order_keeps_its_stock_and_cannot_be_picked() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 2)])).await;
    let work = shop.work(&order, 0).await;
    assert_eq!(work["state"], "OPEN");
    let input = json!({ "orderId": order["id"], "reason": "ADDRESS", "note": "no such street" });
    let held = shop.admin.done(ORDER_HOLD, input).await["order"].clone();
    assert_eq!((&held["onHold"], reasons(&held)), (&json!(true), vec!["ADDRESS"]));
    assert_eq!(held["fulfillments"][0]["state"], "ON_HOLD");
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 2, 8));
    let start = json!({ "fulfillmentIds": [work["id"]] });
    let refused = shop.admin.refused(FULFILLMENT_START, start.clone()).await;
    assert_eq!(refused, ["ON_HOLD input.fulfillmentIds.0"]);
    let ship = json!({ "fulfillmentId": work["id"] });
    assert_eq!(shop.admin.refused(FULFILLMENT_SHIP, ship).await, ["ON_HOLD input.fulfillmentId"]);
    // A second hold: the order goes on when both are released, by themselves.
    let input = json!({ "orderId": order["id"], "reason": "CUSTOMER_REQUEST" });
    let held = shop.admin.done(ORDER_HOLD, input).await["order"].clone();
    assert_eq!(reasons(&held), ["ADDRESS", "CUSTOMER_REQUEST"]);
    let first = held["holds"][0]["id"].clone();
    let input = json!({ "orderId": order["id"], "holdId": first });
    let released = shop.admin.done(ORDER_RELEASE, input.clone()).await["order"].clone();
    assert_eq!(released["fulfillments"][0]["state"], "ON_HOLD");
    let again = shop.admin.refused(ORDER_RELEASE, input).await;
    assert_eq!(again, ["STATE_CONFLICT input.holdId"]);
    let input = json!({ "orderId": order["id"] });
    let released = shop.admin.done(ORDER_RELEASE, input.clone()).await["order"].clone();
    assert_eq!((&released["onHold"], reasons(&released)), (&json!(false), vec![]));
    assert_eq!(released["fulfillments"][0]["state"], "OPEN");
    assert_eq!(shop.admin.refused(ORDER_RELEASE, input).await, ["STATE_CONFLICT input.orderId"]);
    shop.admin.done(FULFILLMENT_START, start).await;
    app.verify().await;
}

#[tokio::test]
async fn the_system_holds_what_is_not_paid_and_releases_it_itself() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // 40.00 for two of A and one of B, of which 20.00 are authorized.
    let mut input = shop.order(&[("A", 2), ("B", 1)]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "authorized": "20.00" }]);
    let order = shop.place(input).await;
    let held = shop.read(&order).await;
    assert_eq!(reasons(&held), ["PAYMENT"]);
    assert_eq!(held["holds"][0]["placedBy"]["kind"], "SYSTEM");
    assert_eq!(
        (&held["approvedAt"], &held["fulfillments"][0]["state"]),
        (&Json::Null, &json!("ON_HOLD"))
    );
    let by_hand = json!({ "orderId": order["id"], "holdId": held["holds"][0]["id"] });
    let refused = shop.admin.refused(ORDER_RELEASE, by_hand).await;
    assert_eq!(refused, ["POLICY_VIOLATION input.holdId"]);
    // Without the B it is covered.
    let lines = json!([{ "lineId": held["lines"][1]["id"], "quantity": 1 }]);
    let input = json!({ "orderId": order["id"], "reason": "CUSTOMER", "lines": lines });
    let covered = shop.admin.done(ORDER_CANCEL, input).await["order"].clone();
    assert_eq!((reasons(&covered), &covered["paymentState"]), (vec![], &json!("AUTHORIZED")));
    assert_eq!(covered["fulfillments"][0]["state"], "OPEN");
    assert_ne!(covered["approvedAt"], Json::Null);
    // On terms nobody waits for money.
    let mut terms = shop.order(&[("A", 1)]);
    terms["paymentTermsDays"] = json!(30);
    let terms = shop.place(terms).await;
    assert_eq!(shop.read(&terms).await["onHold"], false);
    app.verify().await;
}

#[tokio::test]
async fn versions_states_and_filters_are_looked_at() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    let before = app.books().await;
    let old = json!({ "orderId": order["id"], "expectedVersion": 7, "reason": "MANUAL" });
    let payload = shop.admin.payload(ORDER_HOLD, json!({ "input": old })).await;
    assert_eq!(payload["userErrors"][0]["code"], "VERSION_CONFLICT");
    assert_eq!(payload["userErrors"][0]["details"], json!({ "version": 1 }));
    let nowhere = json!({ "orderId": "ord_00000000000000000000000000", "reason": "MANUAL" });
    assert_eq!(shop.admin.refused(ORDER_HOLD, nowhere).await, ["NOT_FOUND input.orderId"]);
    assert_eq!(app.books().await, before);
    let input = json!({ "orderId": order["id"], "expectedVersion": 1, "reason": "MANUAL" });
    shop.admin.done(ORDER_HOLD, input).await;
    let query = "query($f: OrderFilter) { orders(filter: $f) { nodes { number } } }";
    let found = |filter: Json| {
        let client = shop.admin.clone();
        async move { client.payload(query, json!({ "f": filter })).await["nodes"].clone() }
    };
    let number = json!([{ "number": order["number"] }]);
    assert_eq!(found(json!({ "onHold": true })).await, number);
    assert_eq!(found(json!({ "onHold": false })).await, json!([]));
    assert_eq!(found(json!({ "holdReasons": ["MANUAL", "STOCK"] })).await, number);
    assert_eq!(found(json!({ "holdReasons": ["STOCK"] })).await, json!([]));
    let input = json!({ "orderId": order["id"], "reason": "CUSTOMER" });
    shop.admin.done(ORDER_CANCEL, input).await;
    let input = json!({ "orderId": order["id"], "reason": "MANUAL" });
    assert_eq!(shop.admin.refused(ORDER_HOLD, input).await, ["STATE_CONFLICT input.orderId"]);
    assert_eq!(found(json!({ "onHold": true })).await, json!([]));
    app.verify().await;
}

#[tokio::test]
async fn what_is_digital_is_handed_over_when_nothing_holds_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 3)]);
    input["deliveryMethod"] = json!("DIGITAL");
    let order = shop.place(input.clone()).await;
    let done = shop.read(&order).await;
    assert_eq!(
        (&done["state"], &done["fulfillmentState"]),
        (&json!("COMPLETED"), &json!("DELIVERED"))
    );
    assert_eq!(done["totals"]["paid"]["amount"], "30.00");
    assert_eq!(done["payments"][0]["captured"]["amount"], "30.00");
    input["payments"] = Json::Null;
    let unpaid = shop.place(input).await;
    let waits = shop.read(&unpaid).await;
    assert_eq!((&waits["state"], reasons(&waits)), (&json!("OPEN"), vec!["PAYMENT"]));
    assert_eq!(waits["lines"][0]["quantityFulfilled"], 0);
    app.verify().await;
}

#[tokio::test]
async fn a_doubt_about_risk_is_not_lifted_by_everybody() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    let input = json!({ "orderId": order["id"], "reason": "RISK_REVIEW" });
    shop.admin.done(ORDER_HOLD, input).await;
    app.plant("update order_holds set placed_by_kind = 'SYSTEM', placed_by_id = null").await;
    let agent = app.without(P::OrdersRisk).await;
    let hold = shop.read(&order).await["holds"][0]["id"].clone();
    let input = json!({ "orderId": order["id"], "holdId": hold });
    let code = agent.error_code(ORDER_RELEASE, json!({ "input": input })).await;
    assert_eq!(code, "FORBIDDEN");
    let all = json!({ "orderId": order["id"] });
    assert_eq!(agent.refused(ORDER_RELEASE, all).await, ["STATE_CONFLICT input.orderId"]);
    shop.admin.done(ORDER_RELEASE, input).await;
}

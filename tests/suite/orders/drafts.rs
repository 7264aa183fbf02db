//! Quotes, and orders that somebody writes for a customer: nothing is held or booked until they are placed.

use harness::shop::*;
use harness::{Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::Permissions;
use serde_json::{Value as Json, json};

fn total(order: &Json) -> &str {
    order["totals"]["grandTotal"]["amount"].as_str().unwrap()
}

async fn quote(shop: &Shop) -> Json {
    let mut input = shop.order(&[("A", 3), ("D", 2)]);
    input["lines"][0]["unitPrice"] = json!("9.00");
    input["purchaseOrderNumber"] = json!("PO-7");
    input["paymentTermsDays"] = json!(30);
    input["customer"] = json!({ "create": { "email": "buyer@example.com" } });
    input["adjustments"] = json!([{ "kind": "DISCOUNT", "label": "Two off", "amount": "2.00" }]);
    input["tags"] = json!(["quote"]);
    input["note"] = json!("asked for by telephone");
    shop.admin.done(DRAFT_CREATE, input).await["order"].clone()
}

#[tokio::test]
async fn a_quote_holds_nothing_and_is_placed_at_its_prices() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let draft = quote(&shop).await;
    assert_eq!((&draft["state"], total(&draft)), (&json!("DRAFT"), "35.00"));
    assert_eq!(draft["paymentTermsDays"], 30);
    assert_eq!((&draft["onHold"], &draft["fulfillments"]), (&json!(false), &json!([])));
    assert_eq!(draft["promise"], Json::Null);
    assert_eq!(app.number("select count(*) from order_risks").await, 0);
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 0, 10));
    app.verify().await;
    // The price list changes: what was quoted stands.
    let dearer = json!({ "products": [{ "name": "Things", "variants": [{ "sku": "A", "name": "Thing A",
        "prices": [{ "channelId": shop.web, "amount": "99.00", "taxRate": "0.19" }] }] }] });
    shop.admin.done(PRODUCTS_UPSERT, dearer).await;
    app.clock.advance(time::Duration::hours(3));
    let agent = app.token(Permissions::all(), Reach::default()).await;
    let by = |kind: &str| {
        format!(
            "select count(*) from orders o join events e on e.order_id = o.id where o.placed_by_id = e.actor_id and e.kind = '{kind}'"
        )
    };
    assert_eq!(app.number(&by("order.drafted")).await, 1);
    let placed =
        agent.done(DRAFT_COMPLETE, json!({ "orderId": draft["id"] })).await["order"].clone();
    assert_eq!((&placed["number"], total(&placed)), (&draft["number"], "35.00"));
    assert_eq!((&placed["state"], &placed["onHold"]), (&json!("OPEN"), &json!(false)));
    assert_eq!(
        (&placed["purchaseOrderNumber"], &placed["tags"]),
        (&json!("PO-7"), &json!(["quote"]))
    );
    assert_eq!(placed["notes"][0]["text"], "asked for by telephone");
    assert_eq!(app.number(&by("order.placed")).await, 1);
    assert_eq!(app.number(&by("order.drafted")).await, 0);
    assert!(placed["placedAt"].as_str() > draft["placedAt"].as_str());
    assert!(placed["promise"]["deliverBy"].is_string());
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 3, 7));
    let again = shop.admin.refused(DRAFT_COMPLETE, json!({ "orderId": draft["id"] })).await;
    assert_eq!(again, ["STATE_CONFLICT input.orderId"]);
    let anew = json!({ "orderId": draft["id"], "order": shop.order(&[("A", 1)]) });
    assert_eq!(shop.admin.refused(DRAFT_UPDATE, anew).await, ["STATE_CONFLICT input.orderId"]);
    app.verify().await;
}

#[tokio::test]
async fn a_draft_is_written_anew_under_its_number() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let draft = quote(&shop).await;
    let mut order = shop.order(&[("B", 2), ("A", 1)]);
    order["channelReference"] = json!("R-1");
    order["lines"][1]["discount"] = json!("1.00");
    order["tags"] = json!(["second"]);
    let input =
        json!({ "orderId": draft["id"], "expectedVersion": draft["version"], "order": order });
    let anew = shop.admin.done(DRAFT_UPDATE, input.clone()).await["order"].clone();
    assert_eq!((&anew["number"], total(&anew)), (&draft["number"], "49.00"));
    let skus: Vec<&str> = anew["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["sku"].as_str().unwrap())
        .collect();
    assert_eq!(skus, ["B", "A"]);
    assert_eq!((&anew["tags"], &anew["customer"]), (&json!(["second"]), &Json::Null));
    assert_eq!(
        (&anew["purchaseOrderNumber"], &anew["paymentTermsDays"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(anew["totals"]["discounts"]["amount"], "1.00");
    assert_eq!(anew["placedBy"], draft["placedBy"]);
    // Its own reference is not somebody else's.
    let refused = shop.admin.refused(DRAFT_UPDATE, input).await;
    assert_eq!(refused, ["VERSION_CONFLICT input.expectedVersion"]);
    let same = json!({ "orderId": draft["id"], "order": order });
    shop.admin.done(DRAFT_UPDATE, same).await;
    let mut other = shop.order(&[("A", 1)]);
    other["channelReference"] = json!("R-1");
    assert_eq!(shop.admin.refused(DRAFT_CREATE, other).await, ["DUPLICATE input.channelReference"]);
    app.verify().await;
}

#[tokio::test]
async fn what_is_short_is_refused_and_stays_a_draft() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let short =
        shop.admin.done(DRAFT_CREATE, shop.order(&[("A", 18), ("B", 1)])).await["order"].clone();
    let before = app.books().await;
    let payments = json!([{ "provider": "manual", "method": "card", "authorized": "200.00" }]);
    let complete = json!({ "orderId": short["id"], "payments": payments });
    let refused = shop.admin.payload(DRAFT_COMPLETE, json!({ "input": complete })).await;
    let fault = &refused["userErrors"][0];
    assert_eq!(
        (&fault["code"], &fault["details"]["available"]),
        (&json!("OUT_OF_STOCK"), &json!(17))
    );
    assert_eq!(app.books().await, before);
    let mut order = shop.order(&[("A", 18), ("B", 1)]);
    order["allowBackorder"] = json!(true);
    shop.admin.done(DRAFT_UPDATE, json!({ "orderId": short["id"], "order": order })).await;
    let placed = shop.admin.done(DRAFT_COMPLETE, complete).await["order"].clone();
    assert_eq!(placed["lines"][0]["quantityBackordered"], 1);
    assert_eq!((&placed["paymentState"], &placed["onHold"]), (&json!("AUTHORIZED"), &json!(false)));
    app.verify().await;
}

#[tokio::test]
async fn a_draft_takes_neither_stock_nor_money_and_is_cancelled_whole() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 1), ("NOPE", 1)]);
    input["placedAt"] = json!("2026-01-01T00:00:00Z");
    input["reservationId"] = json!("res_00000000000000000000000000");
    assert_eq!(
        shop.admin.refused(DRAFT_CREATE, input).await,
        ["INVALID input.payments", "INVALID input.reservationId", "INVALID input.placedAt"]
    );
    let draft = quote(&shop).await;
    let anew = json!({ "orderId": draft["id"], "order": shop.paid(&[("A", 0), ("NOPE", 1)]) });
    assert_eq!(shop.admin.refused(DRAFT_UPDATE, anew).await, ["INVALID input.order.payments"]);
    let anew = json!({ "orderId": draft["id"], "order": shop.order(&[("A", 0), ("NOPE", 1)]) });
    assert_eq!(
        shop.admin.refused(DRAFT_UPDATE, anew).await,
        ["INVALID input.order.lines.0.quantity", "NOT_FOUND input.order.lines.1.sku"]
    );
    // What is not sold any longer is not placed.
    let gone = json!({ "products": [{ "name": "Things", "variants": [{ "sku": "A", "name": "Thing A", "active": false }] }] });
    shop.admin.done(PRODUCTS_UPSERT, gone).await;
    let complete = json!({ "orderId": draft["id"] });
    assert_eq!(
        shop.admin.refused(DRAFT_COMPLETE, complete).await,
        ["STATE_CONFLICT input.orderId"]
    );
    for (query, with) in [
        (ORDER_HOLD, json!({ "reason": "MANUAL" })),
        (ORDER_EDIT, json!({ "email": "x@x.example" })),
        (
            ORDER_CANCEL,
            json!({ "reason": "CUSTOMER", "lines": [{ "lineId": draft["lines"][0]["id"], "quantity": 1 }] }),
        ),
    ] {
        let mut input = json!({ "orderId": draft["id"] });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        assert_eq!(shop.admin.refused(query, input).await, ["STATE_CONFLICT input.orderId"]);
    }
    let declined = json!({ "orderId": draft["id"], "reason": "CUSTOMER" });
    let done = shop.admin.done(ORDER_CANCEL, declined).await["order"].clone();
    assert_eq!(done["state"], "CANCELLED");
    app.verify().await;
}

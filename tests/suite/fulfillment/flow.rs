//! Pick, pack, ship, hand over, deliver: stock, money and states follow each step.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_order_goes_from_the_shelf_to_the_customer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let user = app.user("picker@shop.example", "warehouse").await;
    let order = shop.place(shop.paid(&[("A", 2), ("B", 1)])).await;
    let work = shop.work(&order, 0).await;
    let id = &work["id"];
    let input = json!({ "fulfillmentIds": [id], "assigneeId": user });
    let started = shop.admin.done(FULFILLMENT_START, input).await;
    assert_eq!(started["fulfillments"][0]["state"], "PICKING");
    assert_eq!(started["fulfillments"][0]["assignee"]["name"], "picker");
    let pack = |lines: Json| json!({ "fulfillmentId": id, "parcels": [{ "lines": lines }] });
    let early = pack(json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 1 }]));
    assert_eq!(
        shop.admin.refused(FULFILLMENT_PACK, early).await,
        ["STATE_CONFLICT input.fulfillmentId"]
    );
    // In two rounds.
    let pick = |sku: &str, quantity: i32| json!({ "fulfillmentId": id, "picked": [{ "sku": sku, "quantity": quantity }] });
    let part = shop.admin.done(FULFILLMENT_PICK, pick("A", 2)).await["fulfillment"].clone();
    assert_eq!((&part["state"], &part["pickedAt"]), (&json!("PICKING"), &Json::Null));
    assert_eq!(
        shop.admin.refused(FULFILLMENT_PICK, pick("A", 1)).await,
        ["AMOUNT_EXCEEDED input.picked.0.quantity"]
    );
    let all = shop.admin.done(FULFILLMENT_PICK, pick("B", 1)).await["fulfillment"].clone();
    assert_ne!(all["pickedAt"], Json::Null);
    let wrong = pack(json!([{ "sku": "A", "quantity": 3 }, { "sku": "C", "quantity": 1 }]));
    assert_eq!(
        shop.admin.refused(FULFILLMENT_PACK, wrong).await,
        [
            "AMOUNT_EXCEEDED input.parcels.0.lines.0.quantity",
            "NOT_FOUND input.parcels.0.lines.1.sku"
        ]
    );
    let less = pack(json!([{ "sku": "A", "quantity": 2 }]));
    assert_eq!(shop.admin.refused(FULFILLMENT_PACK, less).await, ["REQUIRED input.parcels"]);
    let parcels = json!([
        { "lines": [{ "sku": "A", "quantity": 1 }], "carrier": "DHL", "trackingNumber": "00 34-1", "weightGrams": 400 },
        { "lines": [{ "sku": "A", "quantity": 1 }, { "sku": "B", "quantity": 1 }] },
    ]);
    let input = json!({ "fulfillmentId": id, "parcels": parcels });
    let packed = shop.admin.done(FULFILLMENT_PACK, input).await["fulfillment"].clone();
    assert_eq!(packed["parcels"][0]["status"], "LABEL_CREATED");
    assert_eq!(
        packed["parcels"][1]["lines"],
        json!([{ "sku": "A", "quantity": 1 }, { "sku": "B", "quantity": 1 }])
    );
    assert_eq!(packed["parcels"][0]["customs"], Json::Null);
    assert_eq!(shop.level("A", &shop.berlin).await, (10, 2, 8));
    let input = json!({ "fulfillmentId": id, "expectedVersion": packed["version"] });
    let sent = shop.admin.done(FULFILLMENT_SHIP, input).await["fulfillment"].clone();
    assert_eq!(
        (&sent["state"], &sent["parcels"][0]["status"]),
        (&json!("SHIPPED"), &json!("IN_TRANSIT"))
    );
    assert_eq!(shop.level("A", &shop.berlin).await, (8, 0, 8));
    let after = shop.read(&order).await;
    assert_eq!(
        (&after["fulfillmentState"], &after["paymentState"]),
        (&json!("FULFILLED"), &json!("PAID"))
    );
    assert_eq!(after["totals"]["paid"]["amount"], "40.00");
    let kinds = "select count(*) from stock_movements where kind = 'SHIP'";
    assert_eq!(app.number(kinds).await, 2);
    let early = json!({ "fulfillmentId": id, "deliveredAt": "2026-03-01T10:00:00Z" });
    assert_eq!(shop.admin.refused(FULFILLMENT_DELIVER, early).await, ["INVALID input.deliveredAt"]);
    let input = json!({ "fulfillmentId": id, "receivedBy": "M. Meyer" });
    let there = shop.admin.done(FULFILLMENT_DELIVER, input).await["fulfillment"].clone();
    assert_eq!(there["parcels"][1]["receivedBy"], "M. Meyer");
    let done = shop.read(&order).await;
    assert_eq!(
        (&done["state"], &done["fulfillmentState"]),
        (&json!("COMPLETED"), &json!("DELIVERED"))
    );
    let again = json!({ "fulfillmentId": id });
    for step in [FULFILLMENT_SHIP, FULFILLMENT_DELIVER, FULFILLMENT_READY] {
        let refused = shop.admin.refused(step, again.clone()).await;
        assert_eq!(refused, ["STATE_CONFLICT input.fulfillmentId"]);
    }
    app.verify().await;
}

#[tokio::test]
async fn a_split_shipment_charges_the_way_once_and_the_last_takes_the_rest_cent() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 12)]);
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "x", "amount": "0.05" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "4.90" },
    ]);
    let order = shop.place(input).await;
    shop.ship(&shop.work(&order, 0).await).await;
    // Ten of twelve: 119.95 x 10 / 12 = 99.958.., and all of the shipping.
    assert_eq!(shop.read(&order).await["totals"]["paid"]["amount"], "104.86");
    shop.ship(&shop.work(&order, 1).await).await;
    let done = shop.read(&order).await;
    assert_eq!(done["totals"]["paid"]["amount"], "124.85");
    assert_eq!(done["totals"]["outstanding"]["amount"], "0.00");
    app.verify().await;
}

#[tokio::test]
async fn what_is_fetched_leaves_the_stock_when_it_is_handed_over() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 1)]);
    input["deliveryMethod"] = json!("PICKUP");
    input["pickupLocationId"] = json!(shop.store);
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    let id = json!({ "fulfillmentId": work["id"] });
    assert_eq!(
        shop.admin.refused(FULFILLMENT_SHIP, id.clone()).await,
        ["STATE_CONFLICT input.fulfillmentId"]
    );
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    let picked = json!([{ "sku": "A", "quantity": 1 }]);
    shop.admin
        .done(FULFILLMENT_PICK, json!({ "fulfillmentId": work["id"], "picked": picked }))
        .await;
    let ready = shop.admin.done(FULFILLMENT_READY, id.clone()).await["fulfillment"].clone();
    assert_eq!(ready["state"], "READY_FOR_PICKUP");
    assert_eq!(shop.level("A", &shop.store).await, (2, 1, 1));
    assert_eq!(shop.read(&order).await["totals"]["paid"]["amount"], "0.00");
    shop.admin.done(FULFILLMENT_DELIVER, id).await;
    assert_eq!(shop.level("A", &shop.store).await, (1, 0, 1));
    let done = shop.read(&order).await;
    assert_eq!(
        (&done["state"], &done["totals"]["paid"]["amount"]),
        (&json!("COMPLETED"), &json!("10.00"))
    );
    app.verify().await;
}

#[tokio::test]
async fn what_got_lost_waits_for_a_decision() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 2)])).await;
    let sent = shop.ship(&shop.work(&order, 0).await).await;
    let input = json!({ "fulfillmentId": sent["id"], "reason": "the carrier lost it" });
    let failed = shop.admin.done(FULFILLMENT_FAIL, input).await["fulfillment"].clone();
    assert_eq!(
        (&failed["state"], &failed["failedBecause"]),
        (&json!("FAILED"), &json!("the carrier lost it"))
    );
    let waits = shop.read(&order).await;
    assert_eq!(
        (&waits["onHold"], &waits["fulfillmentState"]),
        (&json!(true), &json!("UNFULFILLED"))
    );
    // Promised again, and not sent before somebody says so.
    assert_eq!(waits["fulfillments"][1]["location"]["code"], "berlin");
    assert_eq!(waits["fulfillments"][1]["state"], "ON_HOLD");
    assert_eq!(shop.level("A", &shop.berlin).await, (8, 2, 6));
    let input = json!({ "orderId": order["id"], "reason": "OTHER" });
    let done = shop.admin.done(ORDER_CANCEL, input).await["order"].clone();
    assert_eq!(done["totals"]["refunded"]["amount"], "20.00");
    assert_eq!(shop.level("A", &shop.hamburg).await, (5, 0, 5));
    app.verify().await;
}

#[tokio::test]
async fn an_export_carries_its_customs_declaration() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let goods = json!({ "products": [{ "name": "Things", "variants": [
        { "sku": "A", "name": "Thing A", "customsCode": "950300", "originCountry": "CN", "weightGrams": 250 }] }] });
    shop.admin.done(PRODUCTS_UPSERT, goods).await;
    for (country, declared) in [("CH", true), ("AT", false)] {
        let mut input = shop.paid(&[("A", 2)]);
        input["shippingAddress"] =
            json!({ "line1": "Weg 1", "city": "Ort", "countryCode": country });
        let order = shop.place(input).await;
        let sent = shop.ship(&shop.work(&order, 0).await).await;
        let customs = &sent["parcels"][0]["customs"];
        if !declared {
            assert_eq!(customs, &Json::Null);
            continue;
        }
        // What is exported bears no tax: its price is its value.
        assert_eq!(customs["total"]["amount"], "20.00");
        assert_eq!(
            customs["lines"],
            json!([{ "description": "Thing A", "quantity": 2, "customsCode": "950300",
                     "originCountry": "CN", "weightGrams": 500, "value": { "amount": "20.00" } }])
        );
    }
    app.verify().await;
}

#[tokio::test]
async fn nothing_is_shipped_that_does_not_lie_there() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 10)])).await;
    let input = json!({ "locationId": shop.berlin, "reason": "theft", "lines": [{ "sku": "A", "onHandChange": -4 }] });
    shop.admin.done(STOCK_ADJUST, input).await;
    let before = app.books().await;
    let work = shop.work(&order, 0).await;
    let input = json!({ "fulfillmentId": work["id"] });
    assert_eq!(
        shop.admin.refused(FULFILLMENT_SHIP, input).await,
        ["OUT_OF_STOCK input.fulfillmentId"]
    );
    assert_eq!(app.books().await, before);
}

//! Changes before shipment: stock, totals and payment follow to the cent, or nothing happens.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn money<'a>(order: &'a Json, name: &str) -> &'a str {
    order["totals"][name]["amount"].as_str().unwrap()
}

/// A and D with ten off and the way there, 35.00 in all, paid in full.
async fn sold(shop: &Shop) -> Json {
    let mut input = shop.order(&[("A", 3), ("D", 2)]);
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "Ten off", "amount": "10.00" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "5.00" },
    ]);
    input["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "35.00" }]);
    shop.place(input).await
}

#[tokio::test]
async fn a_preview_says_to_the_cent_what_the_edit_then_does() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sold(&shop).await;
    let edit = |with: Json| {
        let mut input = json!({ "orderId": order["id"] });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    // One A less, at its frozen share, and one B more.
    let less = json!({
        "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 2 }],
        "addLines": [{ "sku": "B", "quantity": 1 }],
    });
    let before = app.books().await;
    let seen = shop.admin.payload(EDIT_PREVIEW, json!({ "input": edit(less.clone()) })).await;
    assert_eq!(seen["userErrors"], json!([]));
    assert_eq!(seen["totalsBefore"]["grandTotal"]["amount"], "35.00");
    assert_eq!(seen["totalsAfter"]["grandTotal"]["amount"], "47.50");
    assert_eq!((&seen["toCharge"]["amount"], &seen["toRefund"]), (&json!("12.50"), &Json::Null));
    assert_eq!(app.books().await, before);
    let done = shop.admin.done(ORDER_EDIT, edit(less)).await["order"].clone();
    assert_eq!((money(&done, "grandTotal"), money(&done, "outstanding")), ("47.50", "12.50"));
    assert_eq!(money(&done, "tax"), seen["totalsAfter"]["tax"]["amount"].as_str().unwrap());
    // It waits for the money, with its stock.
    assert_eq!((&done["onHold"], &done["paymentState"]), (&json!(true), &json!("PARTIALLY_PAID")));
    assert_eq!(shop.level("A", &shop.berlin).await.1, 2);
    assert_eq!(shop.level("B", &shop.berlin).await.1, 1);
    app.verify().await;
    let back = json!({ "setQuantities": [{ "lineId": done["lines"][2]["id"], "quantity": 0 }] });
    let seen = shop.admin.payload(EDIT_PREVIEW, json!({ "input": edit(back.clone()) })).await;
    assert_eq!((&seen["toCharge"], &seen["toRefund"]["amount"]), (&Json::Null, &json!("7.50")));
    let done = shop.admin.done(ORDER_EDIT, edit(back)).await["order"].clone();
    assert_eq!((money(&done, "grandTotal"), money(&done, "refunded")), ("27.50", "7.50"));
    assert_eq!((&done["onHold"], &done["lines"][2]["quantity"]), (&json!(false), &json!(0)));
    assert_eq!(shop.level("B", &shop.berlin).await.1, 0);
    app.verify().await;
}

#[tokio::test]
async fn new_amounts_beside_the_lines_are_dealt_out_to_what_stands() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 3), ("D", 2)]);
    input["lines"][0]["discount"] = json!("3.00");
    let order = shop.place(input).await;
    let cancel = json!({ "orderId": order["id"], "reason": "CUSTOMER",
        "lines": [{ "lineId": order["lines"][0]["id"], "quantity": 1 }] });
    shop.admin.done(ORDER_CANCEL, cancel).await;
    // 20.00 less its own 2.00 and 10.00: six off is 3.857.. and 2.142..
    let edit = json!({ "orderId": order["id"],
        "adjustments": [{ "kind": "DISCOUNT", "label": "Six off", "amount": "6.00" }] });
    let done = shop.admin.done(ORDER_EDIT, edit).await["order"].clone();
    let of: Vec<&str> = done["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["discount"]["amount"].as_str().unwrap())
        .collect();
    assert_eq!(of, ["5.86", "2.14"]);
    assert_eq!(money(&done, "grandTotal"), "22.00");
    let much = json!({ "orderId": order["id"],
        "adjustments": [{ "kind": "DISCOUNT", "label": "x", "amount": "28.01" }] });
    assert_eq!(shop.admin.refused(ORDER_EDIT, much).await, ["AMOUNT_EXCEEDED input.adjustments"]);
    app.verify().await;
}

#[tokio::test]
async fn goods_go_elsewhere_only_while_nobody_has_begun() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.paid(&[("A", 1)]);
    input["shippingAddress"] = json!({ "line1": "Weg 1", "city": "Bonn", "countryCode": "DE" });
    let order = shop.place(input).await;
    let to = |city: &str| json!({ "orderId": order["id"], "shippingAddress": { "line1": "Weg 1", "city": city, "countryCode": "DE" } });
    let done = shop.admin.done(ORDER_EDIT, to("Kiel")).await["order"].clone();
    let works = done["fulfillments"].as_array().unwrap();
    assert_eq!((works.len(), &works[0]["destination"]["city"]), (1, &json!("Kiel")));
    let fetch = json!({ "orderId": order["id"], "deliveryMethod": "PICKUP", "pickupLocationId": shop.store });
    let done = shop.admin.done(ORDER_EDIT, fetch).await["order"].clone();
    let open: Vec<&Json> = done["fulfillments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|work| work["state"] == "OPEN")
        .map(|work| &work["location"]["code"])
        .collect();
    assert_eq!(open, ["store"]);
    assert_eq!(shop.level("A", &shop.berlin).await.1, 0);
    let wrong = json!({ "orderId": order["id"], "deliveryMethod": "PICKUP", "pickupLocationId": shop.berlin });
    assert_eq!(shop.admin.refused(ORDER_EDIT, wrong).await, ["NOT_FOUND input.pickupLocationId"]);
    let ship = json!({ "orderId": order["id"], "deliveryMethod": "SHIP" });
    shop.admin.done(ORDER_EDIT, ship).await;
    let works = shop.read(&order).await["fulfillments"].clone();
    let open = works.as_array().unwrap().iter().find(|work| work["state"] == "OPEN").unwrap();
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [open["id"]] })).await;
    let before = app.books().await;
    assert_eq!(shop.admin.refused(ORDER_EDIT, to("Ulm")).await, ["STATE_CONFLICT input.orderId"]);
    let none = json!({ "orderId": order["id"], "setQuantities": [{ "lineId": order["lines"][0]["id"], "quantity": 0 }] });
    assert_eq!(
        shop.admin.refused(ORDER_EDIT, none).await,
        ["STATE_CONFLICT input.setQuantities.0.quantity", "INVALID input.setQuantities"]
    );
    assert_eq!(app.books().await, before);
    // The telephone number is nobody's parcel.
    let phone = json!({ "orderId": order["id"], "phone": "+49 30 1", "email": "new@example.com" });
    shop.admin.done(ORDER_EDIT, phone).await;
    app.verify().await;
}

#[tokio::test]
async fn an_edit_that_cannot_be_is_refused_whole_with_every_fault() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 1)])).await;
    let line = &order["lines"][0]["id"];
    let before = app.books().await;
    let edit = |with: Json| {
        let mut input = json!({ "orderId": order["id"] });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    let refused = shop
        .admin
        .refused(ORDER_EDIT, edit(json!({
            "setQuantities": [{ "lineId": "lin_00000000000000000000000000", "quantity": 1 }],
            "addLines": [{ "sku": "NOPE", "quantity": 1 }, { "sku": "B", "quantity": 1, "discount": "30.00" }],
            "pickupLocationId": shop.store,
        })))
        .await;
    assert_eq!(
        refused,
        [
            "NOT_FOUND input.addLines.0.sku",
            "AMOUNT_EXCEEDED input.addLines.1.discount",
            "NOT_FOUND input.setQuantities.0.lineId",
            "INVALID input.pickupLocationId",
        ]
    );
    assert_eq!(shop.admin.refused(ORDER_EDIT, edit(json!({}))).await, ["REQUIRED input"]);
    let much = edit(
        json!({ "setQuantities": [{ "lineId": line, "quantity": 18 }], "addLines": [{ "sku": "B", "quantity": 20 }] }),
    );
    let payload = shop.admin.payload(ORDER_EDIT, json!({ "input": much })).await;
    assert_eq!(
        harness::client::user_errors(&payload),
        ["OUT_OF_STOCK input.setQuantities.0.quantity", "OUT_OF_STOCK input.addLines.0.quantity"]
    );
    assert_eq!(
        payload["userErrors"][0]["details"],
        json!({ "sku": "A", "requested": 18, "available": 17 })
    );
    let seen = shop.admin.payload(EDIT_PREVIEW, json!({ "input": edit(json!({ "setQuantities": [{ "lineId": line, "quantity": 18 }] })) })).await;
    assert_eq!(
        (&seen["totalsAfter"], &seen["userErrors"][0]["code"]),
        (&Json::Null, &json!("OUT_OF_STOCK"))
    );
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn a_substitute_costs_no_more_than_what_was_ordered_unless_agreed() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (keep, sku, price, total) in [
        (Json::Null, "B", "10.00", "30.00"),
        (Json::Null, "D", "5.00", "25.00"),
        (json!(true), "D", "10.00", "30.00"),
        (json!(false), "B", "20.00", "40.00"),
    ] {
        let order = shop.place(shop.paid(&[("A", 3)])).await;
        let input = json!({ "lineId": order["lines"][0]["id"], "sku": sku, "quantity": 1, "keepPrice": keep });
        let done = shop.admin.done(LINE_SUBSTITUTE, input).await["order"].clone();
        assert_eq!(money(&done, "grandTotal"), total, "{sku} {keep}");
        let line = &done["lines"][1];
        assert_eq!(
            (&line["unitPrice"]["amount"], &line["substitutesFor"]["sku"]),
            (&json!(price), &json!("A"))
        );
        assert_eq!(
            (&line["quantityReserved"], &done["lines"][0]["quantityCancelled"]),
            (&json!(1), &json!(1))
        );
        let input = json!({ "orderId": order["id"], "reason": "OTHER" });
        shop.admin.done(ORDER_CANCEL, input).await;
    }
    // The discount of what is replaced goes with it.
    let order = sold(&shop).await;
    let input = json!({ "lineId": order["lines"][0]["id"], "sku": "B", "quantity": 2 });
    let done = shop.admin.done(LINE_SUBSTITUTE, input).await["order"].clone();
    assert_eq!((money(&done, "grandTotal"), money(&done, "discounts")), ("35.00", "10.00"));
    assert_eq!(money(&done, "refunded"), "0.00");
    let much = json!({ "lineId": order["lines"][0]["id"], "sku": "A", "quantity": 2 });
    assert_eq!(
        shop.admin.refused(LINE_SUBSTITUTE, much).await,
        ["AMOUNT_EXCEEDED input.quantity", "INVALID input.sku"]
    );
    let unknown = json!({ "lineId": order["lines"][0]["id"], "sku": "NOPE", "quantity": 1 });
    assert_eq!(shop.admin.refused(LINE_SUBSTITUTE, unknown).await, ["NOT_FOUND input.sku"]);
    app.verify().await;
}

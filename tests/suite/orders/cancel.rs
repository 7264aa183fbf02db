use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn money<'a>(order: &'a Json, name: &str) -> &'a str {
    order["totals"][name]["amount"].as_str().unwrap()
}

fn steps(order: &Json) -> Vec<String> {
    let steps = order["payments"].as_array().unwrap().iter().flat_map(|payment| {
        payment["transactions"].as_array().unwrap().iter().map(|step| {
            format!(
                "{} {}",
                step["kind"].as_str().unwrap(),
                step["amount"]["amount"].as_str().unwrap()
            )
        })
    });
    steps.collect()
}

#[tokio::test]
async fn a_cancelled_order_frees_its_stock_and_its_payment() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 12), ("B", 1)])).await;
    assert_eq!(shop.level("A", &shop.berlin).await.1, 10);
    let input = json!({ "orderId": order["id"], "reason": "CUSTOMER", "note": "changed her mind" });
    let done = shop.admin.done(ORDER_CANCEL, input.clone()).await["order"].clone();
    assert_eq!((&done["state"], &done["cancelReason"]), (&json!("CANCELLED"), &json!("CUSTOMER")));
    assert_eq!((&done["paymentState"], money(&done, "grandTotal")), (&json!("VOIDED"), "0.00"));
    assert_eq!(steps(&done), ["AUTHORIZATION 1000.00", "VOID 1000.00"]);
    let states: Vec<&Json> =
        done["fulfillments"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["CANCELLED", "CANCELLED"]);
    assert_eq!(done["lines"][0]["quantityCancelled"], 12);
    for (sku, location) in [("A", &shop.berlin), ("A", &shop.hamburg), ("B", &shop.berlin)] {
        assert_eq!(shop.level(sku, location).await.1, 0);
    }
    let again = shop.admin.refused(ORDER_CANCEL, input).await;
    assert_eq!(again, ["STATE_CONFLICT input.orderId"]);
    app.verify().await;
}

#[tokio::test]
async fn cancelled_units_keep_the_frozen_shares_of_the_others() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 3), ("D", 2)]);
    input["adjustments"] = json!([
        { "kind": "DISCOUNT", "label": "Ten off", "amount": "10.00" },
        { "kind": "SHIPPING", "label": "Standard", "amount": "5.00" },
    ]);
    // 30.00 and 10.00, less 7.50 and 2.50, with 5.00 for the way: 35.00, all of it paid.
    input["payments"] = json!([{ "provider": "manual", "method": "card", "captured": "35.00" }]);
    let order = shop.place(input).await;
    let cancel = |lines: Json| {
        let input = json!({ "orderId": order["id"], "reason": "CUSTOMER", "lines": lines });
        let client = shop.admin.clone();
        async move { client.done(ORDER_CANCEL, input).await["order"].clone() }
    };
    let (a, d) = (&order["lines"][0]["id"], &order["lines"][1]["id"]);
    let done = cancel(json!([{ "lineId": a, "quantity": 1 }])).await;
    // One of three A costs 10.00 less 2.50.
    assert_eq!(money(&done, "grandTotal"), "27.50");
    assert_eq!((money(&done, "refunded"), money(&done, "outstanding")), ("7.50", "0.00"));
    assert_eq!(done["lines"][0]["discount"]["amount"], "5.00");
    assert_eq!(steps(&done), ["CAPTURE 35.00", "REFUND 7.50"]);
    assert_eq!(
        (&done["lines"][0]["quantity"], &done["lines"][0]["quantityCancelled"]),
        (&json!(3), &json!(1))
    );
    // The way there costs the same for what is left, and nothing for nothing.
    let done = cancel(json!([{ "lineId": d, "quantity": 2 }])).await;
    assert_eq!((money(&done, "grandTotal"), money(&done, "shipping")), ("20.00", "5.00"));
    let done = cancel(json!([{ "lineId": a, "quantity": 2 }])).await;
    assert_eq!((money(&done, "grandTotal"), money(&done, "refunded")), ("0.00", "35.00"));
    assert_eq!((&done["state"], &done["paymentState"]), (&json!("CANCELLED"), &json!("REFUNDED")));
    app.verify().await;
}

#[tokio::test]
async fn every_line_that_cannot_be_cancelled_is_named() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.paid(&[("A", 2), ("B", 1)])).await;
    let (a, b) = (&order["lines"][0]["id"], &order["lines"][1]["id"]);
    let before = app.books().await;
    let lines = json!([
        { "lineId": a, "quantity": 3 }, { "lineId": a, "quantity": 0 }, { "lineId": b, "quantity": 1 },
        { "lineId": "lin_00000000000000000000000000", "quantity": 1 },
    ]);
    let input = json!({ "orderId": order["id"], "reason": "OTHER", "lines": lines });
    assert_eq!(
        shop.admin.refused(ORDER_CANCEL, input).await,
        [
            "AMOUNT_EXCEEDED input.lines.0.quantity",
            "DUPLICATE input.lines.1.lineId",
            "INVALID input.lines.1.quantity",
            "NOT_FOUND input.lines.3.lineId",
        ]
    );
    let none = json!({ "orderId": order["id"], "reason": "OTHER", "lines": [] });
    assert_eq!(shop.admin.refused(ORDER_CANCEL, none).await, ["REQUIRED input.lines"]);
    assert_eq!(app.books().await, before);
}

#[tokio::test]
async fn what_left_is_not_cancelled_and_the_rest_completes_the_order() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // Berlin has ten: two fulfillments, of which one leaves.
    let order = shop.place(shop.paid(&[("A", 12)])).await;
    let sent = shop.ship(&shop.work(&order, 0).await).await;
    assert_eq!(sent["state"], "SHIPPED");
    let after = shop.read(&order).await;
    assert_eq!(
        (&after["fulfillmentState"], money(&after, "paid")),
        (&json!("PARTIALLY_FULFILLED"), "100.00")
    );
    let input = json!({ "orderId": order["id"], "reason": "STOCK" });
    let done = shop.admin.done(ORDER_CANCEL, input).await["order"].clone();
    assert_eq!((&done["state"], &done["fulfillmentState"]), (&json!("OPEN"), &json!("FULFILLED")));
    assert_eq!((money(&done, "grandTotal"), &done["paymentState"]), ("100.00", &json!("PAID")));
    assert_eq!(steps(&done), ["AUTHORIZATION 1000.00", "CAPTURE 100.00", "VOID 900.00"]);
    let input = json!({ "fulfillmentId": sent["id"] });
    shop.admin.done(FULFILLMENT_DELIVER, input).await;
    let done = shop.read(&order).await;
    assert_eq!(
        (&done["state"], &done["fulfillmentState"]),
        (&json!("COMPLETED"), &json!("DELIVERED"))
    );
    assert_ne!(done["completedAt"], Json::Null);
    app.verify().await;
}

#[tokio::test]
async fn what_was_fetched_goes_back_into_the_shelf_or_counts_as_damaged() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    for (restock, sellable) in [(true, 10), (false, 8)] {
        let order = shop.place(shop.paid(&[("C", 2)])).await;
        let work = shop.work(&order, 0).await;
        shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
        let picked = json!([{ "sku": "C", "quantity": 2 }]);
        let input = json!({ "fulfillmentId": work["id"], "picked": picked });
        shop.admin.done(FULFILLMENT_PICK, input).await;
        let parcels = json!([{ "lines": picked }]);
        let input = json!({ "fulfillmentId": work["id"], "parcels": parcels });
        shop.admin.done(FULFILLMENT_PACK, input).await;
        // A part of what is packed is not taken out of its parcel.
        let part = json!([{ "lineId": order["lines"][0]["id"], "quantity": 1 }]);
        let input = json!({ "orderId": order["id"], "reason": "CUSTOMER", "lines": part });
        let refused = shop.admin.refused(ORDER_CANCEL, input).await;
        assert_eq!(refused, ["STATE_CONFLICT input.lines.0.quantity"]);
        let input = json!({ "orderId": order["id"], "reason": "CUSTOMER", "restock": restock });
        shop.admin.done(ORDER_CANCEL, input).await;
        assert_eq!(shop.level("C", &shop.berlin).await, (10, 0, sellable));
        app.verify().await;
    }
}

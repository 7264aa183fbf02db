//! Orders to suppliers, and what they mean for those who wait.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

async fn waits(shop: &Shop, lines: &[(&str, i32)]) -> Json {
    let mut input = shop.sent_home(lines);
    input["allowBackorder"] = json!(true);
    shop.place(input).await
}

async fn promised(shop: &Shop, order: &Json) -> (Option<String>, Option<String>, bool) {
    let query = "query($id: ID!) { order(by: { id: $id }) { promise { deliverBy expectedDeliveryAt atRisk } } }";
    let order = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    let promise = &order["promise"];
    let day = |name: &str| promise[name].as_str().map(|at| at[..10].to_owned());
    (day("deliverBy"), day("expectedDeliveryAt"), promise["atRisk"].as_bool().unwrap_or(false))
}

fn received(order: &Json, lines: &[(&str, i32)]) -> Json {
    let lines: Vec<Json> =
        lines.iter().map(|(sku, units)| json!({ "sku": sku, "quantity": units })).collect();
    json!({ "purchaseOrderId": order["id"], "lines": lines })
}

#[tokio::test]
async fn it_is_written_on_the_suppliers_terms_sent_and_received_in_parts() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A", "B"]).await;
    let input = json!({ "supplierId": supplier, "locationId": shop.berlin, "lines": [
        { "sku": "A", "quantity": 20 }, { "sku": "B", "quantity": 10, "unitCost": "2.50" } ] });
    let made = shop.admin.done(PURCHASE_ORDER_CREATE, input).await["purchaseOrder"].clone();
    assert_eq!((&made["state"], &made["total"]["amount"]), (&json!("DRAFT"), &json!("85.00")));
    assert_eq!(shop.whole_level("A", &shop.berlin).await["incoming"], 0);
    let id = json!({ "purchaseOrderId": made["id"] });
    let sent = shop.admin.done(PURCHASE_ORDER_PLACE, id.clone()).await["purchaseOrder"].clone();
    assert_eq!(sent["state"], "ORDERED");
    assert_eq!(sent["expectedAt"], "2026-03-09T10:00:00Z", "after the lead time");
    assert_eq!(sent["paymentDueAt"], "2026-03-23T10:00:00Z", "two weeks behind");
    assert_eq!(shop.whole_level("A", &shop.berlin).await["incoming"], 20);
    app.verify().await;
    let mut some = received(&made, &[("A", 8)]);
    some["damaged"] = json!([{ "sku": "A", "quantity": 2 }]);
    some["qualityHold"] = json!([{ "sku": "B", "quantity": 4 }]);
    let done = shop.admin.done(PURCHASE_ORDER_RECEIVE, some).await["purchaseOrder"].clone();
    assert_eq!(done["state"], "PARTIALLY_RECEIVED");
    assert_eq!(
        (&done["lines"][0]["received"], &done["lines"][0]["damaged"]),
        (&json!(10), &json!(2))
    );
    let level = shop.whole_level("A", &shop.berlin).await;
    assert_eq!(
        (&level["onHand"], &level["available"], &level["damaged"], &level["incoming"]),
        (&json!(20), &json!(18), &json!(2), &json!(10))
    );
    let level = shop.whole_level("B", &shop.berlin).await;
    assert_eq!(
        (&level["onHand"], &level["available"], &level["qualityHold"]),
        (&json!(14), &json!(10), &json!(4))
    );
    app.verify().await;
    // Somebody looked at them: three are fine.
    let looked = json!({ "locationId": shop.berlin, "reason": "looked at", "lines": [{ "sku": "B", "qualityHoldChange": -4, "damagedChange": 1 }] });
    shop.admin.done(STOCK_ADJUST, looked).await;
    assert_eq!(shop.whole_level("B", &shop.berlin).await["available"], 13);
    assert_eq!(
        shop.admin.refused(PURCHASE_ORDER_CANCEL, id).await,
        ["STATE_CONFLICT input.purchaseOrderId"]
    );
    let mut rest = received(&made, &[("A", 10)]);
    rest["complete"] = json!(true);
    let done = shop.admin.done(PURCHASE_ORDER_RECEIVE, rest).await["purchaseOrder"].clone();
    assert_eq!(done["state"], "CLOSED");
    assert_eq!(shop.whole_level("B", &shop.berlin).await["incoming"], 0);
    app.verify().await;
}

#[tokio::test]
async fn packs_minimum_price_and_tolerance_are_kept() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    let input = json!({ "supplierId": supplier, "locationId": shop.berlin, "lines": [
        { "sku": "A", "quantity": 12 }, { "sku": "B", "quantity": 1 }, { "sku": "SET", "quantity": 1 } ] });
    let payload = shop.admin.payload(PURCHASE_ORDER_CREATE, json!({ "input": input })).await;
    let faults = harness::client::user_errors(&payload);
    assert_eq!(
        faults,
        [
            "INVALID input.lines.2.sku",
            "INVALID input.lines.0.quantity",
            "REQUIRED input.lines.1.unitCost",
            "REQUIRED input.lines.2.unitCost"
        ]
    );
    assert_eq!(
        payload["userErrors"][1]["details"],
        json!({ "minimumQuantity": 10, "packSize": 5, "suggested": 15 })
    );
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 20)]).await;
    let before = app.books().await;
    assert_eq!(
        shop.admin.refused(PURCHASE_ORDER_RECEIVE, received(&order, &[("A", 23)])).await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    assert_eq!(app.books().await, before);
    let done = shop.admin.done(PURCHASE_ORDER_RECEIVE, received(&order, &[("A", 22)])).await;
    assert_eq!(done["purchaseOrder"]["state"], "RECEIVED");
    let level = shop.whole_level("A", &shop.berlin).await;
    assert_eq!((&level["onHand"], &level["incoming"]), (&json!(32), &json!(0)));
    app.verify().await;
}

#[tokio::test]
async fn a_rate_is_needed_where_the_supplier_counts_in_another_currency() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let terms = json!([{ "sku": "A", "unitCost": "5.00", "leadTimeDays": 3 }]);
    let input = json!({ "name": "Far away", "currencyCode": "USD", "terms": terms });
    let supplier = text(&shop.admin.done(SUPPLIER_UPSERT, input).await["supplier"]["id"]);
    let mut input = json!({ "supplierId": supplier, "locationId": shop.berlin, "lines": [{ "sku": "A", "quantity": 10 }] });
    assert_eq!(
        shop.admin.refused(PURCHASE_ORDER_CREATE, input.clone()).await,
        ["REQUIRED input.exchangeRate"]
    );
    input["exchangeRate"] = json!("0.9");
    let order = shop.admin.done(PURCHASE_ORDER_CREATE, input).await["purchaseOrder"].clone();
    shop.admin.done(PURCHASE_ORDER_PLACE, json!({ "purchaseOrderId": order["id"] })).await;
    shop.admin.done(PURCHASE_ORDER_RECEIVE, received(&order, &[("A", 10)])).await;
    // Ten at 4.00 were there; ten at 4.50 came.
    assert_eq!(
        shop.whole_level("A", &shop.berlin).await["value"],
        json!({ "amount": "85.00", "currencyCode": "EUR" })
    );
    app.verify().await;
}

#[tokio::test]
async fn who_waits_is_promised_by_what_is_ordered_and_told_when_that_moves() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    shop.place(shop.paid(&[("A", 17)])).await;
    let (first, second) = (waits(&shop, &[("A", 6)]).await, waits(&shop, &[("A", 6)]).await);
    assert_eq!(promised(&shop, &first).await, (None, None, false));
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
    app.later(Duration::ZERO).await;
    // Comes on Monday the 9th, leaves that day, and two working days later it is there. The second one has to wait for more.
    assert_eq!(
        promised(&shop, &first).await,
        (Some("2026-03-11".into()), Some("2026-03-11".into()), false)
    );
    assert_eq!(promised(&shop, &second).await, (None, None, false));
    let more = shop.ordered(&supplier, &shop.hamburg, &[("A", 10)]).await;
    let later = json!({ "purchaseOrderId": more["id"], "expectedAt": "2026-03-16T08:00:00Z" });
    shop.admin.done(PURCHASE_ORDER_UPDATE, later).await;
    app.later(Duration::ZERO).await;
    assert_eq!(promised(&shop, &second).await.0, Some("2026-03-18".into()));
    // A third one is promised what is left of the later one as it is placed.
    let third = waits(&shop, &[("A", 8)]).await;
    assert_eq!(promised(&shop, &third).await.0, Some("2026-03-18".into()));
    // The supplier is late: the first one's promise moves, with an event.
    let later = json!({ "purchaseOrderId": order["id"], "expectedAt": "2026-03-12T08:00:00Z" });
    shop.admin.done(PURCHASE_ORDER_UPDATE, later).await;
    app.later(Duration::ZERO).await;
    assert_eq!(
        promised(&shop, &first).await,
        (Some("2026-03-14".into()), Some("2026-03-14".into()), false)
    );
    assert_eq!(
        app.number("select count(*) from events where kind = 'order.promise_moved'").await,
        1
    );
    app.verify().await;
    // What came serves them in their order, and what was promised stays.
    shop.admin.done(PURCHASE_ORDER_RECEIVE, received(&order, &[("A", 10)])).await;
    let line = shop.read(&first).await["lines"][0].clone();
    assert_eq!((&line["quantityReserved"], &line["quantityBackordered"]), (&json!(6), &json!(0)));
    let line = shop.read(&second).await["lines"][0].clone();
    assert_eq!((&line["quantityReserved"], &line["quantityBackordered"]), (&json!(4), &json!(2)));
    assert_eq!(promised(&shop, &first).await.0, Some("2026-03-14".into()));
    app.later(Duration::ZERO).await;
    app.verify().await;
}

#[tokio::test]
async fn nobody_counts_on_what_is_overdue_or_called_off() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    shop.place(shop.paid(&[("A", 17)])).await;
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
    let waiting = waits(&shop, &[("A", 6)]).await;
    assert_eq!(promised(&shop, &waiting).await.1, Some("2026-03-11".into()));
    app.later(Duration::days(8) + Duration::hours(1)).await;
    let (told, expected, at_risk) = promised(&shop, &waiting).await;
    assert_eq!((told, expected, at_risk), (Some("2026-03-11".into()), None, true));
    assert_eq!(
        app.number("select count(*) from events where kind = 'purchase_order.overdue'").await,
        1
    );
    let ask =
        json!({ "input": { "channelId": shop.web, "lines": [{ "sku": "A", "quantity": 2 }] } });
    let answer = shop.admin.payload(AVAILABILITY, ask).await;
    assert_eq!(answer["deliverBy"], Json::Null);
    shop.admin.done(PURCHASE_ORDER_CANCEL, json!({ "purchaseOrderId": order["id"] })).await;
    assert_eq!(shop.whole_level("A", &shop.berlin).await["incoming"], 0);
    app.verify().await;
}

#[tokio::test]
async fn availability_answers_with_what_comes_and_the_split_it_needs() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A", "B"]).await;
    let ask = |lines: Json| {
        json!({ "input": { "channelId": shop.web, "lines": lines,
        "destination": { "line1": "Weg 1", "postalCode": "53111", "city": "Bonn", "countryCode": "DE" } } })
    };
    let answer =
        shop.admin.payload(AVAILABILITY, ask(json!([{ "sku": "A", "quantity": 20 }]))).await;
    assert_eq!((&answer["deliverBy"], &answer["lines"][0]["available"]), (&Json::Null, &json!(17)));
    // Were it ordered now.
    assert_eq!(answer["lines"][0]["backorderableFrom"], "2026-03-09T10:00:00Z");
    shop.ordered(&supplier, &shop.hamburg, &[("A", 10)]).await;
    waits(&shop, &[("A", 19)]).await;
    app.later(Duration::ZERO).await;
    // Eight of the ten are promised to nobody.
    let answer = shop
        .admin
        .payload(
            AVAILABILITY,
            ask(json!([{ "sku": "A", "quantity": 8 }, { "sku": "B", "quantity": 9 }])),
        )
        .await;
    assert_eq!(answer["lines"][0]["backorderableFrom"], "2026-03-09T10:00:00Z");
    assert_eq!(answer["lines"][1]["backorderableFrom"], Json::Null);
    assert_eq!(answer["deliverBy"].as_str().map(|at| &at[..10]), Some("2026-03-11"));
    assert_eq!(answer["splitCount"], 1);
    let answer =
        shop.admin.payload(AVAILABILITY, ask(json!([{ "sku": "A", "quantity": 9 }]))).await;
    assert_eq!(answer["deliverBy"], Json::Null);
    // A set is there when its last component is.
    let answer =
        shop.admin.payload(AVAILABILITY, ask(json!([{ "sku": "SET", "quantity": 4 }]))).await;
    assert_eq!(answer["lines"][0]["available"], 0);
    assert_eq!(answer["deliverBy"].as_str().map(|at| &at[..10]), Some("2026-03-11"));
}

#[tokio::test]
async fn a_purchase_order_changes_until_it_came() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A", "B", "C"]).await;
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 20), ("B", 10)]).await;
    shop.admin.done(PURCHASE_ORDER_RECEIVE, received(&order, &[("A", 12)])).await;
    let change = |lines: Json| json!({ "purchaseOrderId": order["id"], "lines": lines });
    assert_eq!(
        shop.admin
            .refused(PURCHASE_ORDER_UPDATE, change(json!([{ "sku": "A", "quantity": 10 }])))
            .await,
        ["AMOUNT_EXCEEDED input.lines.0.quantity"]
    );
    assert_eq!(
        shop.admin
            .refused(PURCHASE_ORDER_UPDATE, change(json!([{ "sku": "B", "quantity": 10 }])))
            .await,
        ["AMOUNT_EXCEEDED input.lines"]
    );
    let done = shop
        .admin
        .done(
            PURCHASE_ORDER_UPDATE,
            change(json!([{ "sku": "A", "quantity": 15 }, { "sku": "C", "quantity": 10 }])),
        )
        .await;
    assert_eq!(done["purchaseOrder"]["total"]["amount"], "75.00");
    assert_eq!(done["purchaseOrder"]["lines"][0]["received"], 12);
    for (sku, incoming) in [("A", 3), ("B", 0), ("C", 10)] {
        assert_eq!(shop.whole_level(sku, &shop.berlin).await["incoming"], incoming, "{sku}");
    }
    app.verify().await;
    let list = "query($s: [PurchaseOrderState!], $l: [ID!], $from: ID) { purchaseOrders(states: $s, locationIds: $l, supplierId: $from) { totalCount nodes { number supplier { name } location { code } } } }";
    let here = json!({ "s": ["PARTIALLY_RECEIVED"], "l": [shop.berlin], "from": supplier });
    let found = shop.admin.payload(list, here).await;
    assert_eq!(
        (&found["totalCount"], &found["nodes"][0]["supplier"]["name"]),
        (&json!(1), &json!("Maker"))
    );
    assert_eq!(shop.admin.payload(list, json!({ "l": [shop.store] })).await["totalCount"], 0);
    let elsewhere = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(elsewhere.payload(list, json!({})).await["totalCount"], 0);
    assert_eq!(
        elsewhere.refused(PURCHASE_ORDER_CANCEL, json!({ "purchaseOrderId": order["id"] })).await,
        ["NOT_FOUND input.purchaseOrderId"]
    );
}

//! What stock is worth, and what a level tells of itself.

use harness::shop::*;
use harness::{Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

async fn moved(shop: &Shop, kind: &str, sku: &str) -> Vec<(i64, Json, Json)> {
    let query = "query($f: StockMovementFilter) { stockMovements(filter: $f) { nodes {
        onHandChange unitCost { amount } valueChange { amount } } } }";
    let filter = json!({ "f": { "kinds": [kind], "skus": [sku] } });
    let found = shop.admin.payload(query, filter).await;
    let row = |row: &Json| {
        (
            row["onHandChange"].as_i64().unwrap(),
            row["unitCost"]["amount"].clone(),
            row["valueChange"]["amount"].clone(),
        )
    };
    found["nodes"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn what_a_shipment_costs_is_the_average_then_and_stays_so() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A"]).await;
    assert_eq!(shop.whole_level("A", &shop.berlin).await["value"]["amount"], "40.00");
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 20)]).await;
    let came = json!({ "purchaseOrderId": order["id"], "lines": [{ "sku": "A", "quantity": 20 }] });
    shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    // Ten at 4.00 and twenty at 3.00: 3.33 each.
    assert_eq!(shop.whole_level("A", &shop.berlin).await["value"]["amount"], "100.00");
    let sold = shop.place(shop.paid(&[("A", 7)])).await;
    shop.ship(&shop.work(&sold, 0).await).await;
    assert_eq!(moved(&shop, "SHIP", "A").await, [(-7, json!("3.33"), json!("-23.33"))]);
    assert_eq!(shop.whole_level("A", &shop.berlin).await["value"]["amount"], "76.67");
    let more = shop.ordered(&supplier, &shop.berlin, &[("A", 10)]).await;
    let came = json!({ "purchaseOrderId": more["id"], "lines": [{ "sku": "A", "quantity": 10 }] });
    shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    assert_eq!(moved(&shop, "SHIP", "A").await, [(-7, json!("3.33"), json!("-23.33"))]);
    app.verify().await;
    // It goes along with a transfer, and what gets lost is lost at its cost.
    let input = json!({ "fromLocationId": shop.berlin, "toLocationId": shop.store, "lines": [{ "sku": "A", "quantity": 33 }] });
    let transfer = shop.admin.done(TRANSFER_CREATE, input).await["transfer"].clone();
    shop.admin.done(TRANSFER_SHIP, json!({ "transferId": transfer["id"] })).await;
    assert_eq!(shop.whole_level("A", &shop.berlin).await["value"]["amount"], "0.00");
    assert_eq!(shop.whole_level("A", &shop.store).await["value"]["amount"], "114.67");
    let lost = json!({ "transferId": transfer["id"], "lines": [{ "sku": "A", "quantity": 28 }], "complete": true, "reason": "stolen" });
    shop.admin.done(TRANSFER_RECEIVE, lost).await;
    assert_eq!(shop.whole_level("A", &shop.store).await["value"]["amount"], "98.29");
    app.verify().await;
}

#[tokio::test]
async fn what_no_cost_is_known_of_is_worth_the_first_one() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let variant = json!({ "sku": "NEW", "name": "New", "prices": [{ "channelId": shop.web, "amount": "9.00", "taxRate": "0.19" }] });
    shop.admin
        .done(PRODUCTS_UPSERT, json!({ "products": [{ "name": "New", "variants": [variant] }] }))
        .await;
    let lines = json!([{ "sku": "NEW", "quantity": 4 }]);
    shop.admin.done(STOCK_RECEIVE, json!({ "locationId": shop.berlin, "lines": lines })).await;
    assert_eq!(shop.whole_level("NEW", &shop.berlin).await["value"], Json::Null);
    let supplier = shop.supplier(&["NEW"]).await;
    let order = shop.ordered(&supplier, &shop.berlin, &[("NEW", 10)]).await;
    let came =
        json!({ "purchaseOrderId": order["id"], "lines": [{ "sku": "NEW", "quantity": 10 }] });
    shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    assert_eq!(shop.whole_level("NEW", &shop.berlin).await["value"]["amount"], "42.00");
    assert_eq!(moved(&shop, "ADJUST", "NEW").await, [(0, Json::Null, json!("12.00"))]);
    app.verify().await;
}

#[tokio::test]
async fn costs_are_shown_to_those_who_buy_alone() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let without = app.without(operations::permissions::Permission::PurchasingRead).await;
    let query = "{ stockLevels(first: 1) { nodes { onHand value { amount } movements { nodes { valueChange { amount } unitCost { amount } } } } } }";
    let answer = without.answer(query, json!({})).await;
    let level = &answer["data"]["stockLevels"]["nodes"][0];
    assert_eq!((&level["onHand"], &level["value"]), (&json!(10), &Json::Null));
    assert_eq!(level["movements"]["nodes"][0], json!({ "valueChange": null, "unitCost": null }));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let level = shop.admin.ok(query, json!({})).await["stockLevels"]["nodes"][0].clone();
    assert_eq!(level["value"]["amount"], "40.00");
}

#[tokio::test]
async fn a_level_tells_when_it_is_low_out_and_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let policy = json!({ "locationId": shop.berlin, "sku": "C", "reorderPoint": 4 });
    let live = "subscription($f: StockFilter) { stockChanged(filter: $f) { event { type } stockLevel { variant { sku } location { code } } } }";
    let filter = json!({ "f": { "skus": ["C"], "locationIds": [shop.berlin] } });
    // What filled the shelves may reach the log late: it is none of what is listened to.
    app.settled().await;
    let mut stream = Stream::open(&shop.admin, live, filter).await;
    shop.admin.done(STOCK_SET_POLICY, policy).await;
    let all = || async {
        app.settled().await;
        let query = "{ events(filter: { types: [\"stock.low\", \"stock.out\", \"stock.back\"] }, first: 40) { nodes { id type data } } }";
        let found = shop.admin.payload(query, json!({})).await;
        let one = |event: &Json| {
            let available = event["data"]["available"].as_i64().unwrap();
            (text(&event["id"]), (text(&event["type"]), available))
        };
        found["nodes"].as_array().unwrap().iter().map(one).collect::<BTreeMap<_, _>>()
    };
    // The shelves were filled.
    let before = all().await;
    let heard = || async {
        let mut new = all().await;
        new.retain(|id, _| !before.contains_key(id));
        let mut new: Vec<(String, i64)> = new.into_values().collect();
        new.sort();
        new
    };
    shop.place(shop.order(&[("C", 5)])).await;
    assert_eq!(heard().await, []);
    let low = shop.place(shop.order(&[("C", 2)])).await;
    shop.place(shop.order(&[("C", 1)])).await;
    let told = heard().await;
    assert_eq!(told, [("stock.low".to_owned(), 3)]);
    let filter = "query($f: StockFilter) { stockLevels(filter: $f) { nodes { variant { sku } available } } }";
    let found = shop.admin.ok(filter, json!({ "f": { "belowReorderPoint": true } })).await;
    assert_eq!(
        found["stockLevels"]["nodes"],
        json!([{ "variant": { "sku": "C" }, "available": 2 }])
    );
    let gone = json!({ "locationId": shop.berlin, "reason": "stolen", "lines": [{ "sku": "C", "onHandChange": -2 }] });
    shop.admin.done(STOCK_ADJUST, gone).await;
    shop.admin.done(ORDER_CANCEL, json!({ "orderId": low["id"], "reason": "CUSTOMER" })).await;
    let told = heard().await;
    assert_eq!(
        told,
        [("stock.back".to_owned(), 2), ("stock.low".to_owned(), 3), ("stock.out".to_owned(), 0)]
    );
    // Whoever listens hears the same, in its order, beside the movements.
    let mut passed = Vec::new();
    while passed.len() < told.len() {
        let kind = text(&stream.item().await["event"]["type"]);
        if told.iter().any(|(told, _)| *told == kind) {
            passed.push(kind);
        }
    }
    assert_eq!(passed, ["stock.low", "stock.out", "stock.back"]);
    app.verify().await;
}

#[tokio::test]
async fn what_stock_was_worth_at_a_date_is_told_by_location() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let query = "query($at: DateTime, $l: [ID!]) { stockValuation(at: $at, locationIds: $l) { location { code } units value { amount currencyCode } } }";
    let worth = |at: Json| {
        let admin = &shop.admin;
        async move {
            let found = admin.ok(query, json!({ "at": at })).await;
            let row = |row: &Json| {
                (
                    text(&row["location"]["code"]),
                    row["units"].as_i64().unwrap(),
                    row["value"]["amount"].clone(),
                )
            };
            found["stockValuation"].as_array().unwrap().iter().map(row).collect::<Vec<_>>()
        }
    };
    let row = |code: &str, units: i64, amount: &str| (code.to_owned(), units, json!(amount));
    let opened =
        [row("berlin", 40, "160.00"), row("hamburg", 20, "80.00"), row("store", 8, "32.00")];
    assert_eq!(worth(Json::Null).await, opened);
    app.later(time::Duration::DAY).await;
    let sold = shop.place(shop.paid(&[("A", 4)])).await;
    shop.ship(&shop.work(&sold, 0).await).await;
    app.later(time::Duration::DAY).await;
    let input = json!({ "fromLocationId": shop.berlin, "toLocationId": shop.store, "lines": [{ "sku": "B", "quantity": 6 }] });
    let transfer = shop.admin.done(TRANSFER_CREATE, input).await["transfer"].clone();
    shop.admin.done(TRANSFER_SHIP, json!({ "transferId": transfer["id"] })).await;
    let now = [row("berlin", 30, "120.00"), row("hamburg", 20, "80.00"), row("store", 14, "56.00")];
    assert_eq!(worth(Json::Null).await, now);
    assert_eq!(worth(json!("2026-03-02T12:00:00Z")).await, opened);
    let between =
        [row("berlin", 36, "144.00"), row("hamburg", 20, "80.00"), row("store", 8, "32.00")];
    assert_eq!(worth(json!("2026-03-03T12:00:00Z")).await, between);
    assert_eq!(worth(json!("2026-03-01T12:00:00Z")).await, []);
    let here = shop.admin.payload(query, json!({ "l": [shop.store] })).await;
    assert_eq!(here.as_array().unwrap().len(), 1);
    let code = shop.admin.error_code(query, json!({ "at": "2027-01-01T00:00:00Z" })).await;
    assert_eq!(code, "BAD_INPUT");
    let there = app.reaching(None, Some(&[&shop.store])).await;
    assert_eq!(there.payload(query, json!({})).await.as_array().unwrap().len(), 1);
    app.verify().await;
}

#[tokio::test]
async fn what_comes_back_is_worth_what_it_was_when_it_left() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let supplier = shop.supplier(&["A", "B"]).await;
    let order = shop.ordered(&supplier, &shop.berlin, &[("A", 20)]).await;
    let came = json!({ "purchaseOrderId": order["id"], "lines": [{ "sku": "A", "quantity": 20 }] });
    shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    // Two sets are four A at 3.33 and two B at 4.00.
    let sold = shop.place(shop.paid(&[("SET", 2)])).await;
    shop.ship(&shop.work(&sold, 0).await).await;
    assert_eq!(moved(&shop, "SHIP", "A").await, [(-4, json!("3.33"), json!("-13.33"))]);
    // What is bought later is cheaper; what comes back is not.
    let cheap = json!({ "supplierId": supplier, "locationId": shop.berlin, "lines": [{ "sku": "A", "quantity": 100, "unitCost": "1.00" }] });
    let made = shop.admin.done(PURCHASE_ORDER_CREATE, cheap).await["purchaseOrder"].clone();
    shop.admin.done(PURCHASE_ORDER_PLACE, json!({ "purchaseOrderId": made["id"] })).await;
    let came = json!({ "purchaseOrderId": made["id"], "lines": [{ "sku": "A", "quantity": 100 }] });
    shop.admin.done(PURCHASE_ORDER_RECEIVE, came).await;
    let back = |units: i32| {
        json!({ "locationId": shop.store, "returnedFromOrderId": sold["id"],
        "lines": [{ "sku": "A", "quantity": units }, { "sku": "B", "quantity": 1 }] })
    };
    shop.admin.done(STOCK_RECEIVE, back(3)).await;
    let before = app.books().await;
    let codes = shop.admin.refused(STOCK_RECEIVE, back(2)).await;
    assert_eq!(codes, ["AMOUNT_EXCEEDED input.lines.0.quantity"]);
    assert_eq!(app.books().await, before);
    shop.admin.done(STOCK_RECEIVE, back(1)).await;
    // All that left is back, for as much as it took, component by component.
    assert_eq!(
        moved(&shop, "RETURN", "A").await,
        [(1, json!("3.33"), json!("3.33")), (3, json!("3.33"), json!("10.00"))]
    );
    assert_eq!(shop.whole_level("A", &shop.store).await["value"]["amount"], "21.33");
    assert_eq!(
        moved(&shop, "RETURN", "B").await,
        [(1, json!("4.00"), json!("4.00")), (1, json!("4.00"), json!("4.00"))]
    );
    let elsewhere = app.reaching(Some(&[&shop.market]), None).await;
    let codes = elsewhere.refused(STOCK_RECEIVE, back(1)).await;
    assert_eq!(codes, ["NOT_FOUND input.returnedFromOrderId"]);
    app.verify().await;
}

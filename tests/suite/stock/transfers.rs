//! Goods on their way from one location to another.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

async fn planned(shop: &Shop, lines: &[(&str, i32)]) -> Json {
    let lines: Vec<Json> =
        lines.iter().map(|(sku, units)| json!({ "sku": sku, "quantity": units })).collect();
    let input = json!({ "fromLocationId": shop.berlin, "toLocationId": shop.store, "lines": lines,
        "expectedAt": "2026-03-05T12:00:00Z" });
    shop.admin.done(TRANSFER_CREATE, input).await["transfer"].clone()
}

fn units(level: &Json) -> [i64; 5] {
    ["onHand", "available", "damaged", "incoming", "inTransit"]
        .map(|name| level[name].as_i64().unwrap())
}

#[tokio::test]
async fn what_leaves_is_in_transit_until_it_arrives_or_is_given_up() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let transfer = planned(&shop, &[("A", 6), ("B", 3)]).await;
    assert_eq!(transfer["state"], "DRAFT");
    assert!(transfer["number"].as_str().unwrap().starts_with("TR-"));
    assert_eq!(units(&shop.whole_level("A", &shop.berlin).await), [10, 10, 0, 0, 0]);
    let id = json!({ "transferId": transfer["id"], "expectedVersion": 1 });
    let done = shop.admin.done(TRANSFER_SHIP, id).await;
    assert_eq!(done["transfer"]["state"], "SHIPPED");
    assert_eq!(units(&shop.whole_level("A", &shop.berlin).await), [4, 4, 0, 0, 0]);
    assert_eq!(units(&shop.whole_level("A", &shop.store).await), [2, 2, 0, 0, 6]);
    app.verify().await;
    let arrived = json!({ "transferId": transfer["id"], "lines": [{ "sku": "A", "quantity": 3 }],
        "damaged": [{ "sku": "A", "quantity": 1 }] });
    let done = shop.admin.done(TRANSFER_RECEIVE, arrived).await;
    assert_eq!(done["transfer"]["state"], "PARTIALLY_RECEIVED");
    assert_eq!(units(&shop.whole_level("A", &shop.store).await), [6, 5, 1, 0, 2]);
    app.verify().await;
    let rest = json!({ "transferId": transfer["id"], "complete": true, "lines": [{ "sku": "B", "quantity": 3 }] });
    assert_eq!(shop.admin.refused(TRANSFER_RECEIVE, rest.clone()).await, ["REQUIRED input.reason"]);
    let mut rest = rest;
    rest["reason"] = json!("fell off the lorry");
    let done = shop.admin.done(TRANSFER_RECEIVE, rest).await["transfer"].clone();
    assert_eq!(done["state"], "RECEIVED");
    let lines: Vec<_> = done["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["received"].as_i64(), line["damaged"].as_i64(), line["lost"].as_i64()))
        .collect();
    assert_eq!(lines, [(Some(4), Some(1), Some(2)), (Some(3), Some(0), Some(0))]);
    assert_eq!(units(&shop.whole_level("A", &shop.store).await), [6, 5, 1, 0, 0]);
    // The loss is a movement with its reason and its document.
    let query = "query($f: StockMovementFilter) { stockMovements(filter: $f) { nodes { kind inTransitChange reason subjectId variant { sku } } } }";
    let filter =
        json!({ "f": { "kinds": ["TRANSIT"], "subjectId": transfer["id"], "skus": ["A"] } });
    let moved = shop.admin.payload(query, filter).await;
    assert_eq!(moved["nodes"][0]["inTransitChange"], -2);
    assert_eq!(moved["nodes"][0]["reason"], "fell off the lorry");
    assert_eq!(moved["nodes"][0]["subjectId"], transfer["id"]);
    app.verify().await;
}

#[tokio::test]
async fn what_is_promised_stays_and_every_short_line_is_named() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 6), ("B", 10)])).await;
    let transfer = planned(&shop, &[("A", 5), ("B", 1), ("C", 10)]).await;
    let before = app.books().await;
    let id = json!({ "transferId": transfer["id"] });
    let payload = shop.admin.payload(TRANSFER_SHIP, json!({ "input": id })).await;
    let short: Vec<_> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["code"].as_str().unwrap(), fault["details"].clone()))
        .collect();
    assert_eq!(
        short,
        [
            ("OUT_OF_STOCK", json!({ "sku": "A", "requested": 5, "available": 4 })),
            ("OUT_OF_STOCK", json!({ "sku": "B", "requested": 1, "available": 0 })),
        ]
    );
    assert_eq!(app.books().await, before);
    let done = shop.admin.done(TRANSFER_CANCEL, id.clone()).await;
    assert_eq!(done["transfer"]["state"], "CANCELLED");
    assert_eq!(shop.admin.refused(TRANSFER_SHIP, id).await, ["STATE_CONFLICT input.transferId"]);
    app.verify().await;
}

#[tokio::test]
async fn faults_are_named_all_at_once_and_nothing_is_half_done() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let input = json!({ "fromLocationId": shop.berlin, "toLocationId": shop.berlin,
        "lines": [{ "sku": "A", "quantity": 0 }, { "sku": "A", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(TRANSFER_CREATE, input).await,
        [
            "DUPLICATE input.lines.1.sku",
            "INVALID input.lines.0.quantity",
            "INVALID input.toLocationId"
        ]
    );
    let input = json!({ "fromLocationId": "loc_nothing", "toLocationId": shop.store,
        "lines": [{ "sku": "SET", "quantity": 1 }, { "sku": "X", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(TRANSFER_CREATE, input).await,
        [
            "NOT_FOUND input.fromLocationId",
            "INVALID input.lines.0.sku",
            "NOT_FOUND input.lines.1.sku"
        ]
    );
    let transfer = planned(&shop, &[("A", 6)]).await;
    let id = json!({ "transferId": transfer["id"] });
    let too_early =
        json!({ "transferId": transfer["id"], "lines": [{ "sku": "A", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(TRANSFER_RECEIVE, too_early).await,
        ["STATE_CONFLICT input.transferId"]
    );
    shop.admin.done(TRANSFER_SHIP, id).await;
    let before = app.books().await;
    let input = json!({ "transferId": transfer["id"], "expectedVersion": 1, "lines": [{ "sku": "A", "quantity": 1 }] });
    assert_eq!(
        shop.admin.refused(TRANSFER_RECEIVE, input).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    let input = json!({ "transferId": transfer["id"], "lines": [{ "sku": "D", "quantity": 1 }, { "sku": "A", "quantity": 7 }] });
    assert_eq!(
        shop.admin.refused(TRANSFER_RECEIVE, input).await,
        ["NOT_FOUND input.lines.0.sku", "AMOUNT_EXCEEDED input.lines.1.quantity"]
    );
    assert_eq!(app.books().await, before);
    let input = json!({ "transferId": transfer["id"], "lines": [{ "sku": "A", "quantity": 2 }] });
    let variables = json!({ "input": input, "key": "dock 7" });
    shop.admin.payload(TRANSFER_RECEIVE, variables.clone()).await;
    shop.admin.payload(TRANSFER_RECEIVE, variables).await;
    assert_eq!(units(&shop.whole_level("A", &shop.store).await), [4, 4, 0, 0, 4]);
    app.verify().await;
}

#[tokio::test]
async fn who_reaches_one_end_sees_it_and_does_what_is_done_there() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let transfer = planned(&shop, &[("A", 6)]).await;
    let list = "query($l: [ID!], $s: [TransferState!]) { stockTransfers(locationIds: $l, states: $s) { totalCount nodes { number from { code } } } }";
    let (store, berlin, hamburg) = (
        app.reaching(None, Some(&[&shop.store])).await,
        app.reaching(None, Some(&[&shop.berlin])).await,
        app.reaching(None, Some(&[&shop.hamburg])).await,
    );
    let id = json!({ "transferId": transfer["id"] });
    for (client, seen) in [(&store, 1), (&berlin, 1), (&hamburg, 0)] {
        assert_eq!(client.payload(list, json!({})).await["totalCount"], seen);
        let node = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(
            client.ok(node, json!({ "id": transfer["id"] })).await["node"].is_null(),
            seen == 0
        );
    }
    assert_eq!(store.refused(TRANSFER_SHIP, id.clone()).await, ["NOT_FOUND input.transferId"]);
    berlin.done(TRANSFER_SHIP, id.clone()).await;
    let arrived = json!({ "transferId": transfer["id"], "lines": [{ "sku": "A", "quantity": 6 }] });
    assert_eq!(
        berlin.refused(TRANSFER_RECEIVE, arrived.clone()).await,
        ["NOT_FOUND input.transferId"]
    );
    store.done(TRANSFER_RECEIVE, arrived).await;
    let filter = json!({ "l": [shop.store], "s": ["RECEIVED"] });
    assert_eq!(shop.admin.payload(list, filter).await["totalCount"], 1);
    assert_eq!(shop.admin.payload(list, json!({ "l": [shop.hamburg] })).await["totalCount"], 0);
    app.verify().await;
}

#[tokio::test]
async fn a_transfer_that_does_not_arrive_is_told_of() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let transfer = planned(&shop, &[("A", 6)]).await;
    shop.admin.done(TRANSFER_SHIP, json!({ "transferId": transfer["id"] })).await;
    app.later(Duration::days(3)).await;
    let overdue = "select count(*) from events where kind = 'transfer.overdue'";
    assert_eq!(app.number(overdue).await, 0);
    app.later(Duration::days(2)).await;
    assert_eq!(app.number(overdue).await, 1);
    app.verify().await;
}

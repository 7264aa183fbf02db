//! From the declaration to what becomes of it, with its clocks.

use super::{arrived, declared, law, terms};
use harness::shop::*;
use harness::stream::Stream;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};
use time::Duration;

async fn found(shop: &Shop, filter: Json) -> Vec<String> {
    let query = "query($f: ReturnFilter) { returns(filter: $f) { totalCount nodes { number } } }";
    let found = shop.admin.payload(query, json!({ "f": filter })).await;
    let nodes = found["nodes"].as_array().unwrap();
    assert_eq!(found["totalCount"], nodes.len());
    nodes.iter().map(|node| node["number"].as_str().unwrap().to_owned()).collect()
}

async fn state_of(shop: &Shop, order: &Json) -> String {
    let query = "query($id: ID!) { order(by: { id: $id }) { returnState } }";
    let found = shop.admin.payload(query, json!({ "id": order["id"] })).await;
    found["returnState"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_clock_of_the_law_waits_for_the_goods_and_no_longer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    law(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    let made = shop.admin.done(RETURN_REQUEST, input.clone()).await["return"].clone();
    // Declared on the second of March: due at the end of the sixteenth in Germany.
    assert_eq!(
        (&made["refundDueAt"], &made["daysLeft"], &made["overdue"]),
        (&json!("2026-03-16T23:00:00Z"), &json!(14), &json!(false))
    );
    assert!(made["pausedSince"].is_string());
    assert_eq!(state_of(&shop, &order).await, "REQUESTED");
    let which = |made: &Json| json!({ "returnId": made["id"], "expectedVersion": made["version"] });
    let approved = shop.admin.done(RETURN_APPROVE, which(&made)).await["return"].clone();
    assert_eq!((&approved["state"], &approved["version"]), (&json!("APPROVED"), &json!(2)));
    assert_eq!(state_of(&shop, &order).await, "IN_PROGRESS");
    app.later(Duration::days(15)).await;
    assert_eq!(found(&shop, json!({ "overdue": true })).await.len(), 0, "the money may wait");
    // Another one, with the proof that it was sent: nothing is waited for.
    let mut proven = which(
        &shop
            .admin
            .done(RETURN_REQUEST, {
                let mut input = input.clone();
                input["requestedAt"] = json!("2026-03-03T10:00:00Z");
                input
            })
            .await["return"],
    );
    proven["trackingNumber"] = json!("JJ 00-1");
    proven["carrier"] = json!("DHL");
    let labelled = shop.admin.done(RETURN_APPROVE, proven).await["return"].clone();
    assert_eq!(labelled["state"], "APPROVED", "a label proves nothing");
    let scan = json!({ "trackingNumber": "jj001", "status": "IN_TRANSIT", "at": "2026-03-17T08:00:00Z", "place": "Köln" });
    shop.admin.done(TRACKING_REPORT, scan.clone()).await;
    shop.admin.done(TRACKING_REPORT, scan).await;
    let query = "query($id: ID!) { return(id: $id) { id number state pausedSince refundDueAt daysLeft overdue tracking { id carrier status shippedAt return { number } fulfillment { id } lines { sku quantity } events { place } } } }";
    let sent = shop.admin.payload(query, json!({ "id": labelled["id"] })).await;
    let parcel = &sent["tracking"];
    assert_eq!((&parcel["status"], &parcel["carrier"]), (&json!("IN_TRANSIT"), &json!("DHL")));
    assert_eq!(
        (&parcel["return"]["number"], &parcel["fulfillment"], &parcel["lines"]),
        (&sent["number"], &json!(null), &json!([{ "sku": "A", "quantity": 1 }]))
    );
    assert_eq!(parcel["events"], json!([{ "place": "Köln" }]), "the same again is said once");
    assert_eq!((&sent["state"], &sent["pausedSince"]), (&json!("IN_TRANSIT"), &json!(null)));
    assert_eq!(sent["refundDueAt"], "2026-03-17T23:00:00Z", "it is due on the day of the proof");
    assert_eq!((&sent["daysLeft"], &sent["overdue"]), (&json!(0), &json!(false)));
    app.later(Duration::days(1)).await;
    let late = found(&shop, json!({ "overdue": true })).await;
    assert_eq!((late.len(), found(&shop, json!({ "trackingNumber": "jj001" })).await), (1, late));
    assert_eq!(found(&shop, json!({ "overdue": false, "states": ["APPROVED"] })).await.len(), 1);
    let query = "query($id: ID!) { return(id: $id) { daysLeft overdue timeline { nodes { type } } order { returns { number } } } }";
    let seen = shop.admin.payload(query, json!({ "id": sent["id"] })).await;
    assert_eq!((&seen["daysLeft"], &seen["overdue"]), (&json!(-1), &json!(true)));
    let types: Vec<&str> = seen["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["return.tracked", "return.approved", "return.requested"]);
    assert_eq!(seen["order"]["returns"].as_array().map(Vec::len), Some(2));
    app.verify().await;
}

#[tokio::test]
async fn a_return_is_rejected_called_off_or_ends_by_itself() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let ask = async || {
        let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
        shop.admin.done(RETURN_REQUEST, input).await["return"].clone()
    };
    let first = ask().await;
    assert_eq!(first["refundDueAt"], json!(null), "days count from the inspection");
    let no = json!({ "returnId": first["id"], "reason": "worn" });
    let rejected = shop.admin.done(RETURN_REJECT, no.clone()).await["return"].clone();
    assert_eq!(
        (&rejected["state"], &rejected["rejectedBecause"]),
        (&json!("REJECTED"), &json!("worn"))
    );
    assert_eq!(shop.admin.refused(RETURN_REJECT, no).await, ["STATE_CONFLICT input.returnId"]);
    assert_eq!(state_of(&shop, &order).await, "NONE");
    let second = ask().await;
    let which = json!({ "returnId": second["id"], "expectedVersion": 1 });
    shop.admin.done(RETURN_CANCEL, which.clone()).await;
    assert_eq!(
        shop.admin.refused(RETURN_CANCEL, which).await,
        ["VERSION_CONFLICT input.expectedVersion"]
    );
    let third = ask().await;
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": third["id"] })).await;
    app.later(Duration::days(29)).await;
    assert_eq!(state_of(&shop, &order).await, "IN_PROGRESS");
    app.later(Duration::days(1)).await;
    assert_eq!(found(&shop, json!({ "states": ["EXPIRED"] })).await.len(), 1);
    assert_eq!(state_of(&shop, &order).await, "NONE");
    app.verify().await;
}

#[tokio::test]
async fn of_two_who_answer_at_once_one_wins() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    let input = declared(&order, &[("A", 1)], "CHANGED_MIND");
    let made = shop.admin.done(RETURN_REQUEST, input).await["return"].clone();
    let which = json!({ "input": { "returnId": made["id"], "expectedVersion": 1 } });
    let no = json!({ "input": { "returnId": made["id"], "expectedVersion": 1, "reason": "worn" } });
    let (yes, no) = tokio::join!(
        shop.admin.payload(RETURN_APPROVE, which),
        shop.admin.payload(RETURN_REJECT, no)
    );
    let refused = |answer: &Json| !answer["userErrors"].as_array().unwrap().is_empty();
    assert!(refused(&yes) != refused(&no), "{yes} {no}");
    app.verify().await;
}

#[tokio::test]
async fn who_follows_returns_hears_of_them_within_reach() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 3)])).await;
    app.settled().await;
    let live = "subscription($f: ReturnFilter) { returnUpdated(filter: $f) { event { type } return { number state } } }";
    let filter = json!({ "f": { "reasons": ["DEFECTIVE"], "orderId": order["id"] } });
    let mut stream = Stream::open(&shop.admin, live, filter).await;
    let ask = async |reason: &str| {
        let input = declared(&order, &[("A", 1)], reason);
        shop.admin.done(RETURN_REQUEST, input).await["return"].clone()
    };
    ask("CHANGED_MIND").await;
    let defective = ask("DEFECTIVE").await;
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": defective["id"] })).await;
    for kind in ["return.requested", "return.approved"] {
        let item = stream.item().await;
        assert_eq!(
            (&item["event"]["type"], &item["return"]["number"]),
            (&json!(kind), &defective["number"])
        );
    }
    let beyond = app.reaching(Some(&[&shop.market]), None).await;
    let query = "query { returns { totalCount } }";
    assert_eq!(beyond.payload(query, json!({})).await["totalCount"], 0);
    let refused = beyond.refused(RETURN_APPROVE, json!({ "returnId": defective["id"] })).await;
    assert_eq!(refused, ["NOT_FOUND input.returnId"]);
}

#[tokio::test]
async fn what_cannot_be_delivered_comes_back_by_itself() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = shop.place(shop.sent_home(&[("A", 2), ("SET", 1)])).await;
    let work = shop.work(&order, 0).await;
    let parcels = json!([{ "lines": [{ "sku": "A", "quantity": 4 }, { "sku": "B", "quantity": 1 }], "trackingNumber": "OUT 1" }]);
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [work["id"]] })).await;
    let picked = json!([{ "sku": "A", "quantity": 4 }, { "sku": "B", "quantity": 1 }]);
    shop.admin
        .done(FULFILLMENT_PICK, json!({ "fulfillmentId": work["id"], "picked": picked }))
        .await;
    shop.admin
        .done(FULFILLMENT_SHIP, json!({ "fulfillmentId": work["id"], "parcels": parcels }))
        .await;
    let back = json!({ "trackingNumber": "out1", "status": "RETURNED_TO_SENDER", "at": "2026-03-02T09:00:00Z" });
    shop.admin.done(TRACKING_REPORT, back.clone()).await;
    let mut again = back;
    again["at"] = json!("2026-03-02T09:30:00Z");
    shop.admin.done(TRACKING_REPORT, again).await;
    let query = "query { returns(filter: { trackingNumber: \"OUT1\" }) { totalCount nodes { id state kind order { returnState } outboundParcel { trackingNumber } location { code } lines { id sku quantity reason } } } }";
    let found = shop.admin.payload(query, json!({})).await;
    assert_eq!(found["totalCount"], 1, "once, however often it is said");
    let made = found["nodes"][0].clone();
    assert_eq!((&made["state"], &made["kind"]), (&json!("IN_TRANSIT"), &json!("CLAIM")));
    assert_eq!(
        (&made["outboundParcel"]["trackingNumber"], &made["order"]["returnState"]),
        (&json!("OUT 1"), &json!("IN_PROGRESS"))
    );
    let lines: Vec<(&str, i64, &str)> = made["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap();
            (text("sku"), line["quantity"].as_i64().unwrap(), text("reason"))
        })
        .collect();
    assert_eq!(lines, [("A", 2, "UNDELIVERABLE"), ("SET", 1, "UNDELIVERABLE")]);
    // It is taken in where it came from, and sent once more.
    let free = shop.whole_level("A", &shop.berlin).await["available"].as_i64().unwrap();
    super::back(&shop, &made).await;
    let looked: Vec<Json> = made["lines"].as_array().unwrap().iter().map(|line| json!({ "returnLineId": line["id"], "quantity": line["quantity"], "condition": "NEW", "disposition": "RESTOCK" })).collect();
    shop.admin.done(RETURN_INSPECT, json!({ "returnId": made["id"], "lines": looked })).await;
    let resolve = json!({ "returnId": made["id"], "method": "REPLACEMENT" });
    shop.admin.done(RETURN_RESOLVE, resolve).await;
    let now = shop.whole_level("A", &shop.berlin).await["available"].as_i64().unwrap();
    assert_eq!(now, free, "four came back, and four are promised anew");
    app.settled().await;
    app.verify().await;
}

#[tokio::test]
async fn what_was_ordered_online_comes_back_in_a_store() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let order = arrived(&shop, shop.sent_home(&[("A", 1)])).await;
    let before = shop.whole_level("A", &shop.store).await["available"].as_i64().unwrap();
    let input = declared(&order, &[("A", 1)], "DEFECTIVE");
    let made = shop.admin.done(RETURN_REQUEST, input).await["return"].clone();
    shop.admin.done(RETURN_APPROVE, json!({ "returnId": made["id"] })).await;
    let lines = super::units(&made, &[1]);
    let here = json!({ "returnId": made["id"], "locationId": shop.store, "lines": lines });
    shop.admin.done(RETURN_RECEIVE, here).await;
    super::looked(&shop, &made, &[(1, "RESTOCK")]).await;
    let done = super::paid_back(&shop, &made).await;
    assert_eq!(done["refunds"][0]["amount"]["amount"], "10.00");
    let now = shop.whole_level("A", &shop.store).await["available"].as_i64().unwrap();
    assert_eq!(now, before + 1, "it is sold there from now on");
    app.verify().await;
}

#[tokio::test]
async fn what_is_out_of_the_ordinary_is_shown_and_decides_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    terms(&shop).await;
    let query = "query($id: ID!) { return(id: $id) { state highlights { code severity text subjectId } order { customer { id } } } }";
    let told = async |client: &harness::Client, made: &Json| {
        let seen = client.payload(query, json!({ "id": made["id"] })).await;
        let codes = seen["highlights"].as_array().map(|found| {
            let code = |one: &Json| one["code"].as_str().unwrap().to_owned();
            found.iter().map(code).collect::<Vec<String>>()
        });
        (seen, codes)
    };
    let mut made = Json::Null;
    for place in 0..6 {
        let order = arrived(&shop, shop.sent_home(&[("D", 1)])).await;
        if place >= 4 {
            continue;
        }
        let mut claim = declared(&order, &[("D", 1)], "NOT_DELIVERED");
        if place < 3 {
            claim["kind"] = json!("CLAIM");
            made = shop.admin.done(RETURN_REQUEST, claim).await["return"].clone();
            let stay = json!({ "returnId": made["id"], "goodsStayWithCustomer": true });
            shop.admin.done(RETURN_APPROVE, stay).await;
            super::paid_back(&shop, &made).await;
            let (_, codes) = told(&shop.admin, &made).await;
            let wanted: &[&str] = if place < 2 { &[] } else { &["NOT_RECEIVED_OFTEN"] };
            assert_eq!(codes.unwrap(), wanted, "after {} claims", place + 1);
        } else {
            made = super::approved(&shop, declared(&order, &[("D", 1)], "CHANGED_MIND")).await;
            super::back(&shop, &made).await;
            let line = &made["lines"][0]["id"];
            let empty = json!([{ "returnLineId": line, "quantity": 1, "condition": "MISSING", "disposition": "SCRAP" }]);
            shop.admin
                .done(RETURN_INSPECT, json!({ "returnId": made["id"], "lines": empty }))
                .await;
            let none = json!({ "returnId": made["id"], "method": "NONE", "note": "empty" });
            shop.admin.done(RETURN_RESOLVE, none).await;
        }
    }
    let (seen, codes) = told(&shop.admin, &made).await;
    assert_eq!(codes.unwrap(), ["RETURN_RATE_HIGH", "NOT_RECEIVED_OFTEN", "EMPTY_BOX"]);
    let first = &seen["highlights"][0];
    assert_eq!(
        (&first["text"], &first["severity"], &first["subjectId"]),
        (
            &json!("Something came back of 4 of 6 orders"),
            &json!("WARNING"),
            &seen["order"]["customer"]["id"]
        )
    );
    // Whoever reaches only a part of the orders is told of that part.
    let beyond = app.reaching(None, Some(&[&shop.hamburg])).await;
    let query = "query($id: ID!) { return(id: $id) { highlights { code } } }";
    let seen = beyond.payload(query, json!({ "id": made["id"] })).await;
    assert_eq!(seen, json!(null), "nothing of it is in reach");
    let other = app.without(operations::permissions::Permission::CustomersRead).await;
    let seen = other.payload(query, json!({ "id": made["id"] })).await;
    assert_eq!(seen["highlights"], json!(null));
    app.verify().await;
}

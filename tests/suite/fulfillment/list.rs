//! Work lists, pick lists, and the queue as it moves.

use harness::shop::*;
use harness::{Shop, Stream, TestApp};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn work_is_found_by_every_filter() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let user = app.user("picker@shop.example", "warehouse").await;
    let first = shop.place(shop.paid(&[("A", 12)])).await;
    let second = shop.place(shop.paid(&[("B", 1)])).await;
    let works = shop.read(&first).await["fulfillments"].clone();
    let input = json!({ "fulfillmentIds": [works[1]["id"]], "assigneeId": user });
    shop.admin.done(FULFILLMENT_START, input).await;
    let third = shop.work(&second, 0).await;
    let parcels = json!([{ "lines": [{ "sku": "B", "quantity": 1 }], "trackingNumber": "Z 9" }]);
    let input = json!({ "fulfillmentId": third["id"], "parcels": parcels });
    shop.admin.done(FULFILLMENT_SHIP, input).await;
    let query = "query($f: FulfillmentFilter, $n: Int) { fulfillments(filter: $f, first: $n) { totalCount nodes { number } } }";
    let (a, b, c) = (&works[0]["number"], &works[1]["number"], &third["number"]);
    for (filter, expected) in [
        (json!({}), vec![a, b, c]),
        (json!({ "number": b.as_str().unwrap().to_lowercase() }), vec![b]),
        (json!({ "states": ["PICKING"] }), vec![b]),
        (json!({ "states": ["OPEN", "SHIPPED"] }), vec![a, c]),
        (json!({ "locationIds": [shop.hamburg] }), vec![b]),
        (json!({ "locationIds": [shop.hamburg, shop.berlin], "states": ["OPEN"] }), vec![a]),
        (json!({ "assigneeId": user }), vec![b]),
        (json!({ "orderId": first["id"] }), vec![a, b]),
        (json!({ "trackingNumber": "z9" }), vec![c]),
        (json!({ "trackingNumber": "z8" }), vec![]),
    ] {
        let page = shop.admin.payload(query, json!({ "f": filter })).await;
        let found: Vec<&Json> =
            page["nodes"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
        assert_eq!(found, expected, "{filter}");
        assert_eq!(page["totalCount"], expected.len());
    }
}

#[tokio::test]
async fn a_pick_list_sums_what_is_to_be_fetched() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let one = shop.place(shop.paid(&[("A", 2), ("SET", 1)])).await;
    let two = shop.place(shop.paid(&[("A", 1), ("C", 1)])).await;
    let unpaid = shop.place(shop.order(&[("C", 3)])).await;
    let query = "query($i: PickListInput!) { pickList(input: $i) { variant { sku } quantity fulfillments { number } } }";
    let list = |input: Json| {
        let client = shop.admin.clone();
        async move {
            let items = client.payload(query, json!({ "i": input })).await;
            let items = items.as_array().unwrap().iter().map(|item| {
                let works = item["fulfillments"].as_array().unwrap().len();
                format!("{} {} {works}", item["variant"]["sku"].as_str().unwrap(), item["quantity"])
            });
            items.collect::<Vec<String>>()
        }
    };
    // What is held is not fetched.
    let all = json!({ "locationId": shop.berlin });
    assert_eq!(list(all.clone()).await, ["A 5 2", "B 1 1", "C 1 1"]);
    let first = json!({ "locationId": shop.berlin, "limit": 1 });
    assert_eq!(list(first).await, ["A 4 1", "B 1 1"]);
    let (one, held) = (shop.work(&one, 0).await, shop.work(&unpaid, 0).await);
    let named = json!({ "locationId": shop.berlin, "fulfillmentIds": [one["id"], held["id"]] });
    assert_eq!(list(named).await, ["A 4 1", "B 1 1"]);
    assert_eq!(list(json!({ "locationId": shop.hamburg })).await, Vec::<String>::new());
    let two = shop.work(&two, 0).await;
    shop.admin.done(FULFILLMENT_START, json!({ "fulfillmentIds": [two["id"]] })).await;
    assert_eq!(list(all).await, ["A 4 1", "B 1 1"]);
}

#[tokio::test]
async fn the_queue_of_a_location_is_followed_live() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let document = "subscription($f: FulfillmentFilter) { fulfillmentUpdated(filter: $f) { event { type } fulfillment { number state } } }";
    let filter = json!({ "f": { "locationIds": [shop.hamburg], "states": ["OPEN", "PICKING", "DELIVERED"] } });
    let mut live = Stream::open(&shop.admin, document, filter).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    shop.place(shop.paid(&[("B", 1)])).await;
    let mut market = shop.paid(&[("A", 1)]);
    market["channelId"] = json!(shop.market);
    let order = shop.place(market).await;
    let heard = live.item().await;
    assert_eq!(heard["event"]["type"], "fulfillment.opened");
    assert_eq!(heard["fulfillment"]["number"], format!("{}-1", order["number"].as_str().unwrap()));
    shop.ship(&shop.work(&order, 0).await).await;
    let heard = live.item().await;
    assert_eq!(heard["event"]["type"], "fulfillment.picking_started");
    // What becomes of its parcels is heard too.
    let mut parcels =
        Stream::open(&shop.admin, document, json!({ "f": { "trackingNumber": "h 7" } })).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let mut market = shop.paid(&[("B", 1)]);
    market["channelId"] = json!(shop.market);
    let work = shop.work(&shop.place(market).await, 0).await;
    let packed = json!([{ "lines": [{ "sku": "B", "quantity": 1 }], "trackingNumber": "H7" }]);
    let input = json!({ "fulfillmentId": work["id"], "parcels": packed, "shippedAt": "2026-03-02T08:00:00Z" });
    shop.admin.done(FULFILLMENT_SHIP, input).await;
    let said =
        json!({ "trackingNumber": "H7", "status": "IN_TRANSIT", "at": "2026-03-02T09:00:00Z" });
    shop.admin.done(TRACKING_REPORT, said).await;
    loop {
        let heard = parcels.item().await;
        if heard["event"]["type"] == "parcel.tracked" {
            assert_eq!(heard["fulfillment"]["number"], work["number"]);
            return;
        }
    }
}

//! What carriers say, late, repeated and out of order.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

fn said(status: &str, at: &str) -> Json {
    json!({ "trackingNumber": "ab-1", "status": status, "at": format!("2026-03-02T{at}:00Z"), "place": "Leipzig" })
}

async fn sent(shop: &Shop, numbers: &[&str]) -> Json {
    let order = shop.place(shop.paid(&[("A", 2)])).await;
    let work = shop.work(&order, 0).await;
    let parcels: Vec<Json> = numbers
        .iter()
        .map(|number| json!({ "lines": [{ "sku": "A", "quantity": 2 / numbers.len() }], "carrier": "DHL", "trackingNumber": number }))
        .collect();
    let input = json!({ "fulfillmentId": work["id"], "parcels": parcels, "shippedAt": "2026-03-02T06:00:00Z" });
    shop.admin.done(FULFILLMENT_SHIP, input).await;
    order
}

#[tokio::test]
async fn the_end_is_the_same_in_whatever_order_it_is_told() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sent(&shop, &["AB 1"]).await;
    for report in [
        said("DELIVERED", "09:00"),
        said("IN_TRANSIT", "07:00"),
        said("DELIVERED", "09:00"),
        said("OUT_FOR_DELIVERY", "08:00"),
    ] {
        shop.admin.done(TRACKING_REPORT, report).await;
    }
    let parcel =
        shop.admin.done(TRACKING_REPORT, said("EXCEPTION", "08:30")).await["parcel"].clone();
    assert_eq!(
        (&parcel["status"], &parcel["deliveredAt"]),
        (&json!("DELIVERED"), &json!("2026-03-02T09:00:00Z"))
    );
    let told: Vec<&Json> =
        parcel["events"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(told, ["IN_TRANSIT", "OUT_FOR_DELIVERY", "EXCEPTION", "DELIVERED"]);
    assert_eq!(
        parcel["fulfillment"],
        json!({ "state": "DELIVERED", "deliveredAt": "2026-03-02T09:00:00Z" })
    );
    assert_eq!(shop.read(&order).await["state"], "COMPLETED");
    let before = app.books().await;
    shop.admin.done(TRACKING_REPORT, said("DELIVERED", "09:00")).await;
    assert_eq!(app.books().await, before);
    app.verify().await;
}

#[tokio::test]
async fn a_fulfillment_is_delivered_with_its_last_parcel() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = sent(&shop, &["AB-1", "AB-2"]).await;
    let first = shop.admin.done(TRACKING_REPORT, said("DELIVERED", "09:00")).await;
    assert_eq!(first["parcel"]["fulfillment"]["state"], "SHIPPED");
    let mut second = said("DELIVERED", "08:00");
    second["trackingNumber"] = json!("ab2");
    second["carrier"] = json!("dhl");
    let done = shop.admin.done(TRACKING_REPORT, second).await;
    assert_eq!(
        done["parcel"]["fulfillment"],
        json!({ "state": "DELIVERED", "deliveredAt": "2026-03-02T09:00:00Z" })
    );
    assert_eq!(shop.read(&order).await["fulfillmentState"], "DELIVERED");
    let mut unknown = said("DELIVERED", "09:00");
    unknown["carrier"] = json!("UPS");
    assert_eq!(
        shop.admin.refused(TRACKING_REPORT, unknown).await,
        ["NOT_FOUND input.trackingNumber"]
    );
    let mut future = said("DELIVERED", "09:00");
    future["at"] = json!("2026-03-03T09:00:00Z");
    assert_eq!(shop.admin.refused(TRACKING_REPORT, future).await, ["INVALID input.at"]);
    app.verify().await;
}

//! A third-party location is offered work, and accepts or rejects it.

use harness::shop::*;
use harness::{Shop, TestApp};
use serde_json::{Value as Json, json};

async fn offered(shop: &Shop, place: &Partner, lines: &[(&str, i32)]) -> (Json, Json) {
    let mut input = shop.paid(lines);
    input["channelId"] = json!(place.channel);
    input["shippingAddress"] =
        json!({ "name": "Ada Albers", "line1": "Weg 1", "city": "Bonn", "countryCode": "DE" });
    let order = shop.place(input).await;
    let work = shop.work(&order, 0).await;
    (order, work)
}

#[tokio::test]
async fn a_partner_takes_the_work_and_sends_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let place = shop.partner().await;
    let partner = app.partner(&place.location).await;
    let (order, work) = offered(&shop, &place, &[("A", 2)]).await;
    assert_eq!(work["state"], "REQUESTED");
    let id = json!({ "fulfillmentId": work["id"] });
    let refused = partner.refused(FULFILLMENT_SHIP, id.clone()).await;
    assert_eq!(refused, ["STATE_CONFLICT input.fulfillmentId"]);
    assert_eq!(partner.done(FULFILLMENT_ACCEPT, id.clone()).await["fulfillment"]["state"], "OPEN");
    let query = "{ fulfillments { nodes { number orderNumbers destination { name city } lines { sku quantity } orders { number } routing { decidedBy } } } }";
    let answer = partner.answer(query, json!({})).await;
    let seen = &answer["data"]["fulfillments"]["nodes"][0];
    assert_eq!(seen["orderNumbers"], json!([order["number"]]));
    assert_eq!(seen["destination"]["name"], "Ada Albers");
    assert_eq!((&seen["orders"], &seen["routing"]), (&Json::Null, &Json::Null));
    let codes: Vec<&Json> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["extensions"]["code"])
        .collect();
    assert_eq!(codes, ["FORBIDDEN", "FORBIDDEN"]);
    let parcels = json!([{ "lines": [{ "sku": "A", "quantity": 2 }], "trackingNumber": "X1" }]);
    let input = json!({ "fulfillmentId": work["id"], "parcels": parcels, "shippedAt": "2026-03-02T09:30:00Z" });
    let sent = partner.done(FULFILLMENT_SHIP, input).await["fulfillment"].clone();
    assert_eq!(
        (&sent["state"], &sent["shippedAt"]),
        (&json!("SHIPPED"), &json!("2026-03-02T09:30:00Z"))
    );
    assert_eq!(shop.level("A", &place.location).await, (3, 0, 3));
    app.verify().await;
}

#[tokio::test]
async fn refused_work_is_routed_again_and_never_back() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let place = shop.partner().await;
    let channel = json!({ "code": "phone", "name": "phone", "kind": "CONTACT_CENTER", "currencyCode": "EUR", "taxIncluded": true,
        "legalEntityId": shop.entity, "locationIds": [place.location, shop.hamburg] });
    shop.admin.done(CHANNEL_UPSERT, channel).await;
    let partner = app.partner(&place.location).await;
    let (order, work) = offered(&shop, &place, &[("A", 2)]).await;
    let input = json!({ "fulfillmentId": work["id"], "reason": "too heavy" });
    let done = partner.done(FULFILLMENT_REJECT, input).await["fulfillment"].clone();
    assert_eq!(
        (&done["state"], &done["failedBecause"]),
        (&json!("CANCELLED"), &json!("too heavy"))
    );
    let now = shop.read(&order).await;
    assert_eq!(now["fulfillments"][1]["location"]["code"], "hamburg");
    assert_eq!(shop.level("A", &place.location).await.1, 0);
    let input = json!({ "fulfillmentId": now["fulfillments"][1]["id"], "reason": "flooded" });
    shop.admin.done(FULFILLMENT_FAIL, input).await;
    let now = shop.read(&order).await;
    assert_eq!(now["lines"][0]["quantityBackordered"], 2);
    assert_eq!(now["fulfillments"].as_array().unwrap().len(), 2);
    app.verify().await;
}

#[tokio::test]
async fn a_partner_that_took_the_work_is_asked_to_stop() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let place = shop.partner().await;
    let partner = app.partner(&place.location).await;
    // Not taken yet: cancelled at once.
    let (order, _) = offered(&shop, &place, &[("A", 1)]).await;
    let cancel = |order: &Json| json!({ "orderId": order["id"], "reason": "CUSTOMER" });
    let done = shop.admin.done(ORDER_CANCEL, cancel(&order)).await["order"].clone();
    assert_eq!(done["state"], "CANCELLED");
    // Taken: the units stand until the partner answers, by failing it ...
    for ships in [false, true] {
        let (order, work) = offered(&shop, &place, &[("A", 1)]).await;
        let id = json!({ "fulfillmentId": work["id"] });
        partner.done(FULFILLMENT_ACCEPT, id.clone()).await;
        let asked = shop.admin.done(ORDER_CANCEL, cancel(&order)).await["order"].clone();
        assert_eq!(
            (&asked["state"], &asked["lines"][0]["quantityCancelled"]),
            (&json!("OPEN"), &json!(0))
        );
        assert_ne!(asked["fulfillments"][0]["cancelRequestedAt"], Json::Null);
        let events = "{ events(filter: { types: [\"fulfillment.cancel_requested\"] }, last: 1) { nodes { data } } }";
        app.settled().await;
        let told = partner.payload(events, json!({})).await;
        assert_eq!(told["nodes"][0]["data"]["units"], 1);
        if ships {
            // ... or by shipping, when it is too late.
            partner.done(FULFILLMENT_SHIP, id).await;
            assert_eq!(shop.read(&order).await["fulfillmentState"], "FULFILLED");
            continue;
        }
        let input = json!({ "fulfillmentId": work["id"], "reason": "stopped" });
        partner.done(FULFILLMENT_FAIL, input).await;
        let done = shop.read(&order).await;
        assert_eq!(
            (&done["state"], &done["cancelReason"]),
            (&json!("CANCELLED"), &json!("CUSTOMER"))
        );
        assert_eq!(done["paymentState"], "VOIDED");
    }
    app.verify().await;
}

//! What was missed is sent again, from any range of the log.

use super::{deliveries, endpoint, states};
use harness::shop::*;
use harness::{Receiver, Shop, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use time::Duration;

#[tokio::test]
async fn a_range_is_sent_again_with_the_ids_of_the_first_time() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let before = shop.place(shop.order(&[("A", 1)])).await;
    app.settled().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed", "order.tagged"]).await;
    let first = shop.place(shop.order(&[("A", 1)])).await;
    app.send_webhooks().await;
    app.clock.advance(Duration::hours(1));
    receiver.answers(|_| 500);
    let second = shop.place(shop.order(&[("B", 1)])).await;
    let tag = json!({ "orderId": second["id"], "add": ["x"] });
    shop.admin.done(ORDER_TAG, tag).await;
    app.send_webhooks().await;
    let ids: BTreeMap<String, Json> = deliveries(&shop.admin, &id)
        .await
        .iter()
        .map(|row| (row["event"]["id"].to_string(), row["id"].clone()))
        .collect();
    receiver.take();
    receiver.answers(|_| 200);
    let replay = |with: Json| {
        let mut input = json!({ "webhookEndpointId": id });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let client = shop.admin.clone();
        async move { client.done(WEBHOOK_REPLAY, input).await["queued"].clone() }
    };
    // What failed, and what waited behind it: not what arrived.
    let since = json!("2026-03-02T10:00:00Z");
    assert_eq!(
        replay(json!({ "since": since, "onlyFailed": true, "types": ["order.placed"] })).await,
        2
    );
    app.send_webhooks().await;
    let calls = receiver.take();
    let about: Vec<&Json> = calls.iter().map(|call| &call.body["subjectId"]).collect();
    // One was written before the endpoint was made, so it has an id of its own.
    assert_eq!(about.len(), 3, "the one that waited goes on too");
    assert!(about.contains(&&before["id"]) && about.contains(&&second["id"]));
    for call in &calls {
        let event = call.body["id"].to_string();
        if let Some(known) = ids.get(&event) {
            assert_eq!(json!(call.id), *known);
        }
    }
    assert_eq!(states(&deliveries(&shop.admin, &id).await), ["DELIVERED"; 4]);
    assert_eq!(replay(json!({ "since": since, "onlyFailed": true })).await, 0);
    // All of it, up to a moment; each subject in the order of the log.
    let until = json!("2026-03-02T10:30:00Z");
    assert_eq!(replay(json!({ "since": since, "until": until })).await, 2);
    app.send_webhooks().await;
    let mut about: Vec<Json> =
        receiver.take().iter().map(|call| call.body["subjectId"].clone()).collect();
    about.sort_by_key(Json::to_string);
    let mut expected = vec![before["id"].clone(), first["id"].clone()];
    expected.sort_by_key(Json::to_string);
    assert_eq!(about, expected);
    // Behind a cursor.
    let query = "{ events(filter: { types: [\"order.placed\"] }) { nodes { cursor subjectId } } }";
    let log = shop.admin.payload(query, json!({})).await;
    let cursor = log["nodes"][1]["cursor"].clone();
    assert_eq!(log["nodes"][1]["subjectId"], first["id"]);
    assert_eq!(replay(json!({ "afterCursor": cursor })).await, 2);
    app.send_webhooks().await;
    assert_eq!(receiver.types(), ["order.placed", "order.tagged"]);
    app.verify().await;
}

#[tokio::test]
async fn a_long_range_is_queued_in_short_transactions() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let events = if std::env::var_os("TEST_FULL").is_some() { 20_000 } else { 1_200 };
    for start in (0..events).step_by(400) {
        app.plant_events(start..start + 400, "channel.saved", "{\"code\": \"x\"}").await;
    }
    app.settled().await;
    let first = "{ events(first: 1) { nodes { cursor } } }";
    let first = shop.admin.payload(first, json!({})).await["nodes"][0]["cursor"].clone();
    let (id, _) = endpoint(&shop.admin, &receiver, &["channel.saved"]).await;
    let input = json!({ "webhookEndpointId": id, "afterCursor": first });
    let queued = shop.admin.done(WEBHOOK_REPLAY, input).await["queued"].as_i64().unwrap();
    assert!(queued >= i64::from(events), "{queued}");
    while operations::webhooks::queue::replay_next(&app.store).await.unwrap() {}
    assert_eq!(app.number("select count(*) from webhook_deliveries").await, queued);
    assert_eq!(app.number("select count(*) from webhook_replays").await, 0);
}

#[tokio::test]
async fn a_range_that_cannot_be_is_refused() {
    let app = TestApp::with_receivers().await;
    let admin = app.admin().await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&admin, &receiver, &["order.placed", "order.tagged"]).await;
    let input = |with: Json| {
        let mut input = json!({ "webhookEndpointId": id });
        input.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        input
    };
    assert_eq!(
        admin.refused(WEBHOOK_REPLAY, input(json!({}))).await,
        ["REQUIRED input.afterCursor"]
    );
    let (noon, one) = ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z");
    let wrong = json!({ "since": one, "until": noon, "types": ["x.*"] });
    assert_eq!(
        admin.refused(WEBHOOK_REPLAY, input(wrong)).await,
        ["INVALID input.until", "INVALID input.types.0"]
    );
    let both = json!({ "since": noon, "afterCursor": "x" });
    assert_eq!(admin.refused(WEBHOOK_REPLAY, input(both)).await, ["INVALID input.since"]);
    let nonsense = json!({ "input": input(json!({ "afterCursor": "nonsense" })) });
    assert_eq!(admin.error_code(WEBHOOK_REPLAY, nonsense).await, "CURSOR_INVALID");
}

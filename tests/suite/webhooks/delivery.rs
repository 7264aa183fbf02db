//! Events arrive: signed, at least once, in order for each subject, as far as the endpoint's creator may see them.

use super::{deliveries, endpoint, states};
use harness::receiver::Call;
use harness::shop::*;
use harness::{Receiver, Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::{Permission as P, Permissions};
use operations::webhooks::deliver;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use time::Duration;

#[tokio::test]
async fn an_event_arrives_signed_and_as_the_log_has_it() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, secret) =
        endpoint(&shop.admin, &receiver, &["order.placed", "fulfillment.opened"]).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    assert_eq!(app.send_webhooks().await, 2);
    let calls = receiver.take();
    let placed = calls.iter().find(|call| call.kind() == "order.placed").unwrap();
    assert!(placed.is_signed_by(&secret));
    assert!(!placed.is_signed_by("whsec_AAAA"));
    assert_eq!(placed.timestamp, app.clock.now().unix_timestamp().to_string());
    let sent = deliveries(&shop.admin, &id).await;
    assert_eq!(states(&sent), ["DELIVERED", "DELIVERED"]);
    assert!(sent.iter().any(|row| row["id"] == json!(placed.id)), "{sent:?}");
    let query = "{ events(filter: { types: [\"order.placed\"] }) { nodes { id type at subjectId cursor data } } }";
    let event = shop.admin.payload(query, json!({})).await["nodes"][0].clone();
    assert_eq!(placed.body, event);
    assert_eq!(placed.body["subjectId"], order["id"]);
    assert_eq!(sent[0]["attempts"], 1);
    assert_eq!(sent[0]["lastStatus"], 204);
    assert_eq!(app.send_webhooks().await, 0);
    app.verify().await;
}

#[tokio::test]
async fn both_secrets_sign_while_one_is_rotated() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, first) = endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    let rotate = |seconds: i32| {
        let input = json!({ "webhookEndpointId": id, "overlapSeconds": seconds });
        let client = shop.admin.clone();
        async move { client.done(WEBHOOK_ROTATE, input).await["secret"].as_str().unwrap().to_owned() }
    };
    let second = rotate(600).await;
    let signed = || async {
        shop.place(shop.order(&[("A", 1)])).await;
        app.send_webhooks().await;
        let call = receiver.take().pop().unwrap();
        (call.is_signed_by(&first), call.is_signed_by(&second), call)
    };
    let (by_first, by_second, call) = signed().await;
    assert!(by_first && by_second && call.signature.split(' ').count() == 2, "{}", call.signature);
    app.clock.advance(Duration::seconds(601));
    let (by_first, by_second, _) = signed().await;
    assert!(!by_first && by_second);
    // Known to others: the old one ends at once.
    let third = rotate(0).await;
    let (_, by_second, call) = signed().await;
    assert!(!by_second && call.is_signed_by(&third));
    let wrong = json!({ "webhookEndpointId": id, "overlapSeconds": 86_401 });
    assert_eq!(shop.admin.refused(WEBHOOK_ROTATE, wrong).await, ["INVALID input.overlapSeconds"]);
}

#[tokio::test]
async fn a_failure_holds_back_its_subject_alone_and_is_tried_again_under_its_id() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed", "order.tagged"]).await;
    let bad = shop.place(shop.order(&[("A", 1)])).await;
    let good = shop.place(shop.order(&[("B", 1)])).await;
    for order in [&bad, &good] {
        let tag = json!({ "orderId": order["id"], "add": ["x"] });
        shop.admin.done(ORDER_TAG, tag).await;
    }
    let failing = bad["id"].clone();
    receiver.answers(move |call| if call.body["subjectId"] == failing { 503 } else { 200 });
    app.send_webhooks().await;
    let calls = receiver.take();
    let about = |order: &Json| -> Vec<&str> {
        let about = calls.iter().filter(|call| call.body["subjectId"] == order["id"]);
        about.map(Call::kind).collect()
    };
    assert_eq!(about(&bad), ["order.placed"]);
    assert_eq!(about(&good), ["order.placed", "order.tagged"]);
    let first_id =
        calls.iter().find(|call| call.body["subjectId"] == bad["id"]).unwrap().id.clone();
    let rows = deliveries(&shop.admin, &id).await;
    let waiting: Vec<&Json> = rows.iter().filter(|row| row["state"] == "PENDING").collect();
    assert_eq!(waiting.len(), 2);
    let tried = waiting.iter().find(|row| row["attempts"] == 1).unwrap();
    assert_eq!(tried["lastStatus"], 503);
    assert!(tried["lastError"].as_str().unwrap().contains("503"), "{tried}");
    let held = waiting.iter().find(|row| row["attempts"] == 0).unwrap();
    assert_eq!(held["nextAttemptAt"], Json::Null, "it waits behind the one before");
    // Not before its time: five seconds, a fifth less or more.
    app.clock.advance(Duration::seconds(3));
    assert_eq!(app.send_webhooks().await, 0);
    app.clock.advance(Duration::seconds(4));
    assert_eq!(app.send_webhooks().await, 1);
    let again = receiver.take().pop().unwrap();
    assert_eq!(again.id, first_id);
    receiver.answers(|_| 200);
    app.clock.advance(Duration::seconds(40));
    assert_eq!(app.send_webhooks().await, 2);
    assert_eq!(receiver.types(), ["order.placed", "order.tagged"]);
    assert_eq!(states(&deliveries(&shop.admin, &id).await), ["DELIVERED"; 4]);
}

#[tokio::test]
async fn it_is_given_up_after_twelve_tries_over_three_days_and_the_next_goes_on() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed", "order.tagged"]).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let tag = json!({ "orderId": order["id"], "add": ["x"] });
    shop.admin.done(ORDER_TAG, tag).await;
    receiver.answers(|call| if call.kind() == "order.placed" { 302 } else { 200 });
    let began = app.clock.now();
    app.send_webhooks().await;
    let mut tries = 1;
    while states(&deliveries(&shop.admin, &id).await)[0] == "PENDING" {
        app.clock.advance(Duration::minutes(30));
        tries += app.webhooks.run_once().await.unwrap();
    }
    // Eleven more of the first, and then the one that waited.
    assert_eq!(tries, 13);
    let took = app.clock.now() - began;
    assert!((Duration::hours(55)..Duration::hours(100)).contains(&took), "{took}");
    let rows = deliveries(&shop.admin, &id).await;
    assert_eq!(states(&rows), ["FAILED", "DELIVERED"]);
    assert_eq!((&rows[0]["attempts"], &rows[0]["lastStatus"]), (&json!(12), &json!(302)));
    // A redirect is a failure, and not followed.
    assert!(receiver.take().iter().all(|call| call.path == "/hook"));
}

#[tokio::test]
async fn a_receiver_that_is_gone_switches_its_endpoint_off() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    receiver.answers(|_| 410);
    shop.place(shop.order(&[("A", 1)])).await;
    app.send_webhooks().await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.clock.advance(Duration::hours(1));
    app.send_webhooks().await;
    assert_eq!(receiver.take().len(), 1);
    let listed =
        shop.admin.payload("{ webhookEndpoints { active disabledBecause } }", json!({})).await;
    assert_eq!(listed[0]["active"], false);
    assert!(listed[0]["disabledBecause"].as_str().unwrap().contains("410"));
    assert_eq!(states(&deliveries(&shop.admin, &id).await), ["FAILED"]);
    let events = "{ events(filter: { types: [\"webhook_endpoint.disabled\"] }) { nodes { subjectId data } } }";
    app.settled().await;
    let told = shop.admin.payload(events, json!({})).await;
    assert_eq!(told["nodes"][0]["subjectId"], json!(id));
    app.verify().await;
}

#[tokio::test]
async fn only_what_its_creator_may_see_at_that_moment_is_sent() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let permissions: Permissions =
        [P::WebhooksManage, P::OrdersRead, P::FulfillmentRead].into_iter().collect();
    let market = aftercart::ids::decode(&shop.market).unwrap().1;
    let reach = Reach { channels: Some(vec![market]), locations: None };
    let partner = app.token(permissions, reach).await;
    let (id, _) = endpoint(&partner, &receiver, &["*"]).await;
    let mut order = shop.order(&[("A", 1)]);
    order["payments"] = json!([{ "provider": "stripe", "method": "card", "authorized": "1.00" }]);
    shop.place(order.clone()).await;
    order["channelId"] = json!(shop.market);
    shop.place(order.clone()).await;
    app.send_webhooks().await;
    let calls = receiver.take();
    let kinds: BTreeSet<&str> = calls.iter().map(Call::kind).collect();
    // What one does to one's own endpoint one sees; another's not.
    endpoint(&shop.admin, &receiver, &["legal_entity.saved"]).await;
    app.send_webhooks().await;
    assert_eq!(receiver.types(), Vec::<String>::new());
    // Neither the other channel, nor payments, nor stock.
    assert_eq!(
        kinds,
        BTreeSet::from([
            "fulfillment.opened",
            "order.held",
            "order.placed",
            "webhook_endpoint.created"
        ])
    );
    let placed = calls.iter().filter(|call| call.kind() == "order.placed");
    let numbers: Vec<&Json> = placed.map(|call| &call.body["data"]["number"]).collect();
    assert_eq!(numbers, ["MARKET-1000002"]);
    // Queued while it could be seen, and sent never.
    receiver.answers(|_| 500);
    shop.place(order.clone()).await;
    app.send_webhooks().await;
    app.plant("update api_tokens set permissions = '[\"WEBHOOKS_MANAGE\"]' where reach_channels is not null").await;
    receiver.take();
    receiver.answers(|_| 200);
    app.clock.advance(Duration::minutes(1));
    app.send_webhooks().await;
    assert_eq!(receiver.types(), Vec::<String>::new());
    let rows = deliveries(&shop.admin, &id).await;
    let failed: Vec<&Json> = rows.iter().filter(|row| row["state"] == "FAILED").collect();
    assert_eq!(failed.len(), 3);
    assert!(failed[0]["lastError"].as_str().unwrap().contains("may no longer see"));
    // Nor anything once the token is withdrawn: the endpoint is switched off, and says why.
    app.plant("update api_tokens set permissions = '[\"WEBHOOKS_MANAGE\", \"ORDERS_READ\"]', revoked_at = created_at where reach_channels is not null").await;
    shop.place(order).await;
    app.send_webhooks().await;
    assert_eq!(receiver.types(), Vec::<String>::new());
    let listed = "{ webhookEndpoints { active disabledBecause } }";
    let listed = shop.admin.payload(listed, json!({})).await;
    // Newest first: the administrator's goes on.
    assert_eq!(listed[0]["active"], true);
    assert_eq!(listed[1]["active"], false);
    assert!(listed[1]["disabledBecause"].as_str().unwrap().contains("creator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_delays_no_other() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let (dead, alive) = (Receiver::start().await, Receiver::start().await);
    dead.answers(|_| 0);
    let (stuck, _) = endpoint(&shop.admin, &dead, &["order.placed"]).await;
    endpoint(&shop.admin, &alive, &["order.placed"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sender = app.webhooks.clone();
    let running = tokio::spawn(sender.run(async move {
        let _stopped = stopped.await;
    }));
    let orders = 12;
    for _ in 0..orders {
        shop.place(shop.order(&[("A", 1)])).await;
    }
    for _ in 0..100 {
        if alive.calls().len() == orders {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(alive.calls().len(), orders);
    assert!((1..=8).contains(&dead.calls().len()), "so many at a time: {}", dead.calls().len());
    if std::env::var_os("TEST_FULL").is_some() {
        tokio::time::sleep(std::time::Duration::from_secs(17)).await;
        let rows = deliveries(&shop.admin, &stuck).await;
        assert_eq!(rows[0]["lastError"], "no answer within 15 s");
        drop(stop);
        running.await.unwrap();
    } else {
        running.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_delivery_once() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    for _ in 0..10 {
        shop.place(shop.order(&[("A", 1)])).await;
    }
    app.settled().await;
    let mut options = aftercart::server::AppOptions::new(app.master_key.clone());
    options.webhook_allowed = operations::webhooks::Allowed(vec!["127.0.0.0/8".parse().unwrap()]);
    let other = aftercart::webhooks::Sender::new(app.store.clone(), &options).unwrap();
    let (first, second) = tokio::join!(app.webhooks.run_once(), other.run_once());
    let mut sent = first.unwrap() + second.unwrap();
    // One of them may have looked before the other had queued it.
    sent += app.send_webhooks().await;
    assert_eq!(sent, 10);
    let ids: BTreeSet<String> = receiver.take().into_iter().map(|call| call.id).collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn what_a_node_took_and_never_reported_on_is_sent_again() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.settled().await;
    operations::webhooks::queue::queue_next(&app.store).await.unwrap();
    let means = operations::webhooks::Means {
        master_key: app.master_key.clone(),
        allowed: operations::webhooks::Allowed::default(),
    };
    let due = deliver::due_endpoints(&app.store).await.unwrap();
    let taken = deliver::claim(&app.store, &means, due[0], 8).await.unwrap().attempts;
    assert_eq!(taken.len(), 1);
    assert_eq!(app.send_webhooks().await, 0, "it is held for a minute");
    app.clock.advance(Duration::seconds(61));
    assert_eq!(app.send_webhooks().await, 1);
    let delivered = deliver::Outcome::Failed(None, "late".into());
    deliver::settle(&app.store, &taken[0].delivery, &delivered, std::time::Duration::from_secs(5))
        .await
        .unwrap();
    // What the lost node says late changes nothing.
    let rows = deliveries(&shop.admin, &id).await;
    assert_eq!(states(&rows), ["DELIVERED"]);
    assert_eq!(rows[0]["attempts"], 2);
}

#[tokio::test]
async fn what_waits_behind_an_event_that_goes_is_sent() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed", "order.tagged"]).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    receiver.answers(|_| 500);
    app.send_webhooks().await;
    app.clock.advance(Duration::days(10));
    let tag = json!({ "orderId": order["id"], "add": ["x"] });
    shop.admin.done(ORDER_TAG, tag).await;
    app.settled().await;
    while operations::webhooks::queue::queue_next(&app.store).await.unwrap() > 0 {}
    assert_eq!(states(&deliveries(&shop.admin, &id).await), ["PENDING", "PENDING"]);
    operations::events::retention::prune(&app.store, Duration::days(7)).await.unwrap();
    receiver.take();
    receiver.answers(|_| 200);
    app.send_webhooks().await;
    assert_eq!(receiver.types(), ["order.tagged"]);
}

#[tokio::test]
async fn what_is_queued_for_nobody_writes_nothing() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    shop.place(shop.order(&[("A", 1)])).await;
    app.send_webhooks().await;
    app.settled().await;
    app.send_webhooks().await;
    // Nothing happens, so no node tells another of news.
    let news = app.store.news();
    for _ in 0..3 {
        app.webhooks.run_once().await.unwrap();
        operations::timers::run_due(&app.store).await.unwrap();
    }
    assert!(!news.has_changed().unwrap());
}

#[tokio::test]
async fn a_test_is_sent_whatever_the_endpoint_wants() {
    let app = TestApp::with_receivers().await;
    let admin = app.admin().await;
    let receiver = Receiver::start().await;
    let (id, secret) = endpoint(&admin, &receiver, &["order.placed"]).await;
    let made = admin.done(WEBHOOK_TEST, json!({ "webhookEndpointId": id })).await;
    assert_eq!(made["delivery"]["state"], "PENDING");
    assert_eq!(made["delivery"]["event"]["type"], "webhook_endpoint.tested");
    assert_eq!(app.send_webhooks().await, 1);
    let call = receiver.take().pop().unwrap();
    assert!(call.is_signed_by(&secret));
    assert_eq!(json!(call.id), made["delivery"]["id"]);
    assert_eq!(call.body["subjectId"], json!(id));
    let node = "query($id: ID!) { node(id: $id) { ... on WebhookDelivery { state deliveredAt endpoint { id } } } }";
    let seen = admin.payload(node, json!({ "id": call.id })).await;
    assert_eq!(seen["state"], "DELIVERED");
    assert_eq!(seen["endpoint"]["id"], json!(id));
}

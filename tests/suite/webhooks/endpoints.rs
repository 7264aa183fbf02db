//! Endpoints are made, seen, changed and taken away by who may.

use super::{deliveries, endpoint, states};
use harness::shop::*;
use harness::{Receiver, Shop, TestApp};
use operations::actor::Reach;
use operations::permissions::{Permission as P, Permissions};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn the_secret_is_shown_once_and_kept_sealed() {
    let app = TestApp::with_receivers().await;
    let admin = app.admin().await;
    let input = json!({ "url": "https://hooks.example/in", "types": ["order.*"], "description": " our ERP " });
    let variables = json!({ "input": input, "key": "once" });
    let first = admin.payload(WEBHOOK_CREATE, variables.clone()).await;
    let secret = first["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
    let again = admin.payload(WEBHOOK_CREATE, variables).await;
    assert_eq!(again["webhookEndpoint"], first["webhookEndpoint"]);
    assert_eq!(again["secret"], Json::Null);
    let other =
        json!({ "input": { "url": "https://hooks.example/other", "types": ["*"] }, "key": "once" });
    let refused = admin.payload(WEBHOOK_CREATE, other).await;
    assert_eq!(refused["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH");
    let text = if harness::database::server().is_some() {
        "encode(sealed, 'escape')"
    } else {
        "cast(sealed as text)"
    };
    let plain = format!("select count(*) from webhook_secrets where {text} like '%whsec_%'");
    assert_eq!(app.number(&plain).await, 0);
    assert_eq!(app.number("select count(*) from webhook_endpoints").await, 1);
    // Nothing of it stands in the audit log either.
    let told = "{ auditLog(first: 10) { nodes { operation change } } }";
    let log = admin.payload(told, json!({})).await.to_string();
    assert!(log.contains("webhookEndpointCreate") && !log.contains(&secret[6..]), "{log}");
}

#[tokio::test]
async fn addresses_and_types_that_cannot_be_are_refused_all_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (url, code) in [
        ("http://hooks.example/", "https"),
        ("https://127.0.0.1/", "internal"),
        ("https://2130706433/", "internal"),
        ("https://0177.0.0.1/", "internal"),
        ("https://0x7f.1/", "internal"),
        ("https://[::1]/", "internal"),
        ("https://[::ffff:10.0.0.1]/", "internal"),
        ("https://[64:ff9b::7f00:1]/", "internal"),
        ("https://169.254.169.254/latest/meta-data", "internal"),
        ("https://localhost/", "internal"),
        ("https://localhost./", "internal"),
        ("https://user:secret@hooks.example/", "user name"),
        ("nonsense", "URL"),
    ] {
        let input = json!({ "url": url, "types": ["order.*", "order.vanished", "nothing.*"] });
        let payload = admin.payload(WEBHOOK_CREATE, json!({ "input": input })).await;
        assert_eq!(
            harness::client::user_errors(&payload),
            ["INVALID input.url", "INVALID input.types.1", "INVALID input.types.2"],
            "{url}"
        );
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains(code), "{url}: {message}");
        assert_eq!(payload["secret"], Json::Null);
    }
    let empty = json!({ "url": "https://hooks.example/", "types": [] });
    assert_eq!(admin.refused(WEBHOOK_CREATE, empty).await, ["REQUIRED input.types"]);
    assert_eq!(app.number("select count(*) from webhook_endpoints").await, 0);
}

#[tokio::test]
async fn a_name_that_leads_inside_later_is_not_called() {
    let app = TestApp::start().await;
    let receiver = Receiver::start().await;
    let admin = app.admin().await;
    let made = json!({ "url": "https://hooks.example/", "types": ["order.*"] });
    let made = admin.done(WEBHOOK_CREATE, made).await;
    let id = made["webhookEndpoint"]["id"].clone();
    let port = receiver.url.split(':').nth(2).unwrap().split('/').next().unwrap();
    // As if its name had changed its address, in every way an address is written.
    for url in [
        format!("https://localhost:{port}/"),
        format!("https://localhost.:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("http://127.0.0.1:{port}/"),
    ] {
        app.plant(&format!("update webhook_endpoints set url = '{url}'")).await;
        admin.done(WEBHOOK_TEST, json!({ "webhookEndpointId": id })).await;
        app.send_webhooks().await;
        let last = deliveries(&admin, id.as_str().unwrap()).await.pop().unwrap();
        assert_eq!(last["state"], "PENDING", "{url}: {last}");
        let error = last["lastError"].as_str().unwrap();
        assert!(error.contains("internal") || error.contains("https"), "{url}: {error}");
        app.plant("update webhook_deliveries set state = 'FAILED', next_attempt_at = null").await;
    }
    assert!(receiver.calls().is_empty());
}

#[tokio::test]
async fn others_endpoints_are_not_there_but_for_who_manages_access() {
    let app = TestApp::with_receivers().await;
    let receiver = Receiver::start().await;
    let partner = |permissions: &[P]| {
        let permissions: Permissions = permissions.iter().copied().collect();
        app.token(permissions, Reach::default())
    };
    let maker = partner(&[P::WebhooksManage, P::OrdersRead, P::PaymentsRead]).await;
    let other = partner(&[P::WebhooksManage, P::OrdersRead]).await;
    let manager = partner(&[P::WebhooksManage, P::OrdersRead, P::AccessManage]).await;
    let (id, _) = endpoint(&maker, &receiver, &["order.placed", "order.tagged"]).await;
    let listed = "{ webhookEndpoints { id } }";
    assert_eq!(other.payload(listed, json!({})).await, json!([]));
    assert_eq!(maker.payload(listed, json!({})).await, json!([{ "id": id }]));
    assert_eq!(manager.payload(listed, json!({})).await, json!([{ "id": id }]));
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(other.payload(node, json!({ "id": id })).await, Json::Null);
    let which = json!({ "webhookEndpointId": id });
    let more = json!({ "webhookEndpointId": id, "since": "2026-01-01T00:00:00Z" });
    for (query, input) in [
        (WEBHOOK_UPDATE, &which),
        (WEBHOOK_ROTATE, &which),
        (WEBHOOK_DELETE, &which),
        (WEBHOOK_TEST, &which),
        (WEBHOOK_REPLAY, &more),
    ] {
        assert_eq!(
            other.refused(query, input.clone()).await,
            ["NOT_FOUND input.webhookEndpointId"]
        );
    }
    // Nobody leads to themselves what they may not see.
    let led = json!({ "webhookEndpointId": id, "url": "https://hooks.example/mine" });
    for (query, input) in
        [(WEBHOOK_UPDATE, &led), (WEBHOOK_ROTATE, &which), (WEBHOOK_DELETE, &which)]
    {
        let refused = manager.refused(query, input.clone()).await;
        assert_eq!(refused, ["POLICY_VIOLATION input.webhookEndpointId"]);
    }
    let admin = app.admin().await;
    admin.done(WEBHOOK_UPDATE, led).await;
    let deleted = admin.done(WEBHOOK_DELETE, which.clone()).await;
    assert_eq!(deleted["webhookEndpoint"]["active"], false);
    assert_eq!(maker.payload(listed, json!({})).await, json!([]));
    assert_eq!(maker.refused(WEBHOOK_TEST, which).await, ["NOT_FOUND input.webhookEndpointId"]);
    assert_eq!(app.number("select count(*) from webhook_secrets").await, 0);
    app.verify().await;
}

#[tokio::test]
async fn what_is_switched_off_hears_nothing_and_goes_on_later() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = Receiver::start().await;
    let (id, _) = endpoint(&shop.admin, &receiver, &["order.placed"]).await;
    let set = |active: bool| json!({ "webhookEndpointId": id, "active": active });
    receiver.answers(|_| 500);
    shop.place(shop.order(&[("A", 1)])).await;
    app.send_webhooks().await;
    assert_eq!(receiver.take().len(), 1);
    shop.admin.done(WEBHOOK_UPDATE, set(false)).await;
    shop.place(shop.order(&[("B", 1)])).await;
    app.clock.advance(time::Duration::minutes(1));
    assert_eq!(app.send_webhooks().await, 0);
    let test = shop.admin.refused(WEBHOOK_TEST, json!({ "webhookEndpointId": id })).await;
    assert_eq!(test, ["STATE_CONFLICT input.webhookEndpointId"]);
    receiver.answers(|_| 204);
    app.settled().await;
    shop.admin.done(WEBHOOK_UPDATE, set(true)).await;
    shop.place(shop.order(&[("C", 1)])).await;
    app.send_webhooks().await;
    // What waited, and what is new; not what happened meanwhile.
    let numbers: Vec<Json> =
        receiver.take().iter().map(|call| call.body["data"]["number"].clone()).collect();
    assert_eq!(numbers, ["WEB-1000001", "WEB-1000003"]);
    assert_eq!(states(&deliveries(&shop.admin, &id).await), ["DELIVERED", "DELIVERED"]);
}

//! The query `events`, its cursors, and how long the log is kept.

use harness::shop::*;
use harness::{Client, Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use time::Duration;

const EVENTS: &str =
    "query($filter: EventFilter, $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    edges { cursor node { id cursor type at subjectId data order { number } } } } }";

/// Everything settled, and how many events that is.
async fn settled(app: &TestApp) -> i64 {
    app.settled().await;
    app.number("select count(*) from events").await
}

fn types(page: &Json) -> Vec<&str> {
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["type"].as_str().unwrap()).collect()
}

fn cursors(page: &Json) -> Vec<String> {
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["cursor"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_log_is_paged_oldest_first_and_from_its_end() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 1), ("B", 1)])).await;
    let count = settled(&app).await;
    let mut after = Json::Null;
    let mut seen = Vec::new();
    loop {
        let page = shop.admin.payload(EVENTS, json!({ "first": 4, "after": after })).await;
        assert_eq!(page["totalCount"], count);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        seen.extend(cursors(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(i64::try_from(seen.len()).unwrap(), count);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    let newest = shop.admin.payload(EVENTS, json!({ "last": 3 })).await;
    assert_eq!(types(&newest), ["order.held", "stock.reserved", "stock.reserved"]);
    assert_eq!(cursors(&newest), seen[seen.len() - 3..]);
    let before = json!({ "last": 3, "before": newest["pageInfo"]["startCursor"] });
    let earlier = shop.admin.payload(EVENTS, before).await;
    assert_eq!(cursors(&earlier), seen[seen.len() - 6..seen.len() - 3]);
    // Polling on behind the end: nothing yet, then what is new.
    let end = json!({ "after": seen.last() });
    assert_eq!(shop.admin.payload(EVENTS, end.clone()).await["edges"], json!([]));
    shop.place(shop.order(&[("C", 1)])).await;
    settled(&app).await;
    let more = shop.admin.payload(EVENTS, end).await;
    assert_eq!(
        types(&more),
        ["order.placed", "fulfillment.opened", "order.held", "stock.reserved"]
    );
    let told = &more["edges"][0]["node"];
    assert_eq!(told["data"]["number"], told["order"]["number"]);
    assert_eq!(told["cursor"], more["edges"][0]["cursor"]);
}

#[tokio::test]
async fn filters_find_what_they_say_and_unknown_types_are_named() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let order = shop.place(input).await;
    app.clock.advance(Duration::hours(1));
    let mut other = shop.order(&[("A", 1)]);
    other["channelId"] = json!(shop.market);
    shop.place(other).await;
    let user = app.user("u@shop.example", "agent").await;
    let assign = json!({ "orderId": order["id"], "userId": user });
    shop.admin.done(ORDER_ASSIGN, assign).await;
    settled(&app).await;
    let hour = json!({ "from": "2026-03-02T11:00:00Z" });
    let of = |filter: Json| {
        let client = shop.admin.clone();
        async move { client.payload(EVENTS, json!({ "filter": filter, "first": 100 })).await }
    };
    let found = of(json!({ "orderId": order["id"] })).await;
    assert_eq!(
        types(&found),
        ["order.placed", "fulfillment.opened", "order.held", "order.assigned"]
    );
    assert_eq!(
        found["edges"][3]["node"]["data"],
        json!({ "userId": user, "previousUserId": null })
    );
    let found = of(json!({ "types": ["fulfillment.*", "order.assigned"], "at": hour })).await;
    assert_eq!(types(&found), ["fulfillment.opened", "order.assigned"]);
    let found = of(json!({ "customerId": order["customer"]["id"], "types": ["customer.*"] })).await;
    assert_eq!(types(&found), ["customer.created"]);
    let found = of(json!({ "channelIds": [shop.market], "types": ["order.*"] })).await;
    assert_eq!(types(&found), ["order.placed", "order.held"]);
    let found = of(json!({ "locationIds": [shop.hamburg], "types": ["stock.reserved"] })).await;
    assert_eq!(found["totalCount"], 1);
    let found = of(json!({ "subjectIds": [user, order["id"]], "at": hour })).await;
    assert_eq!(types(&found), ["user.created", "order.assigned"]);
    assert_eq!(of(json!({ "types": [] })).await["totalCount"], 0);
    let bad = json!({ "filter": { "types": ["order.placed", "order.vanished", "x.*"] } });
    let answer = shop.admin.answer(EVENTS, bad).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT");
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("`order.vanished`, `x.*`") && !message.contains("placed"),
        "{message}"
    );
}

#[tokio::test]
async fn an_event_is_seen_with_its_permission_and_within_reach() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let mut other = shop.order(&[("A", 1)]);
    other["channelId"] = json!(shop.market);
    other["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let market = shop.place(other).await;
    let note = json!({ "subjectId": market["customer"]["id"], "text": "called" });
    shop.admin.done(NOTE_ADD, note).await;
    settled(&app).await;
    let seen = |client: Client| async move {
        let page = client.payload(EVENTS, json!({ "first": 100 })).await;
        let kinds: BTreeSet<String> = types(&page).into_iter().map(str::to_owned).collect();
        let orders: BTreeSet<String> = page["edges"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|edge| edge["node"]["order"]["number"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(page["totalCount"], page["edges"].as_array().unwrap().len());
        (kinds, orders)
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let numbers = |orders: &[&Json]| {
        orders.iter().map(|order| order["number"].as_str().unwrap().to_owned()).collect()
    };
    let warehouse = seen(app.role("warehouse").await).await;
    assert!(warehouse.0.contains("stock.reserved") && !warehouse.0.contains("api_token.created"));
    // A location sees the orders it sends something of, whatever else happened to them: not the others of
    // the channel, and no customer beyond its reach.
    let berlin = seen(app.reaching(None, Some(&[&shop.berlin])).await).await;
    assert_eq!(berlin.1, numbers(&[&order]));
    assert!(!berlin.0.contains("customer.created") && !berlin.0.contains("note.added"));
    let hamburg = seen(app.reaching(None, Some(&[&shop.hamburg])).await).await;
    assert_eq!(hamburg.1, numbers(&[&market]));
    assert!(hamburg.0.is_superset(&set(&["customer.created", "note.added", "order.placed"])));
    let web = seen(app.reaching(Some(&[&shop.web]), None).await).await;
    assert_eq!(web.1, numbers(&[&order]));
    assert!(!web.0.contains("customer.created"));
}

#[tokio::test]
async fn a_cursor_that_the_log_never_made_is_invalid() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    settled(&app).await;
    let page = shop.admin.payload(EVENTS, json!({ "last": 2 })).await;
    let cursors = cursors(&page);
    let orders = "{ orders(first: 1) { pageInfo { endCursor } } }";
    shop.place(shop.order(&[("A", 1)])).await;
    let of_orders = shop.admin.payload(orders, json!({})).await["pageInfo"]["endCursor"].clone();
    // The place of an event with another id, as after the log was restored to an earlier time.
    let decode = |cursor: &str| -> Json {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let mut forged = decode(&cursors[0]);
    forged["i"] = json!("00000000-0000-7000-8000-000000000007");
    let encode = |cursor: &Json| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(cursor.to_string())
    };
    for wrong in [json!("nonsense"), of_orders, json!(encode(&forged)), json!("")] {
        let code = shop.admin.error_code(EVENTS, json!({ "after": wrong })).await;
        assert_eq!(code, "CURSOR_INVALID", "{wrong}");
        for field in ["events", "orderUpdated", "stockChanged"] {
            let document =
                format!("subscription($after: String) {{ {field}(after: $after) {{ cursor }} }}");
            let mut stream = Stream::open(&shop.admin, &document, json!({ "after": wrong })).await;
            assert_eq!(stream.ends_with().await, "CURSOR_INVALID", "{field} {wrong}");
        }
    }
}

#[tokio::test]
async fn what_is_older_than_what_is_kept_goes_and_its_cursors_expire() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 1)])).await;
    let all = settled(&app).await;
    let old = shop.admin.payload(EVENTS, json!({ "last": 2 })).await;
    let old = cursors(&old);
    // Nothing else shortens the log.
    assert!(app.try_plant("delete from events").await.is_err());
    app.later(Duration::days(31)).await;
    shop.place(shop.order(&[("B", 1)])).await;
    let kept = settled(&app).await - all;
    let prune = |days| {
        let store = app.store.clone();
        async move { operations::events::retention::prune(&store, Duration::days(days)).await.unwrap() }
    };
    assert_eq!(prune(32).await, 0);
    assert_eq!(i64::try_from(prune(30).await).unwrap(), all);
    assert_eq!(prune(30).await, 0);
    let page = shop.admin.payload(EVENTS, json!({ "first": 100 })).await;
    assert_eq!(page["totalCount"], kept);
    // The newest that went is still a place to go on from; one before it is not.
    let after = shop.admin.payload(EVENTS, json!({ "after": old[1] })).await;
    assert_eq!(cursors(&after), cursors(&page));
    let code = shop.admin.error_code(EVENTS, json!({ "after": old[0] })).await;
    assert_eq!(code, "CURSOR_EXPIRED");
    let code = shop.admin.error_code(EVENTS, json!({ "before": old[0] })).await;
    assert_eq!(code, "CURSOR_EXPIRED");
    for field in ["events", "orderUpdated", "stockChanged"] {
        let document =
            format!("subscription($after: String) {{ {field}(after: $after) {{ cursor }} }}");
        let mut stream = Stream::open(&shop.admin, &document, json!({ "after": old[0] })).await;
        assert_eq!(stream.ends_with().await, "CURSOR_EXPIRED", "{field}");
        let mut stream = Stream::open(&shop.admin, &document, json!({ "after": old[1] })).await;
        stream.item().await;
    }
    assert!(app.try_plant("delete from events").await.is_err());
    app.verify().await;
}

#[tokio::test]
async fn people_stand_in_the_log_by_id_alone_and_are_shown_as_rights_say() {
    let app = TestApp::with_receivers().await;
    let shop = Shop::open(&app).await;
    let receiver = harness::Receiver::start().await;
    let hook = json!({ "url": receiver.url, "types": ["*"] });
    shop.admin.done(WEBHOOK_CREATE, hook).await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "canary@canary.example", "name": "Canary Bird", "phone": "+4930555000" } });
    input["shippingAddress"] = json!({ "name": "Canary Bird", "line1": "Canary Street 1", "city": "Canaryville", "countryCode": "DE" });
    input["note"] = json!("Canary sings");
    let order = shop.place(input).await;
    app.user("canary@shop.example", "agent").await;
    let note = json!({ "subjectId": order["customer"]["id"], "text": "Canary called" });
    shop.admin.done(NOTE_ADD, note).await;
    settled(&app).await;
    let all = shop
        .admin
        .payload("{ events(first: 100) { nodes { type summary data } } }", json!({}))
        .await;
    let text = all.to_string();
    assert!(text.contains("customer.created") && !text.to_lowercase().contains("canary"), "{text}");
    app.send_webhooks().await;
    let calls = receiver.take();
    assert!(calls.len() > 5);
    assert!(calls.iter().all(|call| !call.text.to_lowercase().contains("canary")));
    // Behind the ids, each sees what they may.
    let permissions = [
        operations::permissions::Permission::OrdersRead,
        operations::permissions::Permission::CustomersRead,
    ];
    let reader =
        app.token(permissions.into_iter().collect(), operations::actor::Reach::default()).await;
    let shown = "subscription($after: String) { orderUpdated(after: $after) { cursor order { email customer { email } } } }";
    let first = shop.admin.payload("{ events(first: 1) { nodes { cursor } } }", json!({})).await;
    let after = json!({ "after": first["nodes"][0]["cursor"] });
    let masked = Stream::open(&reader, shown, after.clone()).await.item().await["order"].clone();
    assert!(!masked.to_string().contains("canary@"), "{masked}");
    let full = Stream::open(&shop.admin, shown, after).await.item().await["order"].clone();
    assert_eq!(full["customer"]["email"], "canary@canary.example");
}

//! `events`, `orderUpdated` and `stockChanged`: each filter says the same of what is replayed and of what
//! is heard.

use harness::shop::*;
use harness::{Client, Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::time::Duration;

const ORDER_UPDATED: &str = "subscription($after: String, $filter: OrderEventFilter) { orderUpdated(after: $after, filter: $filter) { cursor event { type cursor } order { id number version assignee { id } } } }";
const STOCK_CHANGED: &str = "subscription($after: String, $filter: StockFilter) { stockChanged(after: $after, filter: $filter) { cursor event { type data } stockLevel { id available location { code } variant { sku } } } }";
const EVENTS: &str = "subscription($after: String, $filter: EventFilter) { events(after: $after, filter: $filter) { cursor event { type order { number } } } }";
/// Longer than an event takes to arrive, on a busy machine.
const QUIET: Duration = Duration::from_millis(1_500);

/// A cursor before which everything has settled.
async fn newest(app: &TestApp, client: &Client) -> Json {
    app.settled().await;
    let page = client.payload("{ events(last: 1) { edges { cursor } } }", json!({})).await;
    page["edges"][0]["cursor"].clone()
}

fn told(items: &[Json]) -> Vec<String> {
    items.iter().map(|item| item["event"]["type"].as_str().unwrap().to_owned()).collect()
}

/// A little of everything that happens in a shop.
async fn act(app: &TestApp, shop: &Shop) -> (Json, Json, String, String) {
    let user = app.user("first@shop.example", "agent").await;
    let second = app.user("second@shop.example", "agent").await;
    let mut input = shop.order(&[("A", 1), ("B", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let order = shop.place(input).await;
    let mut input = shop.order(&[("A", 1)]);
    input["channelId"] = json!(shop.market);
    let market = shop.place(input).await;
    for user in [json!(user), json!(second), Json::Null] {
        let input = json!({ "orderId": order["id"], "userId": user });
        shop.admin.done(ORDER_ASSIGN, input).await;
    }
    let input = json!({ "orderId": market["id"], "userId": user });
    shop.admin.done(ORDER_ASSIGN, input).await;
    let tag = json!({ "orderId": market["id"], "add": ["vip"] });
    shop.admin.done(ORDER_TAG, tag).await;
    let policy = json!({ "locationId": shop.berlin, "sku": "B", "reorderPoint": 1_000 });
    shop.admin.done(STOCK_SET_POLICY, policy).await;
    let adjust = json!({ "locationId": shop.berlin, "reason": "count", "lines": [{ "sku": "B", "onHandChange": 3 }, { "sku": "A", "onHandChange": 1 }] });
    shop.admin.done(STOCK_ADJUST, adjust).await;
    let note = json!({ "subjectId": order["customer"]["id"], "text": "called" });
    shop.admin.done(NOTE_ADD, note).await;
    (order, market, user, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_is_what_is_replayed_for_every_filter_and_every_actor() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // Ids of what is not there yet are found by doing it all once before.
    let earlier = act_before(&app, &shop).await;
    let start = newest(&app, &shop.admin).await;
    let mut followed = Vec::new();
    for (who, client) in [
        ("admin", app.admin().await),
        ("berlin", app.reaching(None, Some(&[&shop.berlin])).await),
        ("web", app.reaching(Some(&[&shop.web]), None).await),
        ("market in hamburg", app.reaching(Some(&[&shop.market]), Some(&[&shop.hamburg])).await),
        ("warehouse", app.role("warehouse").await),
    ] {
        for (document, filter) in filters(&shop, &earlier) {
            let variables = json!({ "after": start, "filter": filter });
            let live = Stream::open(&client, document, variables.clone()).await;
            followed.push((who, client.clone(), document, variables, live));
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    act(&app, &shop).await;
    newest(&app, &shop.admin).await;
    let told_both_ways =
        followed.into_iter().map(|(who, client, document, variables, mut live)| async move {
            let heard = live.items(QUIET).await;
            let replayed =
                Stream::open(&client, document, variables.clone()).await.items(QUIET).await;
            (who, document, variables, heard, replayed)
        });
    let mut heard_something = 0;
    for (who, document, variables, heard, replayed) in
        futures::future::join_all(told_both_ways).await
    {
        let cursors = |items: &[Json]| -> Vec<String> {
            items.iter().map(|item| item["cursor"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            cursors(&heard),
            cursors(&replayed),
            "{who} {document} {variables}\nheard {:?}\nreplayed {:?}",
            told(&heard),
            told(&replayed)
        );
        heard_something += usize::from(!heard.is_empty());
    }
    assert!(heard_something > 20, "{heard_something}");
}

/// An order and users to filter by.
struct Earlier {
    order: String,
    customer: String,
    user: String,
}

async fn act_before(app: &TestApp, shop: &Shop) -> Earlier {
    let user = app.user("early@shop.example", "agent").await;
    let mut input = shop.order(&[("A", 1)]);
    input["customer"] = json!({ "create": { "email": "ada@example.com" } });
    let order = shop.place(input).await;
    let assign = json!({ "orderId": order["id"], "userId": user });
    shop.admin.done(ORDER_ASSIGN, assign).await;
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    Earlier { order: text(&order["id"]), customer: text(&order["customer"]["id"]), user }
}

fn filters(shop: &Shop, earlier: &Earlier) -> Vec<(&'static str, Json)> {
    let mut all =
        vec![(EVENTS, Json::Null), (ORDER_UPDATED, Json::Null), (STOCK_CHANGED, Json::Null)];
    all.extend(
        [
            json!({ "types": ["order.*", "stock.adjusted"] }),
            json!({ "channelIds": [shop.market] }),
            json!({ "locationIds": [shop.hamburg] }),
            json!({ "orderId": earlier.order }),
            json!({ "customerId": earlier.customer }),
            json!({ "subjectIds": [earlier.customer, earlier.order] }),
            json!({ "at": { "from": "2026-03-02T09:00:00Z", "to": "2026-03-02T10:00:00Z" } }),
        ]
        .map(|filter| (EVENTS, filter)),
    );
    all.extend(
        [
            json!({ "types": ["payment.*", "order.assigned", "order.tagged"] }),
            json!({ "channelIds": [shop.web] }),
            json!({ "locationIds": [shop.hamburg] }),
            json!({ "orderIds": [earlier.order] }),
            json!({ "customerIds": [earlier.customer] }),
            json!({ "assigneeIds": [earlier.user] }),
        ]
        .map(|filter| (ORDER_UPDATED, filter)),
    );
    all.extend(
        [
            json!({ "skus": ["B"] }),
            json!({ "locationIds": [shop.hamburg, shop.store] }),
            json!({ "outOfStock": false }),
        ]
        .map(|filter| (STOCK_CHANGED, filter)),
    );
    all
}

#[tokio::test]
async fn an_order_is_followed_with_its_payments_and_fulfillments() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let start = newest(&app, &shop.admin).await;
    let mut live = Stream::open(&shop.admin, ORDER_UPDATED, json!({ "after": start })).await;
    let mut input = shop.order(&[("A", 1)]);
    input["payments"] = json!([{ "provider": "stripe", "method": "card", "authorized": "1.00" }]);
    let order = shop.place(input).await;
    let tag = json!({ "orderId": order["id"], "add": ["vip"] });
    shop.admin.done(ORDER_TAG, tag).await;
    let mut types = Vec::new();
    let last = loop {
        let update = live.item().await;
        assert_eq!(update["order"]["id"], order["id"]);
        assert_eq!(update["cursor"], update["event"]["cursor"]);
        let kind = update["event"]["type"].as_str().unwrap().to_owned();
        types.push(kind.clone());
        if kind == "order.tagged" {
            break update;
        }
    };
    for kind in ["order.placed", "payment.authorized", "fulfillment.opened"] {
        assert!(types.iter().any(|told| told == kind), "{types:?}");
    }
    // The order is at least as the event left it.
    assert_eq!(last["order"]["version"], order["version"].as_i64().unwrap() + 1);
}

#[tokio::test]
async fn who_had_an_order_hears_that_it_went_and_nothing_after() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let ada = app.user("ada@shop.example", "agent").await;
    let bob = app.user("bob@shop.example", "agent").await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    let start = newest(&app, &shop.admin).await;
    let mine = json!({ "after": start, "filter": { "assigneeIds": [ada] } });
    let mut live = Stream::open(&shop.admin, ORDER_UPDATED, mine).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let assign = |user: Json| json!({ "orderId": order["id"], "userId": user });
    shop.admin.done(ORDER_ASSIGN, assign(json!(ada))).await;
    let update = live.item().await;
    assert_eq!(update["order"]["assignee"]["id"], json!(ada));
    shop.admin.done(ORDER_ASSIGN, assign(json!(bob))).await;
    let update = live.item().await;
    assert_eq!(update["event"]["type"], "order.assigned");
    assert_eq!(update["order"]["assignee"]["id"], json!(bob));
    let tag = json!({ "orderId": order["id"], "add": ["vip"] });
    shop.admin.done(ORDER_TAG, tag).await;
    assert_eq!(live.items(QUIET).await, Vec::<Json>::new());
}

#[tokio::test]
async fn stock_is_followed_level_by_level_and_as_it_is_now() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let start = newest(&app, &shop.admin).await;
    let low = json!({ "after": start, "filter": { "belowReorderPoint": true, "skus": ["A"] } });
    let mut low = Stream::open(&shop.admin, STOCK_CHANGED, low).await;
    let berlin = json!({ "after": start, "filter": { "locationIds": [shop.berlin] } });
    let mut berlin = Stream::open(&shop.admin, STOCK_CHANGED, berlin).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.place(shop.order(&[("A", 1)])).await;
    let update = berlin.item().await;
    assert_eq!(update["event"]["type"], "stock.reserved");
    assert_eq!(update["event"]["data"], json!({ "sku": "A", "reservedChange": 1 }));
    assert_eq!(update["stockLevel"]["variant"]["sku"], "A");
    let available = update["stockLevel"]["available"].as_i64().unwrap();
    let policy = json!({ "locationId": shop.berlin, "sku": "A", "reorderPoint": available });
    shop.admin.done(STOCK_SET_POLICY, policy).await;
    let update = low.item().await;
    assert_eq!(update["event"]["type"], "stock.policy_set");
    assert_eq!(update["stockLevel"]["available"], available);
    let receive = json!({ "locationId": shop.berlin, "lines": [{ "sku": "A", "quantity": 5 }] });
    shop.admin.done(STOCK_RECEIVE, receive).await;
    assert_eq!(low.items(QUIET).await, Vec::<Json>::new());
    // Without the right nothing is followed.
    let without = app.without(operations::permissions::Permission::StockRead).await;
    let mut stream = Stream::open(&without, STOCK_CHANGED, json!({})).await;
    assert_eq!(stream.ends_with().await, "FORBIDDEN");
}

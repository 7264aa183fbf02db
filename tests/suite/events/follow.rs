//! The subscription `events` over Server-Sent Events.

use harness::{Client, Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::time::Duration;

const FOLLOW: &str = "subscription($after: String) { events(after: $after) { cursor event { id type cursor subjectId order { number } } } }";

async fn follow(client: &Client, after: Option<&str>) -> Stream {
    Stream::open(client, FOLLOW, json!({ "after": after })).await
}

/// By GET, as a browser's `EventSource` comes back: behind the last event it had.
async fn resume(client: &Client, last_event_id: &str) -> Stream {
    let request = harness::client::http()
        .get(client.url())
        .query(&[("query", FOLLOW)])
        .header("accept", "text/event-stream")
        .header("last-event-id", last_event_id)
        .bearer_auth(client.token.as_deref().unwrap());
    Stream::of(request.send().await.unwrap())
}

/// The next event of an order. A stream may begin with what had not settled when it was opened: on
/// `PostgreSQL` any transaction of the cluster holds the log back until it ends.
async fn order_event(stream: &mut Stream) -> Json {
    loop {
        let delivery = stream.item().await;
        if !delivery["event"]["order"].is_null() {
            return delivery;
        }
    }
}

fn kind(delivery: &Json) -> &str {
    delivery["event"]["type"].as_str().unwrap()
}

#[tokio::test]
async fn what_happens_arrives_in_order_and_a_cursor_replays_it() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut live = follow(&shop.admin, None).await;
    // The stream begins now: what came before is not in it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let order = shop.place(shop.order(&[("A", 1), ("B", 1)])).await;
    let mut seen = vec![order_event(&mut live).await];
    for _ in 0..4 {
        seen.push(live.item().await);
    }
    let kinds: Vec<&str> = seen.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["order.placed", "fulfillment.opened", "order.held", "stock.reserved", "stock.reserved"]
    );
    assert_eq!(seen[0]["event"]["order"]["number"], order["number"]);
    assert_eq!(seen[0]["cursor"], seen[0]["event"]["cursor"]);
    let after = seen[1]["cursor"].as_str().unwrap();
    let mut replay = follow(&shop.admin, Some(after)).await;
    assert_eq!(replay.item().await, seen[2]);
    assert_eq!(replay.item().await, seen[3]);
    assert_eq!(replay.item().await, seen[4]);
    shop.place(shop.order(&[("C", 1)])).await;
    assert_eq!(kind(&replay.item().await), "order.placed");
}

#[tokio::test]
async fn nobody_hears_what_they_may_not_see() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let stranger = app.reaching(Some(&[&shop.market]), Some(&[&shop.hamburg])).await;
    let mut live = follow(&stranger, None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.place(shop.order(&[("A", 1)])).await;
    let mut other = shop.order(&[("A", 1)]);
    other["channelId"] = json!(shop.market);
    shop.place(other).await;
    assert_eq!(order_event(&mut live).await["event"]["order"]["number"], "MARKET-1000002");
}

#[tokio::test]
async fn a_stream_ends_when_what_its_credential_may_do_changes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let client = app.admin().await;
    let mut stream = follow(&client, None).await;
    shop.place(shop.order(&[("A", 1)])).await;
    order_event(&mut stream).await;
    app.plant("update api_tokens set permissions = '[\"ORDERS_READ\"]'").await;
    assert_eq!(stream.ends_with().await, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stream_ends_with_the_access_token_it_began_with() {
    let app = TestApp::start().await;
    app.user("a@shop.example", "admin").await;
    let sign_in = "mutation($input: SignInInput!) { signIn(input: $input) { session { accessToken } userErrors { code } } }";
    let input = json!({ "email": "a@shop.example", "password": harness::app::PASSWORD });
    let session = app.anonymous().done(sign_in, input).await["session"].clone();
    let client = app.anonymous().with_token(session["accessToken"].as_str().unwrap());
    let mut stream = follow(&client, None).await;
    app.clock.advance(time::Duration::minutes(16));
    assert_eq!(stream.ends_with().await, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stream_that_cannot_be_says_why() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (client, after, code) in
        [(&app.anonymous(), None, "UNAUTHENTICATED"), (&admin, Some("nonsense"), "CURSOR_INVALID")]
    {
        let (kind, data) = follow(client, after).await.next().await;
        assert_eq!(
            (kind.as_str(), data["errors"][0]["extensions"]["code"].as_str()),
            ("next", Some(code))
        );
    }
}

#[tokio::test]
async fn a_mutation_answers_once_and_completes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let body = json!({ "query": harness::shop::ORDER_PLACE, "variables": { "input": shop.order(&[("A", 1)]) } });
    let request = harness::client::http()
        .post(&app.url)
        .header("accept", "text/event-stream")
        .bearer_auth(shop.admin.token.as_ref().unwrap())
        .json(&body);
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("event: next\ndata: {") && text.contains("WEB-1000001"), "{text}");
    assert!(text.ends_with("event: complete\ndata: null\n\n"), "{text}");
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on_behind_its_last_event() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut live = follow(&shop.admin, None).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    shop.place(shop.order(&[("A", 1)])).await;
    let first = order_event(&mut live).await;
    drop(live);
    shop.place(shop.order(&[("A", 1)])).await;
    let cursor = first["cursor"].as_str().unwrap();
    let mut resumed = resume(&shop.admin, cursor).await;
    let placed = loop {
        let delivery = resumed.item().await;
        assert_ne!(delivery["cursor"], first["cursor"], "the last event came again");
        if kind(&delivery) == "order.placed" {
            break delivery;
        }
    };
    assert_eq!(placed["event"]["order"]["number"], "WEB-1000002");
}

/// Writers that commit late and readers that never pass an event that comes before.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_while_many_write() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut readers = Vec::new();
    for _ in 0..2 {
        readers.push(follow(&shop.admin, None).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let orders = 24;
    let writers =
        (0..orders).map(|_| {
            let (client, input) = (shop.admin.clone(), shop.order(&[("D", 1)]));
            async move {
                client.done(harness::shop::ORDER_PLACE, input).await["order"]["number"].clone()
            }
        });
    // Seventeen are in stock; the harness's shop lets no more through.
    let more = json!({ "locationId": shop.berlin, "lines": [{ "sku": "D", "quantity": 50 }] });
    shop.admin.done(harness::shop::STOCK_RECEIVE, more).await;
    let mut placed: Vec<String> = futures::future::join_all(writers)
        .await
        .iter()
        .map(|number| number.as_str().unwrap().to_owned())
        .collect();
    placed.sort();
    for reader in &mut readers {
        let mut heard = Vec::new();
        while heard.len() < placed.len() {
            let delivery = reader.item().await;
            if kind(&delivery) == "order.placed" {
                heard.push(delivery["event"]["order"]["number"].as_str().unwrap().to_owned());
            }
        }
        heard.sort();
        assert_eq!(heard, placed);
    }
}

#[tokio::test]
async fn whoever_wants_little_still_knows_how_far_the_log_was_looked_through() {
    use operations::events::tail::{EventTail, POLL};
    use operations::events::{EventFilter, Wanted, newest_place};
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let filter =
        EventFilter { types: Some(vec!["api_token.revoked".into()]), ..EventFilter::default() };
    let wanted = Wanted::new(&operations::Actor::system(), filter).unwrap();
    let tail = EventTail::new(app.store.clone(), POLL);
    let listener = tail.listen(wanted.into()).await.unwrap();
    shop.place(shop.order(&[("A", 1)])).await;
    app.settled().await;
    let newest = newest_place(&app.store.read()).await.unwrap();
    for _ in 0..100 {
        if listener.idle_at() == Some(newest) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} is not {newest:?}", listener.idle_at());
}

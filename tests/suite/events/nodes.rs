//! Several nodes on one database, each a process of its own: what is committed through one reaches the
//! subscribers of all, and a node that is killed loses nothing.

use harness::process::Node;
use harness::{Client, Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FOLLOW: &str = "subscription($after: String) { events(after: $after, filter: { types: [\"order.tagged\"] }) { cursor event { id data } } }";
const TAG: &str = "mutation($input: OrderTagInput!) { orderTag(input: $input) { order { id } userErrors { message } } }";

struct Told {
    tag: String,
    cursor: Json,
}

async fn next(stream: &mut Stream) -> Told {
    let item = stream.item().await;
    let tag = item["event"]["data"]["added"][0].as_str().unwrap().to_owned();
    Told { tag, cursor: item["cursor"].clone() }
}

async fn tag(client: &Client, order: &Json, tag: &str) -> bool {
    let body =
        json!({ "query": TAG, "variables": { "input": { "orderId": order["id"], "add": [tag] } } });
    let request = harness::client::http()
        .post(client.url())
        .bearer_auth(client.token.as_deref().unwrap())
        .json(&body);
    // A node that is killed answers nothing: whether it was done is then to be asked of the log.
    match request.send().await {
        Ok(answer) => answer.json::<Json>().await.is_ok_and(|answer| answer["errors"].is_null()),
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_through_one_node_is_heard_on_all_and_a_killed_one_misses_nothing() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let orders =
        [shop.place(shop.order(&[("A", 1)])).await, shop.place(shop.order(&[("A", 1)])).await];
    app.settled().await;
    let start = "{ events(last: 1) { edges { cursor } } }";
    let start = shop.admin.payload(start, json!({})).await["edges"][0]["cursor"].clone();
    let first = Node::start(&app, &[]);
    let mut second = Node::start(&app, &[]);
    let clients = [first.client(&shop.admin), second.client(&shop.admin)];
    let mut streams = Vec::new();
    for client in &clients {
        streams.push(Stream::open(client, FOLLOW, json!({ "after": start })).await);
    }
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for (client, order, name) in [(&clients[0], &orders[0], "a"), (&clients[1], &orders[1], "b")] {
        assert!(tag(client, order, name).await);
        acknowledged.lock().unwrap().insert(name.to_owned());
        for stream in &mut streams {
            assert_eq!(next(stream).await.tag, name);
        }
    }
    // Writers go on through both, while one is killed, comes back and is followed from where it was.
    let mut cursor = {
        assert!(tag(&clients[1], &orders[1], "c").await);
        acknowledged.lock().unwrap().insert("c".to_owned());
        next(&mut streams[0]).await;
        next(&mut streams[1]).await.cursor
    };
    let mut writers = Vec::new();
    for (number, client) in clients.iter().cloned().enumerate() {
        let (order, done) = (orders[number].clone(), acknowledged.clone());
        writers.push(tokio::spawn(async move {
            for round in 0..30 {
                let name = format!("{number}-{round}");
                if tag(&client, &order, &name).await {
                    done.lock().unwrap().insert(name);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }));
    }
    let mut heard = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    for _ in 0..5 {
        let told = next(&mut streams[1]).await;
        heard.push(told.tag);
        cursor = told.cursor;
    }
    second.kill();
    // What was still on its way when it died is heard now, or again behind the cursor; never twice.
    while let Some((_, answer)) = streams[1].next_within(Duration::from_millis(500)).await {
        let item = &answer["data"]["events"];
        heard.push(item["event"]["data"]["added"][0].as_str().unwrap().to_owned());
        cursor = item["cursor"].clone();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let again = Node::start(&app, &[]);
    let mut resumed =
        Stream::open(&again.client(&shop.admin), FOLLOW, json!({ "after": cursor })).await;
    while let Some((_, answer)) = resumed.next_within(Duration::from_secs(2)).await {
        heard.push(
            answer["data"]["events"]["event"]["data"]["added"][0].as_str().unwrap().to_owned(),
        );
    }
    let mut on_first: Vec<String> = vec!["a".into(), "b".into(), "c".into()];
    while let Some((_, answer)) = streams[0].next_within(Duration::from_secs(1)).await {
        on_first.push(
            answer["data"]["events"]["event"]["data"]["added"][0].as_str().unwrap().to_owned(),
        );
    }
    let distinct: BTreeSet<String> = heard.iter().cloned().collect();
    assert_eq!(distinct.len(), heard.len(), "heard twice: {heard:?}");
    // Both heard the same: all that was acknowledged, and perhaps what a killed node did and could not say.
    assert_eq!(distinct, on_first.into_iter().collect());
    let done = acknowledged.lock().unwrap().clone();
    assert!(done.len() > 30, "{}", done.len());
    let missed: Vec<&String> = done.difference(&distinct).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// So long that only a hint explains what is heard before.
const SELDOM: (&str, &str) = ("AFTERCART_EVENT_POLL_MILLISECONDS", "60000");

/// Whether a node hears within seconds of what another did.
async fn hints_arrive(app: &TestApp, settings: &[(&str, &str)]) {
    let shop = Shop::open(app).await;
    let order = shop.place(shop.order(&[("A", 1)])).await;
    app.settled().await;
    let (writer, reader) = (Node::start(app, settings), Node::start(app, settings));
    let (writer, reader) = (writer, reader.client(&shop.admin));
    let mut stream = Stream::open(&reader, FOLLOW, json!({})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for round in 0..3 {
        let name = format!("hint-{round}");
        assert!(tag(&writer.client(&shop.admin), &order, &name).await);
        let told = stream.next_within(Duration::from_secs(15)).await;
        let (_, answer) = told.expect("a hint");
        assert_eq!(answer["data"]["events"]["event"]["data"]["added"][0], name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_tells_other_nodes_of_news() {
    // SQLite tells nobody; there a node finds what other processes write when it looks.
    if harness::database::server().is_some() {
        hints_arrive(&TestApp::start().await, &[SELDOM]).await;
    }
}

#[tokio::test]
async fn a_lost_hint_costs_a_look() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let mut stream =
        Stream::open(&shop.admin, "subscription { events { event { type } } }", json!({})).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    while stream.next_within(Duration::from_millis(300)).await.is_some() {}
    // Written past the node, which hears of nothing.
    app.plant_events(0..1, "order.tagged", "{}").await;
    assert_eq!(stream.item().await["event"]["type"], "order.tagged");
}

/// A NATS server of its own.
struct Nats {
    child: Child,
    url: String,
}

impl Nats {
    fn start() -> Option<Self> {
        let paths = [
            "/usr/sbin/nats-server",
            "/usr/local/bin/nats-server",
            "/opt/homebrew/bin/nats-server",
        ];
        let program = paths.iter().find(|path| std::path::Path::new(path).exists());
        if program.is_none() {
            // `tests/run` installs it and insists; a plain `cargo test` goes without.
            assert!(std::env::var_os("TEST_NATS").is_none(), "there is no nats-server");
            return None;
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(program?)
            .args(["-a", "127.0.0.1", "-p", &free.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server runs");
        Some(Self { child, url: format!("nats://{free}") })
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_tells_other_nodes_of_news() {
    let Some(nats) = Nats::start() else { return };
    let url = nats.url.clone();
    hints_arrive(&TestApp::start().await, &[SELDOM, ("AFTERCART_NATS_URL", &url)]).await;
}

#[tokio::test]
async fn a_node_lets_go_of_what_is_kept_no_longer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    shop.place(shop.order(&[("A", 1)])).await;
    // The node's own clock is long past the test's.
    let _node = Node::start(&app, &[("AFTERCART_EVENTS_KEEP_DAYS", "7")]);
    let old = "select count(*) from events where recorded_at < '2026-03-03T00:00:00.000000Z'";
    for _ in 0..100 {
        if app.number(old).await == 0 {
            app.verify().await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} events are left", app.number(old).await);
}

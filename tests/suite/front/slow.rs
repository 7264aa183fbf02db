//! A client that takes less than what happens is told so, and goes on by its cursor.

use harness::{Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

const FOLLOW: &str =
    "subscription($after: String) { events(after: $after) { cursor event { id data } } }";
/// Enough to fill what the network keeps between the two, and the limits.
const EVENTS: u32 = 1_500;

/// Many events, each with ten kilobytes of data.
async fn flood(app: &TestApp) {
    let data = format!("{{\"code\": \"{}\"}}", "x".repeat(10_000));
    for start in (0..EVENTS).step_by(50) {
        app.plant_events(start..start + 50, "channel.saved", &data).await;
        app.store.heard();
        // Few enough at a time to be heard, not read back from the log.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_too_far_behind_is_told_and_resumes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    // A client that reads its head and then nothing.
    let address = app.url.strip_prefix("http://").unwrap().strip_suffix("/graphql").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8_192).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let body = json!({ "query": FOLLOW }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        shop.admin.token.as_deref().unwrap(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    tokio::time::sleep(Duration::from_millis(500)).await;
    flood(&app).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    // It reads on: what was under way, then why there is no more.
    let mut text = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text));
    let _ended = read.await;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("SLOW_CONSUMER"), "{}", text.len());
    assert!(text.contains("event: complete"));
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    // From its last cursor the rest comes, each once.
    let variables = json!({ "after": ids.last() });
    let mut resumed = Stream::open(&shop.admin, FOLLOW, variables).await;
    let told = |number: u32| {
        let id = harness::app::planted(number);
        json!(aftercart::ids::encode(aftercart::ids::Kind::Event, id))
    };
    // A stream may begin with what had not settled when it was opened: only the flood is counted.
    let first = text.matches("\"id\":\"evt_000007").count();
    let first = u32::try_from(first).unwrap();
    assert!(first < EVENTS, "{first}");
    for number in first..EVENTS {
        let item: Json = resumed.item().await;
        assert_eq!(item["event"]["id"], told(number));
    }
}

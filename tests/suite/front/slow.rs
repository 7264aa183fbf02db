//! A client that takes less than what happens is told so, and goes on by its cursor.

use harness::{Shop, Stream, TestApp};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

const FOLLOW: &str =
    "subscription($after: String) { events(after: $after) { cursor event { id data } } }";
/// Enough to fill what the network keeps between the two, and the limits.
const EVENTS: usize = 1_500;

/// Many events at once, straight into the log: each with ten kilobytes of data.
async fn flood(app: &TestApp, from: usize) {
    let epoch = app.number("select cast(max(epoch) as bigint) from events").await;
    let postgres = harness::database::server().is_some();
    let filler = "x".repeat(10_000);
    for start in (from..from + EVENTS).step_by(50) {
        let rows: Vec<String> = (start..start + 50)
            .map(|number| {
                let id = uuid::Uuid::from_u128((7 << 100) | u128::try_from(number).unwrap());
                let id = if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
                format!(
                    "({id}, {epoch}, 'channel.saved', 'chn', {id}, 'SYSTEM', '{{\"code\": \"{filler}\"}}',
                     '2026-03-02T10:00:00.000000Z', '2026-03-02T10:00:00.000000Z')"
                )
            })
            .collect();
        app.plant(&format!(
            "insert into events (id, epoch, kind, subject_type, subject_id, actor_kind, data, at, recorded_at)
             values {}",
            rows.join(", ")
        ))
        .await;
        app.store.heard();
        // Few enough at a time to be heard, not read back from the log.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_too_far_behind_is_told_and_resumes() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let before = app.number("select count(*) from events").await;
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
    flood(&app, 0).await;
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
    let mut rest = 0;
    let told = |number: usize| {
        let id = uuid::Uuid::from_u128((7 << 100) | u128::try_from(number).unwrap());
        json!(aftercart::ids::encode(aftercart::ids::Kind::Event, id))
    };
    let already =
        usize::try_from(app.number("select count(*) from events").await - before).unwrap();
    assert_eq!(already, EVENTS);
    // A stream may begin with what had not settled when it was opened: only the flood is counted.
    let first = text.matches("\"id\":\"evt_000007").count();
    assert!(first < EVENTS, "{first}");
    while first + rest < EVENTS {
        let item: Json = resumed.item().await;
        assert_eq!(item["event"]["id"], told(first + rest), "{rest}");
        rest += 1;
    }
}

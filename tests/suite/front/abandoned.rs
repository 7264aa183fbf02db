//! Sockets that are opened, followed on and left without a word leave nothing behind.

use harness::{Shop, TestApp};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// A frame of a client whose mask changes nothing.
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81, 0x80 | 0x7e];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// A socket that follows what happens.
async fn follower(address: &str, token: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let upgrade = format!(
        "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    );
    socket.write_all(upgrade.as_bytes()).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } });
    socket.write_all(&frame(&init.to_string())).await.unwrap();
    let mut heard = String::new();
    while !heard.contains("connection_ack") {
        let mut some = [0; 512];
        let read = socket.read(&mut some).await.unwrap();
        assert!(read > 0, "{heard}");
        heard.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": "subscription { orderUpdated { cursor order { number } } }" } });
    socket.write_all(&frame(&subscribe.to_string())).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_sockets_leave_no_task_behind() {
    let (rounds, at_once) =
        if std::env::var_os("TEST_FULL").is_some() { (5, 2_000) } else { (2, 60) };
    let app = TestApp::start().await;
    let shop = Shop::open(&app).await;
    let address = app.url.strip_prefix("http://").unwrap().strip_suffix("/graphql").unwrap();
    let token = shop.admin.token.as_deref().unwrap();
    let tasks = || Handle::current().metrics().num_alive_tasks();
    // What serves the first of them goes on: connections to the database, the tail of the log.
    drop(follower(address, token).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = tasks();
    for _ in 0..rounds {
        let mut sockets = Vec::new();
        for _ in 0..at_once {
            sockets.push(follower(address, token).await);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(
            tasks() >= before + 2 * at_once,
            "{} tasks for {at_once} sockets",
            tasks() - before
        );
        shop.place(shop.order(&[("A", 1)])).await;
        drop(sockets);
    }
    let mut left = tasks();
    for _ in 0..100 {
        left = tasks();
        if left <= before + 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(left <= before + 5, "{before} tasks before, {left} after");
}

//! Hints over NATS, for fleets that outgrow `NOTIFY`: see [`operations::hints`].

use async_nats::{Client, ConnectOptions};
use futures::StreamExt;
use operations::hints::TOGETHER;
use operations::{Error, Result, Store};

/// What is told, and to whom.
const SUBJECT: &str = "aftercart.news";

/// Connects; a server that is not there yet is waited for in the background.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    crate::oidc::choose_cryptography();
    ConnectOptions::new()
        .name("aftercart")
        .retry_on_initial_connect()
        .connect(url)
        .await
        .map_err(|error| Error::Unavailable(format!("NATS: {error}")))
}

/// Tells other nodes of what is committed here, and hears what they tell, for as long as it is polled.
pub(crate) async fn exchange(store: Store, client: Client) {
    let node = store.ids().next().to_string();
    tokio::join!(tell(&store, &client, &node), hear(&store, &client, &node));
}

async fn tell(store: &Store, client: &Client, node: &str) {
    let mut commits = store.commits();
    while commits.changed().await.is_ok() {
        if let Err(error) = client.publish(SUBJECT, node.to_owned().into()).await {
            tracing::warn!(%error, "other nodes could not be told of news: they look by themselves");
        }
        tokio::time::sleep(TOGETHER).await;
    }
}

async fn hear(store: &Store, client: &Client, node: &str) {
    match client.subscribe(SUBJECT).await {
        Ok(mut told) => {
            while let Some(message) = told.next().await {
                if message.payload != node.as_bytes() {
                    store.heard();
                }
            }
        }
        Err(error) => {
            tracing::warn!(%error, "news of other nodes cannot be heard: they are looked for");
        }
    }
}

//! Nodes tell each other that there is something new.
//!
//! The log is the truth; a hint only saves the wait until the next look at it. Hints go out behind the commit, in no
//! transaction of an operation (inside one they cost a multiple of it), and many commits become one.

use crate::error::Result;
use crate::sql::sql;
use crate::store::Store;
use sea_orm::sqlx::postgres::PgListener;
use std::time::Duration;
use uuid::Uuid;

const CHANNEL: &str = "aftercart_news";
/// Commits in this time are told of together.
pub const TOGETHER: Duration = Duration::from_millis(20);
/// How long to wait with a database that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// Tells and hears by `NOTIFY` and `LISTEN`, for as long as it is polled. Only `PostgreSQL` has them.
pub async fn exchange(store: Store) {
    if store.is_postgres() {
        let node = store.ids().next();
        tokio::join!(tell(&store, node), hear(&store, node));
    }
}

async fn tell(store: &Store, node: Uuid) {
    let mut commits = store.commits();
    while commits.changed().await.is_ok() {
        // Nothing is lost with a hint, so its commit waits for no disk.
        let query = sql("select cast(pg_notify(?, ?) as text)
             from set_config('synchronous_commit', 'off', true)")
        .bind(CHANNEL)
        .bind(node.to_string());
        let told: Result<Option<String>> = store.read().value(query).await;
        if let Err(error) = told {
            tracing::warn!(%error, "other nodes could not be told of news: they look by themselves");
        }
        tokio::time::sleep(TOGETHER).await;
    }
}

async fn hear(store: &Store, node: Uuid) {
    let node = node.to_string();
    loop {
        if let Err(error) = listen(store, &node).await {
            tracing::warn!(%error, "news of other nodes cannot be heard: they are looked for");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn listen(store: &Store, node: &str) -> std::result::Result<(), sea_orm::sqlx::Error> {
    let mut listener = PgListener::connect(store.url()).await?;
    listener.listen(CHANNEL).await?;
    // Something may have been told of before.
    store.heard();
    loop {
        match listener.try_recv().await? {
            Some(told) if told.payload() == node => {}
            // None where the connection was lost and made again: hints may have been lost with it.
            Some(_) | None => store.heard(),
        }
    }
}

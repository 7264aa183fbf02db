//! Partners hear of events at addresses of their own.

mod delivery;
mod endpoints;
mod replay;

use harness::shop::WEBHOOK_CREATE;
use harness::{Client, Receiver};
use serde_json::{Value as Json, json};

/// An endpoint at a receiver: its id and secret.
pub(crate) async fn endpoint(
    client: &Client,
    receiver: &Receiver,
    types: &[&str],
) -> (String, String) {
    let input = json!({ "url": receiver.url, "types": types });
    let made = client.done(WEBHOOK_CREATE, input).await;
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    (text(&made["webhookEndpoint"]["id"]), text(&made["secret"]))
}

/// The newest deliveries of an endpoint, oldest first.
async fn deliveries(client: &Client, endpoint: &str) -> Vec<Json> {
    let query = "query($id: ID!) { node(id: $id) { ... on WebhookEndpoint { deliveries(first: 100) { totalCount nodes {
        id state attempts lastStatus lastError nextAttemptAt deliveredAt event { id type subjectId } } } } } }";
    let node = client.payload(query, json!({ "id": endpoint })).await;
    let mut rows = node["deliveries"]["nodes"].as_array().unwrap().clone();
    assert_eq!(node["deliveries"]["totalCount"], rows.len());
    rows.reverse();
    rows
}

fn states(rows: &[Json]) -> Vec<&str> {
    rows.iter().map(|row| row["state"].as_str().unwrap()).collect()
}

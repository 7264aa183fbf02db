//! A subscription over Server-Sent Events.

use crate::client::{Client, http};
use serde_json::{Value as Json, json};
use std::time::Duration;

pub struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    pub async fn open(client: &Client, document: &str, variables: Json) -> Self {
        let mut request = http()
            .post(client.url())
            .header("accept", "text/event-stream")
            .json(&json!({ "query": document, "variables": variables }));
        if let Some(token) = &client.token {
            request = request.bearer_auth(token);
        }
        Self::of(request.send().await.expect("the server answers"))
    }

    pub fn of(response: reqwest::Response) -> Self {
        Self { response, text: String::new() }
    }

    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The next message: its event and its data. Comments are passed over.
    pub async fn next(&mut self) -> (String, Json) {
        let next = tokio::time::timeout(Duration::from_mins(1), self.within());
        next.await.expect("something comes").expect("no end")
    }

    /// The next message, if one comes within a time.
    pub async fn next_within(&mut self, time: Duration) -> Option<(String, Json)> {
        tokio::time::timeout(time, self.within()).await.ok().flatten()
    }

    async fn within(&mut self) -> Option<(String, Json)> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    message
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|text| text.trim().to_owned())
                };
                let Some(event) = field("event:") else { continue };
                let data = field("data:").unwrap_or_default();
                return Some((event, serde_json::from_str(&data).unwrap_or(Json::Null)));
            }
            let chunk = self.response.chunk().await.ok()??;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// What the only root field of the next answer holds.
    pub async fn item(&mut self) -> Json {
        let (kind, data) = self.next().await;
        assert_eq!(kind, "next", "{data}");
        item(&data)
    }

    /// Every item that comes until none came for a while.
    pub async fn items(&mut self, quiet: Duration) -> Vec<Json> {
        let mut items = Vec::new();
        while let Some((kind, data)) = self.next_within(quiet).await {
            if kind == "next" {
                items.push(item(&data));
            }
        }
        items
    }

    /// The code of the error that the stream ends with; what comes before is passed over.
    pub async fn ends_with(&mut self) -> String {
        loop {
            let (kind, data) = self.next().await;
            if let Some(code) = data["errors"][0]["extensions"]["code"].as_str() {
                let code = code.to_owned();
                assert_eq!(self.next().await.0, "complete");
                return code;
            }
            assert_eq!(kind, "next", "{data}");
        }
    }
}

fn item(data: &Json) -> Json {
    assert!(data["errors"].is_null(), "{data}");
    data["data"].as_object().and_then(|root| root.values().next()).cloned().unwrap_or_default()
}

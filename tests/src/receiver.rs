//! A partner's server that webhooks call.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    pub path: String,
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub text: String,
    pub body: Json,
}

impl Call {
    /// Whether a secret signed it.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = standardwebhooks::Webhook::new(secret).expect("a secret");
        let timestamp = self.timestamp.parse().expect("a number");
        let signature = key.sign(&self.id, timestamp, self.text.as_bytes()).expect("signs");
        self.signature.split(' ').any(|one| one == signature)
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().expect("a type")
    }
}

type Answer = dyn Fn(&Call) -> u16 + Send + Sync;

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
    answer: Arc<Mutex<Arc<Answer>>>,
}

impl Receiver {
    /// One that answers 204.
    pub async fn start() -> Self {
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let first: Arc<Answer> = Arc::new(|_: &Call| 204);
        let answer = Arc::new(Mutex::new(first));
        let (noted, answered) = (calls.clone(), answer.clone());
        let handle = move |uri: axum::http::Uri, headers: HeaderMap, body: Bytes| {
            let (noted, answered) = (noted.clone(), answered.clone());
            async move {
                let header = |name: &str| {
                    headers
                        .get(name)
                        .and_then(|value| value.to_str().ok())
                        .unwrap_or_default()
                        .to_owned()
                };
                let text = String::from_utf8(body.to_vec()).unwrap_or_default();
                let call = Call {
                    path: uri.path().to_owned(),
                    id: header("webhook-id"),
                    timestamp: header("webhook-timestamp"),
                    signature: header("webhook-signature"),
                    body: serde_json::from_str(&text).unwrap_or_default(),
                    text,
                };
                let status = answered.lock().unwrap().clone()(&call);
                noted.lock().unwrap().push(call);
                reply(status).await
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(handle);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, calls, answer }
    }

    /// Answers so from now on; 0 never answers.
    pub fn answers(&self, answer: impl Fn(&Call) -> u16 + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The calls since the last time.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// The types of the calls since the last time.
    pub fn types(&self) -> Vec<String> {
        self.take().iter().map(|call| call.kind().to_owned()).collect()
    }
}

async fn reply(status: u16) -> Response {
    if status == 0 {
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if code.is_redirection() {
        return (code, [("location", "/elsewhere")]).into_response();
    }
    code.into_response()
}

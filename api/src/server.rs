//! The router: `/graphql`, `/healthz`, `/readyz`.

use crate::auth::{Credential, Tokens};
use crate::errors::Failure;
use crate::loaders::{Loaders, Scope};
use crate::schema::{self, Schema};
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{ErrorExtensionValues, Response as GraphqlResponse};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::serve::ListenerExt;
use futures::StreamExt;
use moka::sync::Cache;
use operations::access::keys::signing_keys;
use operations::secrets::MasterKey;
use operations::{Actor, Store};
use serde_json::json;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::Instrument;

/// The service: a store and what serves it.
#[derive(Clone)]
pub struct App {
    store: Store,
    schema: Schema,
    tokens: Tokens,
    /// Documents that were parsed before: clients send the same few again and again.
    documents: Cache<String, Arc<ExecutableDocument>>,
    body_limit: usize,
    /// Turns true when the server stops: streams end then.
    stopping: watch::Sender<bool>,
}

/// What an [`App`] is made with, beside its store.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// Wraps the signing keys.
    pub master_key: MasterKey,
    /// How long an access token works.
    pub jwt_lifetime: time::Duration,
    /// The largest request body in bytes.
    pub body_limit: usize,
}

impl AppOptions {
    /// The usual options.
    pub fn new(master_key: MasterKey) -> Self {
        Self { master_key, jwt_lifetime: time::Duration::minutes(15), body_limit: 1024 * 1024 }
    }
}

/// How often a node looks for deadlines that are due.
const TIMER_INTERVAL: Duration = Duration::from_secs(1);
/// Bytes of documents that are kept parsed.
const DOCUMENTS: u64 = 1024 * 1024;

impl App {
    /// Loads the signing keys, making the first one where there is none.
    pub async fn new(store: Store, options: &AppOptions) -> operations::Result<Self> {
        let keys = signing_keys(&store, &options.master_key).await?;
        let tokens = Tokens::new(store.clone(), keys, options.jwt_lifetime);
        Ok(Self {
            store,
            schema: schema::build(),
            tokens,
            documents: Cache::builder()
                .max_capacity(DOCUMENTS)
                .weigher(|text: &String, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
                .build(),
            body_limit: options.body_limit,
            stopping: watch::Sender::new(false),
        })
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/graphql", post(graphql).fallback(wrong_method))
            .route("/healthz", get(|| async { "ok" }))
            .route("/readyz", get(ready))
            .fallback(any(not_found))
            .layer(DefaultBodyLimit::max(self.body_limit))
            .with_state(self.clone())
    }

    /// The request with its document parsed; one that cannot be parsed is left to the executor, which
    /// says what is wrong with it.
    fn parsed(&self, mut request: async_graphql::Request) -> async_graphql::Request {
        if let Some(document) = self.documents.get(&request.query) {
            request.set_parsed_query((*document).clone());
        } else if let Ok(document) = request.parsed_query().cloned() {
            self.documents.insert(request.query.clone(), Arc::new(document));
        }
        request
    }

    /// Serves until `stop` ends; requests under way are finished.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let timers = tokio::spawn(run_timers(self.store.clone()));
        // Answers are small and written whole: waiting for more to send only delays them.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let router = self.router();
        let stop = async move {
            stop.await;
            self.stopping.send_replace(true);
        };
        let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        timers.abort();
        served
    }
}

async fn run_timers(store: Store) {
    loop {
        tokio::time::sleep(TIMER_INTERVAL).await;
        match operations::timers::run_due(&store).await {
            Ok(0) => {}
            Ok(ran) => tracing::debug!(ran, "deadlines met"),
            Err(error) => tracing::error!(%error, "deadlines could not be run"),
        }
    }
}

async fn graphql(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(
        |value| {
            value
                .split(';')
                .next()
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        },
    );
    if !json {
        let message = "send a JSON body with `Content-Type: application/json`";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message);
    }
    let body = match body {
        Ok(body) => body,
        Err(BytesRejection::FailedToBufferBody(rejection))
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            let message = format!("a request has at most {} bytes", app.body_limit);
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", &message);
        }
        Err(_) => return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body broke off"),
    };
    let request: async_graphql::Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the body is no GraphQL request in JSON: {error}");
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
        }
    };
    let request_id = crate::ids::encode_prefixed("req", app.store.ids().next());
    let span = tracing::info_span!("request", id = %request_id);
    execute(app, headers, request, request_id).instrument(span).await
}

async fn execute(
    app: App,
    headers: HeaderMap,
    request: async_graphql::Request,
    request_id: String,
) -> Response {
    let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::to_str).transpose();
    let actor = match authorization {
        Ok(authorization) => app.tokens.actor(authorization).await,
        Err(_) => Err(operations::Error::Unauthenticated("the header is no text")),
    };
    let actor = match actor {
        Ok(actor) => actor.map(|actor| {
            Arc::new(Actor { request_id: Some(request_id.clone()), ..(*actor).clone() })
        }),
        Err(error) => {
            let unauthenticated = matches!(error, operations::Error::Unauthenticated(_));
            let failure = Failure::from(error);
            let status = if unauthenticated {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            return refuse(status, failure.code(), failure.message());
        }
    };
    let scope = Scope { store: app.store.clone(), actor };
    let request = request.data(Loaders::new(scope)).data(app.tokens.clone());
    let mut request = app.parsed(request);
    let accepts_events = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/event-stream"));
    // Only what is followed runs inside the stream: a client that goes away would cut a mutation short.
    if accepts_events && is_subscription(&mut request) {
        let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        return follow(&app, request.data(Credential(text.map(str::to_owned))), request_id);
    }
    // In a task of its own: a client that goes away leaves a mutation whole.
    let schema = app.schema.clone();
    let task = tokio::spawn(async move { schema.execute(request).await }.in_current_span());
    match task.await {
        Ok(response) => answer(response, &request_id),
        Err(error) => {
            tracing::error!(%error, "a resolver panicked");
            let message = format!("something went wrong on our side (request {request_id})");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", &message)
        }
    }
}

/// Whether the operation that the request names is a subscription.
fn is_subscription(request: &mut async_graphql::Request) -> bool {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return false };
    document
        .operations
        .iter()
        .find(|(found, _)| {
            name.is_none() || found.map(async_graphql::Name::as_str) == name.as_deref()
        })
        .is_some_and(|(_, operation)| operation.node.ty == OperationType::Subscription)
}

/// Server-Sent Events, one connection for each operation: `next` for each answer, then `complete`.
fn follow(app: &App, request: async_graphql::Request, request_id: String) -> Response {
    let mut stopping = app.stopping.subscribe();
    let answers = app.schema.execute_stream(request).map(move |mut response| {
        complete_errors(&mut response, &request_id);
        SseEvent::default().event("next").data(serde_json::to_string(&response).unwrap_or_default())
    });
    let stopped = async move {
        let _ended = stopping.wait_for(|stopping| *stopping).await;
    };
    let last = futures::stream::once(async { SseEvent::default().event("complete").data("") });
    let events = answers.take_until(Box::pin(stopped)).chain(last).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

/// Every error has a code; a fault of ours names the request, so that support finds its cause.
fn complete_errors(response: &mut GraphqlResponse, request_id: &str) {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_with(ErrorExtensionValues::default);
        if extensions.get("code").is_none() {
            extensions.set("code", "GRAPHQL_VALIDATION_FAILED");
        }
        if extensions.get("code") == Some(&async_graphql::Value::from("INTERNAL")) {
            extensions.set("requestId", request_id);
        }
    }
}

fn answer(mut response: GraphqlResponse, request_id: &str) -> Response {
    complete_errors(&mut response, request_id);
    let body = serde_json::to_vec(&response).unwrap_or_default();
    json_response(StatusCode::OK, Body::from(body))
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    json_response(status, Body::from(body.to_string()))
}

fn json_response(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

async fn wrong_method() -> Response {
    let mut response =
        refuse(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", "send GraphQL requests by POST");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing here; the API is at /graphql")
}

/// Ready when the database answers.
async fn ready(State(app): State<App>) -> Response {
    match app.store.ping().await {
        Ok(()) => Response::new(Body::from("ready")),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "the database does not answer")
        }
    }
}

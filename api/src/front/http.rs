//! GraphQL over HTTP, <https://graphql.github.io/graphql-over-http/draft/>: POST with JSON, GET for
//! queries, batches, and event streams for those who accept them.

use super::documents::Fault;
use super::executor::{Asker, Kind, Payload, Prepared, Refused, show_cost};
use super::listen::Peer;
use super::{sse, upload, ws};
use crate::errors::Failure;
use crate::server::App;
use async_graphql::Response as Answer;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, FromRequest, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use headers_accept::Accept;
use mediatype::MediaType;
use operations::Actor;
use serde_json::{Value as Json, json};
use std::sync::{Arc, LazyLock};
use tracing::Instrument;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `application/json`: a request that is well formed JSON answers 200, whatever became of it.
    Json,
    /// `application/graphql-response+json`: 400 where nothing ran.
    GraphqlResponse,
    /// `text/event-stream`.
    Events,
}

/// In order of preference where the client has none.
static FORMS: LazyLock<Vec<(MediaType<'static>, Form)>> = LazyLock::new(|| {
    [
        ("application/json", Form::Json),
        ("application/json;charset=utf-8", Form::Json),
        ("application/graphql-response+json", Form::GraphqlResponse),
        ("application/graphql-response+json;charset=utf-8", Form::GraphqlResponse),
        ("text/event-stream", Form::Events),
    ]
    .into_iter()
    .filter_map(|(text, form)| Some((MediaType::parse(text).ok()?, form)))
    .collect()
});

impl Form {
    /// What the client accepts; nothing where it accepts nothing that we write.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let lines: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if lines.is_empty() {
            return Some(Self::Json);
        }
        let accept: Accept = lines.join(", ").parse().ok()?;
        let chosen = accept.negotiate(FORMS.iter().map(|(kind, _)| kind))?;
        FORMS.iter().find(|(kind, _)| kind == chosen).map(|(_, form)| *form)
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::Events => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The status of a request that was understood as JSON and yet did not run.
    const fn request_error(self) -> StatusCode {
        match self {
            Self::Json => StatusCode::OK,
            Self::GraphqlResponse | Self::Events => StatusCode::BAD_REQUEST,
        }
    }
}

/// What is known of a request before its body is read.
struct Visit {
    app: App,
    peer: Peer,
    form: Form,
    headers: HeaderMap,
    id: String,
}

/// `POST /graphql`.
pub(crate) async fn post(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Response {
    visit(app, peer, headers, |visit| async move {
        if upload::is_multipart(&visit.headers) {
            return visit.with_files(request.into_body()).await;
        }
        if !is_json(&visit.headers) {
            let message = "send a JSON body with `Content-Type: application/json`";
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message);
        }
        let limits = visit.app.limits();
        let reading = Bytes::from_request(request, &());
        let body = match tokio::time::timeout(limits.body_time, reading).await {
            Ok(Ok(body)) => body,
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let message = format!("a request has at most {} bytes", limits.body);
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", &message);
            }
            Ok(Err(_)) => {
                return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body broke off");
            }
            Err(_) => {
                let message = format!("the body took more than {} s", limits.body_time.as_secs());
                return refuse(StatusCode::REQUEST_TIMEOUT, "BAD_REQUEST", &message);
            }
        };
        match payloads(&body) {
            Ok((payloads, batch)) => visit.answer(payloads, batch, false).await,
            Err(message) => refuse_as(visit.form, StatusCode::BAD_REQUEST, "BAD_REQUEST", &message),
        }
    })
    .await
}

/// `GET /graphql?query=…&operationName=…&variables=…&extensions=…`: queries and, as event streams,
/// subscriptions. With `Upgrade: websocket`, a socket.
pub(crate) async fn get(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => return ws::upgrade(app, peer, &headers, upgrade),
        Err(rejection) if headers.contains_key(header::UPGRADE) => {
            return refuse(rejection.status(), "BAD_REQUEST", &rejection.body_text());
        }
        Err(_) => {}
    }
    visit(app, peer, headers, |visit| async move {
        match from_url(query.as_deref().unwrap_or_default()) {
            Ok(payload) => visit.answer(vec![payload], false, true).await,
            Err(message) => refuse_as(visit.form, StatusCode::BAD_REQUEST, "BAD_REQUEST", &message),
        }
    })
    .await
}

async fn visit<F, Fut>(app: App, peer: Peer, headers: HeaderMap, serve: F) -> Response
where
    F: FnOnce(Visit) -> Fut,
    Fut: Future<Output = Response>,
{
    let Some(form) = Form::accepted(&headers) else {
        let message = "the answer is application/graphql-response+json, application/json or text/event-stream";
        return refuse(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message);
    };
    let id = crate::ids::encode_prefixed("req", app.store().ids().next());
    let span = tracing::info_span!("request", %id);
    let named = HeaderValue::from_str(&id);
    let mut response = serve(Visit { app, peer, form, headers, id }).instrument(span).await;
    if let Ok(named) = named {
        // By the same id the log and the events of the request are found.
        response.headers_mut().insert("x-request-id", named);
    }
    response
}

impl Visit {
    /// Who asks. A header that is no good is refused, never taken for nobody.
    async fn known(&self) -> Result<Asker, Response> {
        let authorization =
            self.headers.get(header::AUTHORIZATION).map(HeaderValue::to_str).transpose();
        let actor = match authorization {
            Ok(authorization) => self.app.tokens().actor(authorization).await,
            Err(_) => Err(operations::Error::Unauthenticated("the header is no text")),
        };
        let error = match actor {
            Ok(actor) => return Ok(self.asker(actor)),
            Err(error) => error,
        };
        if let Some(code) = error.denial() {
            let denied = vec![("authenticate".to_owned(), code)];
            self.app.executor().note_denials(&self.asker(None), denied, None).await;
        }
        Err({
            let unauthenticated = matches!(error, operations::Error::Unauthenticated(_));
            let failure = Failure::from(error);
            let status = if unauthenticated {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            let mut response = refuse_as(self.form, status, failure.code(), failure.message());
            if unauthenticated {
                let scheme = HeaderValue::from_static("Bearer");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            response
        })
    }

    fn asker(&self, actor: Option<Arc<Actor>>) -> Asker {
        Asker::new(actor, self.id.clone(), self.peer)
    }

    /// An operation that brings files: from who is known, and no mere form.
    async fn with_files(self, body: Body) -> Response {
        if !upload::PREFLIGHT.iter().any(|name| self.headers.contains_key(name)) {
            let message = "send files with the header `GraphQL-Require-Preflight: 1`";
            return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
        }
        let asker = match self.known().await {
            Ok(asker) => asker,
            Err(response) => return response,
        };
        if asker.actor.is_none() {
            let message = "sign in or send a token before you send files";
            return refuse(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message);
        }
        match upload::receive(&self.headers, body, self.app.limits()).await {
            Ok(payload) => self.run(asker, vec![payload], false, false).await,
            Err((status, message)) => refuse(status, "BAD_REQUEST", &message),
        }
    }

    async fn answer(self, payloads: Vec<Payload>, batch: bool, get: bool) -> Response {
        let asker = match self.known().await {
            Ok(asker) => asker,
            Err(response) => return response,
        };
        self.run(asker, payloads, batch, get).await
    }

    async fn run(self, asker: Asker, payloads: Vec<Payload>, batch: bool, get: bool) -> Response {
        let most = self.app.limits().batch;
        if payloads.len() > most {
            let message = format!("a batch has at most {most} operations, not {}", payloads.len());
            return refuse_as(self.form, StatusCode::BAD_REQUEST, "LIMIT_EXCEEDED", &message);
        }
        let executor = self.app.executor();
        let mut operations = Vec::with_capacity(payloads.len());
        for payload in payloads {
            match executor.prepare(payload) {
                Ok(prepared) => operations.push(prepared),
                Err(refused) => return self.refused(refused),
            }
        }
        if let Some(response) = self.misplaced(&operations, batch, get) {
            return response;
        }
        let who = self.peer.payer(asker.actor.as_deref());
        let spent = match executor.charge(&who, &operations) {
            Ok(spent) => spent,
            Err(refused) => return self.refused(refused),
        };
        if self.form == Form::Events {
            // One operation: a batch was refused above.
            let Some(operation) = operations.pop() else { return not_found().await };
            return sse::follow(&self.app, operation, spent, asker, &self.headers);
        }
        let mut answers = Vec::with_capacity(operations.len());
        for operation in operations {
            let mut answer = executor.run(operation, &asker, self.app.tokens()).await;
            show_cost(&mut answer, spent);
            answers.push(answer);
        }
        let body = match answers.as_slice() {
            [single] if !batch => serde_json::to_vec(single),
            several => serde_json::to_vec(several),
        };
        write(self.form, status(&answers, batch), body.unwrap_or_default())
    }

    /// Operations that this way of asking cannot have.
    fn misplaced(&self, operations: &[Prepared], batch: bool, get: bool) -> Option<Response> {
        let any = |kind| operations.iter().any(|operation| operation.kind == kind);
        if get && any(Kind::Mutation) {
            let message = "mutations are sent by POST";
            let mut response =
                refuse_as(self.form, StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", message);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return Some(response);
        }
        let message = if batch && self.form == Form::Events {
            "an event stream carries one operation"
        } else if batch && (any(Kind::Mutation) || any(Kind::Subscription)) {
            "a batch carries queries alone"
        } else if self.form != Form::Events && any(Kind::Subscription) {
            "subscriptions are followed over WebSocket, or with `Accept: text/event-stream`"
        } else {
            return None;
        };
        Some(refuse_as(self.form, StatusCode::BAD_REQUEST, "BAD_REQUEST", message))
    }

    fn refused(&self, refused: Refused) -> Response {
        match refused {
            Refused::Request(faults) => {
                let errors: Vec<Json> = faults.iter().map(written).collect();
                // What cannot be a request at all is 400 in every form.
                let status = if faults.iter().any(|fault| fault.code == "BAD_REQUEST") {
                    StatusCode::BAD_REQUEST
                } else {
                    self.form.request_error()
                };
                write(self.form, status, json!({ "errors": errors }).to_string().into_bytes())
            }
            Refused::TooMany(wait) => {
                let seconds = wait.as_secs().saturating_add(1);
                let message =
                    format!("you asked for much in a short time: try again in {seconds} s");
                let mut response =
                    refuse_as(self.form, StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", &message);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
        }
    }
}

/// An answer that carries data is 200, whatever errors stand beside it.
fn status(answers: &[Answer], batch: bool) -> StatusCode {
    let code = |answer: &Answer| {
        let code = answer.errors.first()?.extensions.as_ref()?.get("code")?.clone();
        if let async_graphql::Value::String(code) = code { Some(code) } else { None }
    };
    match answers {
        [single] if !batch && single.data == async_graphql::Value::Null => {
            match code(single).as_deref() {
                Some("TIMEOUT") => StatusCode::SERVICE_UNAVAILABLE,
                Some("INTERNAL") => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::OK,
            }
        }
        _ => StatusCode::OK,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(Ok(kind)) = kind.map(MediaType::parse) else { return false };
    let charset =
        kind.params.iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case("charset"));
    kind.ty == "application"
        && kind.subty == "json"
        && kind.suffix.is_none()
        && charset.is_none_or(|(_, value)| value.unquoted_str().eq_ignore_ascii_case("utf-8"))
}

/// One operation, or a batch of them.
fn payloads(body: &[u8]) -> Result<(Vec<Payload>, bool), String> {
    let body: Json =
        serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let batch = body.is_array();
    let items = if let Json::Array(items) = body { items } else { vec![body] };
    let single = items.into_iter().map(payload).collect::<Result<Vec<_>, _>>()?;
    if single.is_empty() {
        return Err("the batch is empty".into());
    }
    Ok((single, batch))
}

pub(super) fn payload(body: Json) -> Result<Payload, String> {
    let Json::Object(fields) = &body else {
        return Err("a request is a JSON object with `query`".into());
    };
    let wrong = |name: &str, wanted: &str, fits: fn(&Json) -> bool| {
        let value = fields.get(name).filter(|value| !value.is_null() && !fits(value))?;
        Some(format!("`{name}` is {wanted}, not {value}"))
    };
    let faults: Vec<String> = [
        wrong("query", "a string", Json::is_string),
        wrong("operationName", "a string", Json::is_string),
        wrong("variables", "an object", Json::is_object),
        wrong("extensions", "an object", Json::is_object),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    serde_json::from_value(body).map_err(|error| error.to_string())
}

fn from_url(query: &str) -> Result<Payload, String> {
    let mut fields = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            "variables" | "extensions" if !value.is_empty() => serde_json::from_str(&value)
                .map_err(|error| format!("`{name}` is no JSON: {error}"))?,
            "variables" | "extensions" => Json::Null,
            _ => Json::String(value.into_owned()),
        };
        fields.insert(name.into_owned(), value);
    }
    payload(Json::Object(fields))
}

pub(super) fn written(fault: &Fault) -> Json {
    let mut error = json!({ "message": fault.message, "extensions": { "code": fault.code } });
    if !fault.locations.is_empty() {
        let locations: Vec<Json> = fault
            .locations
            .iter()
            .map(|(line, column)| json!({ "line": line, "column": column }))
            .collect();
        if let Some(error) = error.as_object_mut() {
            error.insert("locations".into(), locations.into());
        }
    }
    error
}

/// An error outside GraphQL, in JSON all the same.
pub(crate) fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    refuse_as(Form::Json, status, code, message)
}

fn refuse_as(form: Form, status: StatusCode, code: &str, message: &str) -> Response {
    let line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(190).collect();
    let body = json!({ "errors": [{ "message": line, "extensions": { "code": code } }] });
    write(form, status, body.to_string().into_bytes())
}

fn write(form: Form, status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let fixed = |headers: &mut HeaderMap, name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    fixed(headers, header::CONTENT_TYPE, form.content_type());
    // Rows of customers and orders are for who asked alone.
    fixed(headers, header::CACHE_CONTROL, "no-store");
    fixed(headers, header::VARY, "accept, authorization");
    response
}

pub(crate) async fn wrong_method() -> Response {
    let message = "send GraphQL requests by POST, or queries by GET";
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "BAD_REQUEST", message);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

pub(crate) async fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing here; the API is at /graphql")
}

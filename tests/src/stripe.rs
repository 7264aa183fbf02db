//! A stand-in for Stripe on this machine: it keeps payment intents, refunds and disputes, refuses what Stripe refuses, and
//! signs what it tells.

use crate::app::TestApp;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json as Answer, Response};
use axum::routing::any;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The key that it takes.
pub const KEY: &str = "sk_test_standin";
/// What it signs with.
pub const WEBHOOK_SECRET: &str = "whsec_standin";

#[derive(Default)]
struct Kept {
    intents: BTreeMap<String, Json>,
    refunds: BTreeMap<String, Json>,
    evidence: BTreeMap<String, BTreeMap<String, String>>,
    /// Answers by idempotency key, with what was asked.
    answered: BTreeMap<String, (String, u16, Json)>,
    calls: Vec<String>,
    /// How often it does not answer before it does.
    down: usize,
    /// What refunds are at first.
    refund_status: Option<String>,
    /// Whether captures take a while.
    slow: bool,
}

/// The stand-in, and where it listens.
#[derive(Clone)]
pub struct StandIn {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

type Fields = BTreeMap<String, String>;
type Outcome = Result<Json, (u16, Json)>;

fn fault(status: u16, kind: &str, code: &str, message: &str, param: Option<&str>) -> (u16, Json) {
    let error = json!({ "type": kind, "code": code, "message": message, "param": param });
    (status, json!({ "error": error }))
}

fn invalid(code: &str, message: &str, param: Option<&str>) -> (u16, Json) {
    fault(400, "invalid_request_error", code, message, param)
}

/// Refuses fields that the call does not have.
fn known(fields: &Fields, allowed: &[&str]) -> Result<(), (u16, Json)> {
    let unknown = fields.keys().find(|name| {
        let name = name.as_str();
        !allowed.iter().any(|allowed| {
            name == *allowed
                || allowed.strip_suffix("[]").is_some_and(|group| {
                    name.starts_with(&format!("{group}[")) && name.ends_with(']')
                })
        })
    });
    match unknown {
        Some(name) => {
            let message = format!("Received unknown parameter: {name}");
            Err(invalid("parameter_unknown", &message, Some(name)))
        }
        None => Ok(()),
    }
}

fn whole(fields: &Fields, name: &str) -> Result<Option<i64>, (u16, Json)> {
    let Some(text) = fields.get(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|number: &i64| *number > 0);
    let message = format!("Invalid integer: {text}");
    number.map(Some).ok_or_else(|| invalid("parameter_invalid_integer", &message, Some(name)))
}

fn missing(what: &str, id: &str) -> (u16, Json) {
    fault(
        404,
        "invalid_request_error",
        "resource_missing",
        &format!("No such {what}: '{id}'"),
        Some("id"),
    )
}

impl StandIn {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let standing = Self { url, kept: Arc::default() };
        let router = Router::new().route("/v1/{*path}", any(answer)).with_state(standing.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        standing
    }

    /// A payment intent that a storefront authorized.
    pub fn authorize(&self, id: &str, amount: i64, multicapture: bool) {
        let details = json!({ "card": { "brand": "visa", "last4": "4242", "capture_before": 1_773_050_400,
            "multicapture": { "status": if multicapture { "available" } else { "unavailable" } } } });
        let intent = json!({
            "id": id, "object": "payment_intent", "status": "requires_capture", "currency": "eur", "amount": amount,
            "amount_capturable": amount, "amount_received": 0, "capture_method": "manual",
            "latest_charge": { "id": format!("ch_{id}"), "payment_method_details": details },
        });
        self.kept.lock().unwrap().intents.insert(id.to_owned(), intent);
    }

    /// A payment intent as it stands.
    pub fn intent(&self, id: &str) -> Json {
        self.kept.lock().unwrap().intents[id].clone()
    }

    /// The refunds of a payment intent, oldest first.
    pub fn refunds(&self) -> Vec<Json> {
        self.kept.lock().unwrap().refunds.values().cloned().collect()
    }

    /// What was handed on against a dispute.
    pub fn evidence(&self, dispute: &str) -> BTreeMap<String, String> {
        self.kept.lock().unwrap().evidence.get(dispute).cloned().unwrap_or_default()
    }

    /// What it was asked since the last call, as `POST /v1/refunds`.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.kept.lock().unwrap().calls)
    }

    /// It does not answer so many times.
    pub fn goes_down(&self, times: usize) {
        self.kept.lock().unwrap().down = times;
    }

    /// What refunds are at first from now on.
    pub fn refunds_are(&self, status: &str) {
        self.kept.lock().unwrap().refund_status = Some(status.to_owned());
    }

    /// Captures take a while from now on.
    pub fn captures_take_a_while(&self) {
        self.kept.lock().unwrap().slow = true;
    }

    /// Somebody does something with a payment intent in the dashboard.
    pub fn by_hand(&self, id: &str, change: impl FnOnce(&mut Json)) {
        change(self.kept.lock().unwrap().intents.get_mut(id).unwrap());
    }

    /// Tells an app of something, signed; answers with the status and what it said.
    pub async fn tell(
        &self,
        app: &TestApp,
        event: &str,
        kind: &str,
        object: Json,
    ) -> (u16, String) {
        let body =
            json!({ "id": event, "object": "event", "type": kind, "data": { "object": object } });
        let at = app.clock.now().unix_timestamp();
        let signature = signature(at, &body.to_string());
        self.post(app, &body.to_string(), &format!("t={at},v1={signature}")).await
    }

    /// The same, signed as somebody likes.
    pub async fn post(&self, app: &TestApp, body: &str, signature: &str) -> (u16, String) {
        let url = app.url.replace("/graphql", "/hooks/stripe");
        let request = reqwest::Client::new().post(url).header("stripe-signature", signature);
        let answer = request.body(body.to_owned()).send().await.expect("the server answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    }
}

/// What Stripe puts behind `v1=`.
pub fn signature(at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("a key");
    mac.update(format!("{at}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

async fn answer(
    State(standing): State<StandIn>,
    method: Method,
    Path(path): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut kept = standing.kept.lock().unwrap();
    kept.calls.push(format!("{method} /v1/{path}"));
    let (status, answer) = handle(&mut kept, (&method, &path), &uri, &headers, &body);
    (StatusCode::from_u16(status).unwrap(), Answer(answer)).into_response()
}

fn handle(
    kept: &mut Kept,
    (method, path): (&Method, &str),
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> (u16, Json) {
    if kept.down > 0 {
        kept.down -= 1;
        return fault(500, "api_error", "api_error", "down", None);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    if text("authorization") != format!("Bearer {KEY}") {
        return fault(401, "invalid_request_error", "api_key_invalid", "Invalid API Key", None);
    }
    if text("stripe-version").is_empty() {
        return invalid("version_missing", "no version was asked for", None);
    }
    let query = uri.query().unwrap_or("").as_bytes();
    let fields: Fields = form_urlencoded::parse(if method == Method::GET { query } else { body })
        .into_owned()
        .collect();
    let parts: Vec<&str> = path.split('/').collect();
    if method == Method::GET {
        return finish(match parts.as_slice() {
            ["payment_intents", id] => known(&fields, &["expand[]"]).and_then(|()| {
                kept.intents.get(*id).cloned().ok_or_else(|| missing("payment_intent", id))
            }),
            ["refunds", id] => kept.refunds.get(*id).cloned().ok_or_else(|| missing("refund", id)),
            _ => Err(missing("resource", path)),
        });
    }
    let key = text("idempotency-key").to_owned();
    if key.is_empty() {
        let message = "calls that change something have an idempotency key";
        return invalid("idempotency_key_missing", message, None);
    }
    let asked = format!("{path}?{}", String::from_utf8_lossy(body));
    if let Some((before, status, answer)) = kept.answered.get(&key) {
        if *before != asked {
            let message = "Keys for idempotent requests can only be used with the same parameters";
            return fault(400, "idempotency_error", "idempotency_key_in_use", message, None);
        }
        return (*status, answer.clone());
    }
    let outcome = match parts.as_slice() {
        ["payment_intents", id, "capture"] => capture(kept, id, &fields),
        ["payment_intents", id, "cancel"] => cancel(kept, id, &fields),
        ["refunds"] => refund(kept, &fields),
        ["disputes", id] => known(&fields, &["evidence[]", "submit"]).map(|()| {
            kept.evidence.insert((*id).to_owned(), fields.clone());
            json!({ "id": id, "object": "dispute", "status": "under_review" })
        }),
        _ => Err(missing("resource", path)),
    };
    let (status, answer) = finish(outcome);
    kept.answered.insert(key, (asked, status, answer.clone()));
    (status, answer)
}

fn finish(outcome: Outcome) -> (u16, Json) {
    match outcome {
        Ok(answer) => (200, answer),
        Err(refused) => refused,
    }
}

fn in_state<'a>(kept: &'a mut Kept, id: &str, act: &str) -> Result<&'a mut Json, (u16, Json)> {
    let intent = kept.intents.get_mut(id).ok_or_else(|| missing("payment_intent", id))?;
    if intent["status"] != "requires_capture" {
        let status = intent["status"].as_str().unwrap_or_default();
        let message =
            format!("This PaymentIntent could not be {act} because it has a status of {status}.");
        return Err(invalid("payment_intent_unexpected_state", &message, None));
    }
    Ok(intent)
}

fn capture(kept: &mut Kept, id: &str, fields: &Fields) -> Outcome {
    known(fields, &["amount_to_capture", "final_capture", "metadata[]"])?;
    let slow = kept.slow;
    let intent = in_state(kept, id, "captured")?;
    let capturable = intent["amount_capturable"].as_i64().unwrap_or(0);
    let amount = whole(fields, "amount_to_capture")?.unwrap_or(capturable);
    if amount > capturable {
        let message = "The amount is greater than what can be captured.";
        return Err(invalid("amount_too_large", message, Some("amount_to_capture")));
    }
    let card = &intent["latest_charge"]["payment_method_details"]["card"];
    let last = fields.get("final_capture").is_none_or(|last| last == "true");
    if !last && card["multicapture"]["status"] != "available" {
        let message = "Multicapture is not available for this PaymentIntent.";
        return Err(invalid("parameter_invalid", message, Some("final_capture")));
    }
    let received = intent["amount_received"].as_i64().unwrap_or(0) + amount;
    intent["amount_received"] = json!(received);
    let left = if last { 0 } else { capturable - amount };
    intent["amount_capturable"] = json!(left);
    if last {
        intent["status"] = json!(if slow { "processing" } else { "succeeded" });
    }
    // Unless it is asked for, a charge is its id alone.
    let mut answer = intent.clone();
    answer["latest_charge"] = answer["latest_charge"]["id"].clone();
    Ok(answer)
}

fn cancel(kept: &mut Kept, id: &str, fields: &Fields) -> Outcome {
    known(fields, &["cancellation_reason"])?;
    let intent = in_state(kept, id, "canceled")?;
    intent["amount_capturable"] = json!(0);
    intent["status"] = json!("canceled");
    let mut answer = intent.clone();
    answer["latest_charge"] = answer["latest_charge"]["id"].clone();
    Ok(answer)
}

fn refund(kept: &mut Kept, fields: &Fields) -> Outcome {
    known(fields, &["payment_intent", "amount", "reason", "metadata[]"])?;
    let id = fields.get("payment_intent").cloned().unwrap_or_default();
    let intent = kept.intents.get(&id).ok_or_else(|| missing("payment_intent", &id))?;
    let counts = |refund: &&Json| refund["payment_intent"] == id && refund["status"] != "failed";
    let refunded = kept.refunds.values().filter(counts);
    let refunded: i64 = refunded.filter_map(|refund| refund["amount"].as_i64()).sum();
    let left = intent["amount_received"].as_i64().unwrap_or(0) - refunded;
    let amount = whole(fields, "amount")?.unwrap_or(left);
    if amount > left {
        let message = "Refund amount is greater than unrefunded amount on charge";
        return Err(invalid("charge_already_refunded", message, Some("amount")));
    }
    let name = format!("re_{}", kept.refunds.len() + 1);
    let status = kept.refund_status.clone().unwrap_or_else(|| "succeeded".to_owned());
    let refund = json!({ "id": name, "object": "refund", "amount": amount, "currency": intent["currency"], "payment_intent": id,
        "status": status, "charge": intent["latest_charge"]["id"] });
    kept.refunds.insert(name, refund.clone());
    Ok(refund)
}

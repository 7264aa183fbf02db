//! The calls: what is due is signed, sent and noted, many receivers at once, and none delays another.

use crate::events::types::data_of;
use crate::ids::{Kind, encode, encode_prefixed};
use crate::oidc::choose_cryptography;
use crate::scalars::DateTime;
use crate::server::AppOptions;
use futures::FutureExt;
use operations::webhooks::deliver::{Attempt, Outcome, claim, due_endpoints, settle};
use operations::webhooks::queue::{is_needed, queue_next, replay_next};
use operations::webhooks::target::Internal;
use operations::webhooks::{Allowed, Means};
use operations::{Error, Result, Store};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, StatusCode, Url, redirect};
use serde_json::json;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use std::collections::{HashMap, HashSet};
use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long a receiver may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// Calls to one receiver at a time; one while it fails.
const AT_ONCE: usize = 8;
/// Calls of this node at a time.
const ALL_AT_ONCE: usize = 512;
/// How often an endpoint is asked for more in one look, where what was due is given up.
const ROUNDS: usize = 3;
/// How often to look for what is due where nothing was heard.
const IDLE: Duration = Duration::from_secs(1);

/// Sends what is due to partners' endpoints.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    store: Store,
    means: Means,
    first_retry: Duration,
    /// Calls `https://`, at public and allowed addresses.
    encrypted: Client,
    /// Calls `http://`, at allowed addresses alone.
    in_clear: Client,
    state: Mutex<State>,
    /// A call ended.
    ended: Notify,
    /// Counts looks at what is due.
    turn: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Calls under way, by endpoint.
    under_way: HashMap<Uuid, usize>,
    /// Endpoints whose last call failed.
    failing: HashSet<Uuid>,
}

/// Resolves names, and leads nowhere internal.
struct Lookup {
    allowed: Allowed,
    encrypted: bool,
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, encrypted) = (self.allowed.clone(), self.encrypted);
        async move {
            let found = allowed.resolve(name.as_str(), encrypted).await?;
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        }
        .boxed()
    }
}

fn client(allowed: &Allowed, encrypted: bool) -> Result<Client> {
    choose_cryptography();
    Client::builder()
        .user_agent(concat!("aftercart/", env!("CARGO_PKG_VERSION")))
        .timeout(ANSWER_TIME)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(2)
        .dns_resolver(Lookup { allowed: allowed.clone(), encrypted })
        .build()
        .map_err(|error| Error::Internal(error.to_string()))
}

impl Sender {
    /// A sender that sends nothing yet.
    pub fn new(store: Store, options: &AppOptions) -> Result<Self> {
        let means = options.means();
        Ok(Self(Arc::new(Inner {
            store,
            encrypted: client(&means.allowed, true)?,
            in_clear: client(&means.allowed, false)?,
            means,
            first_retry: options.webhook_first_retry,
            state: Mutex::default(),
            ended: Notify::new(),
            turn: AtomicUsize::new(0),
        })))
    }

    /// Queues and sends until `stop` ends; calls under way are finished.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut news = self.0.store.news();
        let mut calls = JoinSet::new();
        loop {
            // Where nobody wants to hear of anything, nothing is looked for at every commit.
            if !matches!(is_needed(&self.0.store).await, Ok(true)) {
                tokio::select! {
                    () = tokio::time::sleep(IDLE) => continue,
                    () = &mut stop => break,
                }
            }
            // Each by itself: what cannot be queued keeps nothing from being sent.
            let queued = self.queue().await;
            let begun = self.begin(&mut calls).await;
            for error in [queued.as_ref().err(), begun.as_ref().err()].into_iter().flatten() {
                tracing::error!(%error, "webhooks cannot be sent");
                tokio::time::sleep(IDLE).await;
            }
            if queued.is_ok_and(|more| more) {
                if stop.as_mut().now_or_never().is_some() {
                    break;
                }
                continue;
            }
            while calls.try_join_next().is_some() {}
            tokio::select! {
                _changed = news.changed() => {}
                () = self.0.ended.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
                () = &mut stop => break,
            }
            // What is written in a moment is looked at together.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        calls.join_all().await;
    }

    /// Queues all there is, sends all that is due, and waits until it was tried; how many calls that was.
    pub async fn run_once(&self) -> Result<usize> {
        while self.queue().await? {}
        let mut made = 0;
        loop {
            let mut calls = JoinSet::new();
            let begun = self.begin(&mut calls).await?;
            if begun == 0 {
                return Ok(made);
            }
            made += begun;
            calls.join_all().await;
        }
    }

    /// Looks through a part of the log, and through one of a replay; whether there may be more.
    async fn queue(&self) -> Result<bool> {
        let looked_at = queue_next(&self.0.store).await?;
        let replayed = replay_next(&self.0.store).await?;
        Ok(looked_at > 0 || replayed)
    }

    /// Begins the calls that are due, as far as receivers and this node may be called; how many.
    async fn begin(&self, calls: &mut JoinSet<()>) -> Result<usize> {
        let mut begun = 0;
        let mut due = due_endpoints(&self.0.store).await?;
        // Each in turn is first.
        let first = self.0.turn.fetch_add(1, Ordering::Relaxed);
        let first = first.checked_rem(due.len()).unwrap_or(0);
        due.rotate_left(first);
        for endpoint in due {
            // What is given up makes room for what comes behind it: a little, since others wait.
            for _ in 0..ROUNDS {
                let free = self.free(endpoint);
                if free == 0 {
                    break;
                }
                let claimed = match claim(&self.0.store, &self.0.means, endpoint, free).await {
                    Ok(claimed) => claimed,
                    // One endpoint that cannot be sent to holds no other up.
                    Err(error) => {
                        tracing::error!(%error, %endpoint, "an endpoint cannot be sent to");
                        break;
                    }
                };
                let given_up = claimed.taken > claimed.attempts.len();
                for attempt in claimed.attempts {
                    *self.lock().under_way.entry(endpoint).or_default() += 1;
                    begun += 1;
                    let sender = self.clone();
                    calls.spawn(async move { sender.attempt(&attempt).await });
                }
                if !given_up {
                    break;
                }
            }
        }
        Ok(begun)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many more calls may go to an endpoint now.
    fn free(&self, endpoint: Uuid) -> usize {
        let state = self.lock();
        let own = state.under_way.get(&endpoint).copied().unwrap_or(0);
        let all: usize = state.under_way.values().sum();
        let most = if state.failing.contains(&endpoint) { 1 } else { AT_ONCE };
        most.saturating_sub(own).min(ALL_AT_ONCE.saturating_sub(all))
    }

    async fn attempt(&self, attempt: &Attempt) {
        let endpoint = attempt.delivery.endpoint_id;
        let outcome = self.call(attempt).await;
        tracing::debug!(%endpoint, delivery = %attempt.delivery.id, ?outcome, "a webhook was called");
        let settled = settle(&self.0.store, &attempt.delivery, &outcome, self.0.first_retry).await;
        if let Err(error) = settled {
            // It is tried again when its time is up.
            tracing::error!(%error, "what came of a webhook was not noted");
        }
        let mut state = self.lock();
        if matches!(outcome, Outcome::Delivered(_)) {
            state.failing.remove(&endpoint);
        } else {
            state.failing.insert(endpoint);
        }
        let left = state.under_way.get(&endpoint).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            state.under_way.remove(&endpoint);
        } else {
            state.under_way.insert(endpoint, left);
        }
        drop(state);
        self.0.ended.notify_one();
    }

    /// Calls the receiver once.
    async fn call(&self, attempt: &Attempt) -> Outcome {
        match self.send(attempt).await {
            Ok(status) if status.is_success() => Outcome::Delivered(status.as_u16()),
            Ok(StatusCode::GONE) => Outcome::Gone,
            Ok(status) => {
                let why = format!("the receiver answered {status}");
                Outcome::Failed(Some(status.as_u16()), why)
            }
            Err(why) => Outcome::Failed(None, why),
        }
    }

    async fn send(&self, attempt: &Attempt) -> std::result::Result<StatusCode, String> {
        let allowed = &self.0.means.allowed;
        let url: Url = allowed.parse(&attempt.url).map_err(|why| format!("its URL {why}"))?;
        if allowed.refuses_literal(&url) {
            return Err(Internal.to_string());
        }
        let id = encode(Kind::WebhookDelivery, attempt.delivery.id);
        let timestamp = self.0.store.clock().now().unix_timestamp();
        let body = body(attempt);
        let signature = sign(&attempt.secrets, &id, timestamp, &body)?;
        let client = if url.scheme() == "https" { &self.0.encrypted } else { &self.0.in_clear };
        let call = client
            .post(url)
            .header("content-type", "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, timestamp.to_string())
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body);
        // What the receiver says beside its status is nobody's.
        call.send().await.map(|answer| answer.status()).map_err(|error| plain(&error))
    }
}

/// What is sent of an event.
fn body(attempt: &Attempt) -> String {
    let event = &attempt.event;
    json!({
        "id": encode(Kind::Event, event.row.id),
        "type": event.row.kind,
        "at": DateTime(event.row.at).text(),
        "subjectId": encode_prefixed(&event.row.subject_type, event.row.subject_id),
        "cursor": event.cursor(),
        "data": data_of(event),
    })
    .to_string()
}

/// A signature with each secret, as the Standard Webhooks scheme joins them.
fn sign(
    secrets: &[String],
    id: &str,
    timestamp: i64,
    body: &str,
) -> std::result::Result<String, String> {
    let signed = secrets.iter().map(|secret| {
        Webhook::new(secret).and_then(|key| key.sign(id, timestamp, body.as_bytes()))
    });
    let signed: std::result::Result<Vec<String>, _> = signed.collect();
    if secrets.is_empty() {
        return Err("cannot be signed: there is no secret".into());
    }
    signed.map(|all| all.join(" ")).map_err(|error| format!("cannot be signed: {error}"))
}

/// Why a call failed, without the address it went to.
fn plain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER_TIME.as_secs());
    }
    let mut cause = error.source();
    let mut words =
        if error.is_connect() { "cannot connect" } else { "the call broke off" }.to_owned();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<std::io::Error>()
            && refused.kind() == std::io::ErrorKind::PermissionDenied
        {
            return Internal.to_string();
        }
        if inner.source().is_none() {
            words = format!("{words}: {inner}");
        }
        cause = inner.source();
    }
    words
}

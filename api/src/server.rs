//! The router: `/graphql`, `/healthz`, `/readyz`.

use crate::auth::Tokens;
use crate::downloads::{self, Downloads};
use crate::front::{self, Executor, Limits, refuse};
use crate::inbox;
use crate::nats;
use crate::oidc::Issuer;
use crate::providers::stripe::{Secret, StripeOptions};
use crate::providers::{self, hooks};
use crate::webhooks::Sender;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{any, get, post};
use operations::Store;
use operations::access::user_create::built_in_roles;
use operations::events::tail::POLL;
use operations::hints;
use operations::providers::Desk;
use operations::secrets::MasterKey;
use operations::webhooks::{Allowed, Means};
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;

/// The service: a store and what serves it.
#[derive(Clone)]
pub struct App {
    store: Store,
    executor: Executor,
    tokens: Tokens,
    sender: Sender,
    desk: Desk,
    stripe_secret: Option<Secret>,
    events_kept: Option<time::Duration>,
    nats: Option<async_nats::Client>,
    inbox: Option<std::path::PathBuf>,
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
    /// How much one request may ask for.
    pub limits: Limits,
    /// Identity providers whose tokens are taken.
    pub issuers: Vec<Issuer>,
    /// Networks that webhooks may reach although they are internal.
    pub webhook_allowed: Allowed,
    /// The wait behind the first failure of a webhook.
    pub webhook_first_retry: Duration,
    /// How long events are kept; none for good.
    pub events_kept: Option<time::Duration>,
    /// How often the log is looked at where nothing was heard.
    pub event_poll: Duration,
    /// A NATS server that tells nodes of news, instead of the database.
    pub nats_url: Option<String>,
    /// Our account at Stripe.
    pub stripe: Option<StripeOptions>,
    /// Where clients reach us; addresses to download from begin with it.
    pub public_url: Option<reqwest::Url>,
    /// A folder whose files are imported by themselves.
    pub inbox: Option<std::path::PathBuf>,
}

impl AppOptions {
    /// The usual options.
    pub fn new(master_key: MasterKey) -> Self {
        Self {
            master_key,
            jwt_lifetime: time::Duration::minutes(15),
            limits: Limits::default(),
            issuers: Vec::new(),
            webhook_allowed: Allowed::default(),
            webhook_first_retry: Duration::from_secs(5),
            events_kept: None,
            event_poll: POLL,
            nats_url: None,
            stripe: None,
            public_url: None,
            inbox: None,
        }
    }

    /// What the operations on webhooks work with.
    pub(crate) fn means(&self) -> Means {
        Means { master_key: self.master_key.clone(), allowed: self.webhook_allowed.clone() }
    }
}

/// How often a node looks for deadlines that are due.
const TIMER_INTERVAL: Duration = Duration::from_secs(1);
/// How often a node reads the signing keys: those that were withdrawn verify no longer than this.
const KEY_INTERVAL: Duration = Duration::from_secs(4);
/// How often a node looks for what is kept no longer.
const PRUNE_INTERVAL: Duration = Duration::from_hours(1);
/// How often a node looks for settlements that nobody goes on with, and for what should have come.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(30);
/// Every so many times it looks once more at lines of which no payment was known.
const LOOK_AGAIN: u32 = 10;
/// How often a node looks for audit entries to seal.
const SEAL_INTERVAL: Duration = Duration::from_secs(1);
/// How often the log is followed for what is known of customers.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(1);

impl App {
    /// Loads the signing keys, making the first one where there is none, and the built-in roles.
    pub async fn new(store: Store, options: &AppOptions) -> operations::Result<Self> {
        built_in_roles(&store).await?;
        let tokens = Tokens::new(store.clone(), options).await?;
        let executor = Executor::new(store.clone(), options)?;
        let sender = Sender::new(store.clone(), options)?;
        let desk = providers::desk(store.clone(), options)?;
        let stripe_secret =
            options.stripe.as_ref().and_then(|stripe| stripe.webhook_secret.clone());
        let (events_kept, stopping) = (options.events_kept, watch::Sender::new(false));
        let nats = match &options.nats_url {
            Some(url) => Some(nats::connect(url).await?),
            None => None,
        };
        Ok(Self {
            store,
            executor,
            tokens,
            sender,
            desk,
            stripe_secret,
            events_kept,
            nats,
            inbox: options.inbox.clone(),
            stopping,
        })
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The routes.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/graphql", get(front::get).post(front::post).fallback(front::wrong_method))
            .route("/healthz", get(|| async { "ok" }))
            .route("/readyz", get(ready))
            .route("/hooks/stripe", post(hooks::stripe))
            .route("/downloads/invoices/{file}", get(downloads::invoice))
            .route("/downloads/journal/{file}", get(downloads::journal))
            .route("/downloads/reconciliation/{file}", get(downloads::reconciliation))
            .merge(front::page())
            .fallback(any(front::not_found))
            .layer(DefaultBodyLimit::max(self.limits().body))
            .layer(front::cors(self.limits()))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::REFERRER_POLICY,
                HeaderValue::from_static("no-referrer"),
            ))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
            ))
            .with_state(self.clone())
    }

    /// What signs the webhooks of Stripe, where they are taken.
    pub(crate) fn stripe_secret(&self) -> Option<&Secret> {
        self.stripe_secret.as_ref()
    }

    /// Makes addresses to download from.
    pub(crate) fn downloads(&self) -> &Downloads {
        self.executor.downloads()
    }

    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.executor.limits()
    }

    /// Ends when the server does.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stopping.subscribe();
        async move {
            let _ended = stopping.wait_for(|stopping| *stopping).await;
        }
    }

    /// Serves until `stop` ends, and meets the deadlines that are due.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send) {
        let timers = tokio::spawn(run_timers(self.store.clone()));
        let sealer = tokio::spawn(seal_audit_log(self.store.clone()));
        let keys = tokio::spawn(read_signing_keys(self.tokens.clone()));
        let webhooks = tokio::spawn(self.sender.clone().run(self.stopped()));
        let asking = providers::run(self.store.clone(), self.desk.clone(), self.stopped());
        let asking = tokio::spawn(asking);
        let hints = match self.nats.clone() {
            Some(client) => tokio::spawn(nats::exchange(self.store.clone(), client)),
            None => tokio::spawn(hints::exchange(self.store.clone())),
        };
        let retention = tokio::spawn(prune(self.store.clone(), self.events_kept));
        let reconciling = tokio::spawn(reconcile(self.store.clone()));
        let following = tokio::spawn(follow_customers(self.store.clone()));
        let folder = self.inbox.clone();
        let inbox = folder.map(|folder| tokio::spawn(inbox::watch(self.store.clone(), folder)));
        self.answer(listener, stop).await;
        timers.abort();
        sealer.abort();
        keys.abort();
        retention.abort();
        hints.abort();
        reconciling.abort();
        following.abort();
        if let Some(inbox) = inbox {
            inbox.abort();
        }
        for (task, name) in [(webhooks, "webhooks"), (asking, "calls of providers")] {
            if let Err(error) = task.await {
                tracing::error!(%error, "{name} broke off");
            }
        }
    }

    /// Answers requests until `stop` ends; those under way are finished.
    pub async fn answer(self, listener: TcpListener, stop: impl Future<Output = ()> + Send) {
        let stop = async {
            stop.await;
            self.stopping.send_replace(true);
        };
        front::listen(listener, self.router(), self.limits(), stop).await;
    }
}

/// Goes on with what nobody ends, and looks for what should have come.
async fn reconcile(store: Store) {
    use operations::settlements::{clock, work};
    let mut rounds = 0_u32;
    loop {
        let done = async {
            work::resume(&store).await?;
            if rounds.is_multiple_of(LOOK_AGAIN) {
                work::look_again(&store).await?;
            }
            clock::run(&store).await
        };
        match done.await {
            Ok(0) => {}
            Ok(raised) => tracing::info!(raised, "differences found"),
            Err(error) => tracing::error!(%error, "settlements could not be looked at"),
        }
        rounds = rounds.wrapping_add(1);
        tokio::time::sleep(RECONCILE_INTERVAL).await;
    }
}

/// Keeps what is known of customers current, behind the writers.
async fn follow_customers(store: Store) {
    loop {
        match operations::customers::follow::run(&store).await {
            Ok(0) => {}
            Ok(steps) => tracing::debug!(steps, "customers looked at"),
            Err(error) => tracing::error!(%error, "customers could not be looked at"),
        }
        tokio::time::sleep(FOLLOW_INTERVAL).await;
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

/// Keeps the signing keys as the database has them, and makes the next one when it is time.
async fn read_signing_keys(tokens: Tokens) {
    loop {
        tokio::time::sleep(KEY_INTERVAL).await;
        if let Err(error) = tokens.refresh_keys().await {
            tracing::error!(%error, "the signing keys could not be read");
        }
    }
}

/// Links the entries of the audit log, behind the writers.
async fn seal_audit_log(store: Store) {
    loop {
        match operations::chain::seal(&store).await {
            // Perhaps there is more.
            Ok(sealed) if sealed > 0 => tracing::debug!(sealed, "audit entries sealed"),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the audit log could not be sealed"),
        }
        tokio::time::sleep(SEAL_INTERVAL).await;
    }
}

/// Lets go of what is kept no longer.
async fn prune(store: Store, events_kept: Option<time::Duration>) {
    loop {
        if let Err(error) = operations::webhooks::queue::prune(&store).await {
            tracing::error!(%error, "old deliveries could not be deleted");
        }
        match operations::privacy::retain(&store).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "what had to be kept was kept long enough"),
            Err(error) => tracing::error!(%error, "what had to be kept could not be let go of"),
        }
        if let Some(keep) = events_kept {
            match operations::events::retention::prune(&store, keep).await {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "events were kept long enough"),
                Err(error) => tracing::error!(%error, "old events could not be deleted"),
            }
        }
        tokio::time::sleep(PRUNE_INTERVAL).await;
    }
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

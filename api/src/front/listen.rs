//! Connections: how they are accepted, what a head may hold, and how they end.

use super::limits::Limits;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use operations::Actor;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// How long a request's head may take to come.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a client may take nothing of what is sent: then it is gone.
const TAKE_TIME: Duration = Duration::from_secs(30);
/// How long requests under way may take when the server stops.
const LAST_REQUESTS: Duration = Duration::from_secs(30);
/// What is waited after a connection could not be accepted, for want of descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(IpAddr);

impl Peer {
    /// Where a request comes from: what a proxy that is trusted says of it, else the other end of the
    /// connection. Each proxy adds to the end of `X-Forwarded-For`, so only what stands behind the last
    /// address that is no trusted proxy's was written by one that is.
    fn of<B>(request: &Request<B>, connected: IpAddr, limits: &Limits) -> Self {
        let trusted = |address: IpAddr| {
            limits.trusted_proxies.iter().any(|network| network.contains(&address))
        };
        let connected = connected.to_canonical();
        if !trusted(connected) {
            return Self(connected);
        }
        let lines = request.headers().get_all("x-forwarded-for").iter();
        let hops: Vec<&str> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(',').map(str::trim))
            .collect();
        let mut nearest = connected;
        for hop in hops.into_iter().rev() {
            let Ok(address) = hop.parse::<IpAddr>() else { break };
            nearest = address.to_canonical();
            if !trusted(nearest) {
                break;
            }
        }
        Self(nearest)
    }

    /// The network address.
    pub(super) fn address(self) -> String {
        self.0.to_string()
    }

    /// Who pays for what an actor, or nobody, asks from here.
    pub(super) fn payer(self, actor: Option<&Actor>) -> String {
        actor.map_or_else(|| format!("address {}", self.0), Actor::name)
    }
}

/// Serves until `stop` ends; requests under way are finished.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    stop: impl Future<Output = ()> + Send,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(limits.head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .max_concurrent_streams(100);
    let limits = Arc::new(limits.clone());
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Answers are small and written whole: waiting for more to send only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let (router, limits) = (router.clone(), limits.clone());
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            let peer = Peer::of(&request, address.ip(), &limits);
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request)
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(TAKE_TIME));
        let stream = TokioIo::new(Box::pin(stream));
        let connection = builder.serve_connection_with_upgrades(stream, service);
        let watched = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(LAST_REQUESTS, connections.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut short after {} s", LAST_REQUESTS.as_secs());
    }
}

//! Subscriptions, queries and mutations over WebSocket, as `graphql-transport-ws` has them:
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.

use super::executor::{Asker, Kind, Payload, Refused, show_cost};
use super::http::{payload as read_payload, refuse, written};
use super::listen::Peer;
use super::origin;
use super::outbox::{Inbox, Lost, Outbox, Weigh, outbox};
use super::sse::Resume;
use crate::auth::Credential;
use crate::server::App;
use async_graphql::Response as Answer;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use futures::StreamExt;
use futures::stream::BoxStream;
use operations::Actor;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

const PROTOCOL: &str = "graphql-transport-ws";
/// A ping this often.
const PING: Duration = Duration::from_secs(10);
/// A peer that was silent for so long, pings and all, is gone.
const SILENCE: Duration = Duration::from_secs(25);
/// The credential is looked at again this often.
const RECHECK: Duration = Duration::from_secs(2);
/// A client that is too far behind hears so within this time, or not at all.
const LAST_WORD: Duration = Duration::from_secs(10);
/// Bytes of each buffer of a socket: an idle one costs little.
const BUFFER: usize = 4 * 1024;

/// How a socket is closed: code and reason.
type Close = (u16, &'static str);

const GOING_AWAY: Close = (1001, "Going away");
/// Clients take it as a reason to come back.
const TOO_SLOW: Close = (1013, "Too slow: go on behind the last cursor");
const BAD_MESSAGE: Close = (4400, "Invalid message");
const UNAUTHORIZED: Close = (4401, "Unauthorized");
const FORBIDDEN: Close = (4403, "Forbidden");
const NOT_ACCEPTABLE: Close = (4406, "Subprotocol not acceptable");
const INIT_TIMEOUT: Close = (4408, "Connection initialisation timeout");
const ID_TAKEN: Close = (4409, "Subscriber already exists");
const INIT_TWICE: Close = (4429, "Too many initialisation requests");

/// How a session ends.
enum End {
    /// With a code and a reason.
    Close(Close),
    /// The client closed it, and waits for our word.
    Left,
    /// The peer is no longer there.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    ConnectionInit {
        #[serde(default)]
        payload: Option<serde_json::Map<String, Json>>,
    },
    Ping {
        #[serde(default)]
        payload: Option<serde_json::Map<String, Json>>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Json,
    },
    Complete {
        id: String,
    },
}

/// What an operation has to say, as it is sent.
struct Outgoing {
    teller: Teller,
    /// Whether it says no more.
    last: bool,
    text: String,
}

impl Outgoing {
    fn new<T: Serialize>(teller: &Teller, kind: &'static str, payload: Option<&T>) -> Self {
        let last = matches!(kind, "complete" | "error");
        Self { teller: teller.clone(), last, text: message(kind, Some(&teller.id), payload) }
    }
}

impl Weigh for Outgoing {
    fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// What we say.
#[derive(Serialize)]
struct Said<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a T>,
}

fn message<T: Serialize>(kind: &str, id: Option<&str>, payload: Option<&T>) -> String {
    serde_json::to_string(&Said { kind, id, payload }).unwrap_or_default()
}

/// An operation of a socket: its id, and which of those that had this id after each other it is.
#[derive(Clone)]
struct Teller {
    id: Arc<str>,
    serial: u64,
}

/// `GET /graphql` with `Upgrade: websocket`.
pub(super) fn upgrade(
    app: App,
    peer: Peer,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !origin::allowed(headers, &app.limits().origins) {
        let message = "this origin may not open a socket here";
        return refuse(StatusCode::FORBIDDEN, "FORBIDDEN", message);
    }
    // A header that is no text is no credential, and neither nobody's.
    let credential = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap_or(NO_CREDENTIAL).to_owned());
    let limit = app.limits().body;
    // A client hears why it is shut out only where its own protocol is agreed to first.
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let offered = offered.unwrap_or_default().split(',').map(|name| name.trim().to_owned());
    upgrade
        .protocols(std::iter::once(PROTOCOL.to_owned()).chain(offered))
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| async move {
            if socket.protocol().is_none_or(|protocol| protocol != PROTOCOL) {
                close(socket, NOT_ACCEPTABLE).await;
                return;
            }
            Session::new(app, peer, credential).run(socket).await;
        })
}

async fn close(mut socket: WebSocket, (code, reason): Close) {
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    let said = tokio::time::timeout(LAST_WORD, send(&mut socket, frame)).await;
    if said.is_ok_and(|said| said.is_ok()) {
        drain(&mut socket).await;
    }
}

/// Finishes the closing handshake, which is done by reading on.
async fn drain(socket: &mut WebSocket) {
    let read_on = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _late = tokio::time::timeout(Duration::from_secs(2), read_on).await;
}

struct Session {
    app: App,
    peer: Peer,
    /// The `Authorization` that the connection was made or initialised with.
    credential: Option<String>,
    actor: Option<Arc<Actor>>,
    acknowledged: bool,
    operations: HashMap<String, (u64, AbortHandle)>,
    /// Operations begun so far.
    begun: u64,
    outbox: Outbox<Outgoing>,
    inbox: Inbox<Outgoing>,
}

impl Drop for Session {
    fn drop(&mut self) {
        // A mutation runs in a task of its own, which this leaves alone.
        for (_, operation) in self.operations.values() {
            operation.abort();
        }
    }
}

impl Session {
    fn new(app: App, peer: Peer, credential: Option<String>) -> Self {
        let (outbox, inbox) = outbox();
        Self {
            app,
            peer,
            credential,
            actor: None,
            acknowledged: false,
            operations: HashMap::new(),
            begun: 0,
            outbox,
            inbox,
        }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let init_by = Instant::now() + self.app.limits().init_time;
        let mut heard = Instant::now();
        let mut pings = interval(PING);
        let mut rechecks = interval(RECHECK);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rechecks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopped = Box::pin(self.app.stopped());
        let mut slow = Box::pin(self.inbox.slow());
        let end = loop {
            let step = tokio::select! {
                message = socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&mut socket, &text).await,
                        Some(Ok(Message::Binary(_))) => Err(BAD_MESSAGE.into()),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                        Some(Ok(Message::Close(_))) => Err(End::Left),
                        Some(Err(_)) | None => Err(End::Gone),
                    }
                }
                Some(outgoing) = self.inbox.next() => tokio::select! {
                    told = self.tell(&mut socket, outgoing) => told,
                    () = &mut slow => Err(TOO_SLOW.into()),
                },
                () = &mut slow => Err(TOO_SLOW.into()),
                _ = pings.tick() => send(&mut socket, Message::Ping(Vec::new().into())).await,
                () = sleep_until(heard + SILENCE) => Err(End::Gone),
                _ = rechecks.tick(), if self.credential.is_some() && self.acknowledged => {
                    self.recheck().await
                }
                () = sleep_until(init_by), if !self.acknowledged => Err(INIT_TIMEOUT.into()),
                () = &mut stopped => Err(GOING_AWAY.into()),
            };
            if let Err(end) = step {
                break end;
            }
        };
        match end {
            End::Close(reason) => close(socket, reason).await,
            End::Left => drain(&mut socket).await,
            End::Gone => {}
        }
    }

    /// Passes on what an operation says, as long as the client still wants it.
    async fn tell(&mut self, socket: &mut WebSocket, outgoing: Outgoing) -> Result<(), End> {
        let Outgoing { teller: Teller { id, serial }, last, text } = outgoing;
        if self.operations.get(&*id).is_none_or(|(current, _)| *current != serial) {
            return Ok(());
        }
        if last {
            self.operations.remove(&*id);
        }
        send(socket, Message::Text(text.into())).await
    }

    async fn hear(&mut self, socket: &mut WebSocket, text: &str) -> Result<(), End> {
        let incoming: Incoming = serde_json::from_str(text).map_err(|_| BAD_MESSAGE)?;
        match incoming {
            Incoming::ConnectionInit { payload } => {
                if self.acknowledged {
                    return Err(INIT_TWICE.into());
                }
                if let Some(given) = payload.as_ref().and_then(authorization) {
                    self.credential = Some(given);
                }
                match self.app.tokens().actor(self.credential.as_deref()).await {
                    Ok(actor) => self.actor = actor,
                    Err(error) => {
                        self.denied(&error).await;
                        return Err(FORBIDDEN.into());
                    }
                }
                self.acknowledged = true;
                say::<()>(socket, "connection_ack", None, None).await?;
            }
            Incoming::Ping { payload } => {
                say(socket, "pong", None, payload.as_ref()).await?;
            }
            Incoming::Pong {} => {}
            Incoming::Complete { id } => {
                if let Some((_, operation)) = self.operations.remove(&id) {
                    operation.abort();
                }
            }
            Incoming::Subscribe { id, payload } => {
                if !self.acknowledged {
                    return Err(UNAUTHORIZED.into());
                }
                if self.operations.contains_key(&id) {
                    return Err(ID_TAKEN.into());
                }
                let payload = read_payload(payload).map_err(|_| BAD_MESSAGE)?;
                match self.begin(&id, payload) {
                    Ok(operation) => {
                        self.operations.insert(id, (self.begun, operation));
                    }
                    Err(errors) => say(socket, "error", Some(&id), Some(&errors)).await?,
                }
            }
        }
        Ok(())
    }

    /// Tells the audit log of a credential that is no good.
    async fn denied(&self, error: &operations::Error) {
        let Some(code) = error.denial() else { return };
        let id = crate::ids::encode_prefixed("req", self.app.store().ids().next());
        let asker = Asker::new(None, id, self.peer);
        self.app
            .executor()
            .note_denials(&asker, vec![("authenticate".to_owned(), code)], None)
            .await;
    }

    /// Begins an operation, or says with errors why not.
    fn begin(&mut self, id: &str, payload: Payload) -> Result<AbortHandle, Json> {
        let most = self.app.limits().socket_operations;
        if self.operations.len() >= most {
            let message = format!("a socket carries at most {most} operations at a time");
            return Err(one_error("LIMIT_EXCEEDED", &message));
        }
        let executor = self.app.executor().clone();
        let prepared = executor.prepare(payload).map_err(refused)?;
        let name = self.peer.payer(self.actor.as_deref());
        let prepared = [prepared];
        let spent = executor.charge(&name, &prepared).map_err(refused)?;
        let [prepared] = prepared;
        let request_id = crate::ids::encode_prefixed("req", self.app.store().ids().next());
        let asker = Asker::new(self.actor.clone(), request_id, self.peer);
        self.begun += 1;
        let teller = Teller { id: id.into(), serial: self.begun };
        let (app, outbox) = (self.app.clone(), self.outbox.clone());
        let credential = Credential(self.credential.clone());
        let running = async move {
            if prepared.kind == Kind::Subscription {
                let (tokens, resume) = (app.tokens(), Arc::<Resume>::default());
                let answers = executor.follow(prepared, asker, tokens, credential, resume.clone());
                if tell_all(answers, &resume, &outbox, &teller).await.is_err() {
                    return;
                }
            } else {
                // Boxed: one that follows has no room set aside for it.
                let mut answer = Box::pin(executor.run(prepared, &asker, app.tokens())).await;
                show_cost(&mut answer, spent);
                let _gone = outbox.put(Outgoing::new(&teller, "next", Some(&answer))).await;
            }
            let _gone = outbox.put(Outgoing::new::<()>(&teller, "complete", None)).await;
        };
        Ok(tokio::spawn(running).abort_handle())
    }

    /// Whoever's credential ended is shown out.
    async fn recheck(&mut self) -> Result<(), End> {
        match self.app.tokens().actor(self.credential.as_deref()).await {
            Ok(actor) => {
                self.actor = actor;
                Ok(())
            }
            Err(operations::Error::Unauthenticated(_)) => Err(FORBIDDEN.into()),
            // The database is away for a moment.
            Err(_) => Ok(()),
        }
    }
}

/// Every answer of a stream that is then to be completed. One that cannot begin says why in one `error`,
/// which ends it too.
async fn tell_all(
    mut answers: BoxStream<'static, Answer>,
    resume: &Resume,
    outbox: &Outbox<Outgoing>,
    teller: &Teller,
) -> Result<(), Lost> {
    let mut first = true;
    while let Some(answer) = answers.next().await {
        let never_began = std::mem::take(&mut first)
            && answer.data == async_graphql::Value::Null
            && !answer.errors.is_empty();
        if never_began {
            outbox.put(Outgoing::new(teller, "error", Some(&answer.errors))).await?;
            return Err(Lost);
        }
        outbox.put_of(resume, Outgoing::new(teller, "next", Some(&answer))).await?;
    }
    Ok(())
}

async fn say<T: Serialize>(
    socket: &mut WebSocket,
    kind: &str,
    id: Option<&str>,
    payload: Option<&T>,
) -> Result<(), End> {
    send(socket, Message::Text(message(kind, id, payload).into())).await
}

/// A peer that takes nothing for as long as it may be silent is gone.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match tokio::time::timeout(SILENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

/// Stands for what was sent as a credential and can be none.
const NO_CREDENTIAL: &str = "no text";

/// `{ "Authorization": "Bearer …" }`, in whichever case.
fn authorization(payload: &serde_json::Map<String, Json>) -> Option<String> {
    let named = |(name, _): &(&String, &Json)| name.eq_ignore_ascii_case("authorization");
    let (_, value) = payload.iter().find(named).filter(|(_, value)| !value.is_null())?;
    Some(value.as_str().unwrap_or(NO_CREDENTIAL).to_owned())
}

fn one_error(code: &str, message: &str) -> Json {
    json!([{ "message": message, "extensions": { "code": code } }])
}

fn refused(refused: Refused) -> Json {
    match refused {
        Refused::Request(faults) => faults.iter().map(written).collect(),
        Refused::TooMany(wait) => {
            let seconds = wait.as_secs().saturating_add(1);
            let message = format!("you asked for much in a short time: try again in {seconds} s");
            one_error("RATE_LIMITED", &message)
        }
    }
}

//! Server-Sent Events as `graphql-sse` has them, one connection for each operation: `next` for each
//! answer, then `complete`. An event carries its cursor as its id, so a client that comes back with
//! `Last-Event-ID` goes on where it was.

use super::executor::{Asker, Kind, Prepared, Spent, show_cost};
use super::outbox::{Weigh, outbox};
use crate::server::App;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use serde_json::json;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::AbortHandle;

use crate::auth::Credential;

/// A comment this often, so that nothing on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// From where a stream goes on, and how far it got.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    /// Goes on behind this cursor; it is newer than the operation's own argument.
    pub(crate) after: Option<String>,
    newest: Mutex<Option<String>>,
    /// Whether all that happened earlier was answered.
    caught_up: AtomicBool,
}

impl Resume {
    /// Notes the cursor of what is answered next.
    pub(crate) fn passed(&self, cursor: String) {
        if let Ok(mut newest) = self.newest.lock() {
            *newest = Some(cursor);
        }
    }

    /// Notes that what is answered from now on is new.
    pub(crate) fn caught_up(&self) {
        self.caught_up.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::SeqCst)
    }

    fn take(&self) -> Option<String> {
        self.newest.lock().ok().and_then(|mut newest| newest.take())
    }
}

/// Follows an operation.
pub(super) fn follow(
    app: &App,
    operation: Prepared,
    spent: Spent,
    asker: Asker,
    headers: &HeaderMap,
) -> Response {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let after = text(header::HeaderName::from_static("last-event-id")).filter(|id| !id.is_empty());
    let resume = Arc::new(Resume { after, ..Resume::default() });
    let written: BoxStream<'static, Event> = if operation.kind == Kind::Subscription {
        let credential = Credential(text(header::AUTHORIZATION));
        let (executor, resume) = (app.executor(), resume.clone());
        let answers = executor.follow(operation, asker, app.tokens(), credential, resume.clone());
        made_ahead(answers, resume)
    } else {
        let app = app.clone();
        let running = async move {
            let mut answer = app.executor().run(operation, &asker, app.tokens()).await;
            show_cost(&mut answer, spent);
            next_event(serde_json::to_string(&answer).unwrap_or_default(), None)
        };
        stream::once(running).boxed()
    };
    // An event without data is none to a browser.
    let last = stream::once(async { Event::default().event("complete").data("null") });
    let events = written.take_until(app.stopped().boxed()).chain(last).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn next_event(text: String, cursor: Option<String>) -> Event {
    let event = Event::default().event("next").data(text);
    match cursor {
        Some(cursor) => event.id(cursor),
        None => event,
    }
}

/// An answer and the cursor to go on from behind it.
struct Written {
    text: String,
    cursor: Option<String>,
}

impl Weigh for Written {
    fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// Ends a task with what is told of it.
struct Making(AbortHandle);

impl Drop for Making {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers are made whether or not the client takes them, up to the limits of an [`Outbox`].
fn made_ahead(
    mut answers: BoxStream<'static, async_graphql::Response>,
    resume: Arc<Resume>,
) -> BoxStream<'static, Event> {
    let (outbox, inbox) = outbox();
    let making = tokio::spawn(async move {
        while let Some(answer) = answers.next().await {
            let text = serde_json::to_string(&answer).unwrap_or_default();
            let written = Written { text, cursor: resume.take() };
            if outbox.put_of(&resume, written).await.is_err() {
                return;
            }
        }
    });
    let making = Making(making.abort_handle());
    stream::unfold(Some((inbox, making)), |taken| async move {
        let (mut inbox, making) = taken?;
        if inbox.is_slow() {
            return Some((next_event(too_slow(), None), None));
        }
        let Written { text, cursor } = inbox.next().await?;
        Some((next_event(text, cursor), Some((inbox, making))))
    })
    .boxed()
}

/// Tells a client that it was too slow.
fn too_slow() -> String {
    let message = "too far behind what happens: go on behind the last cursor";
    let error = json!({ "message": message, "extensions": { "code": "SLOW_CONSUMER" } });
    json!({ "data": null, "errors": [error] }).to_string()
}

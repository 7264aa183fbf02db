//! Server-Sent Events as `graphql-sse` has them, one connection for each operation: `next` for each
//! answer, then `complete`. An event carries its cursor as its id, so a client that comes back with
//! `Last-Event-ID` goes on where it was.

use super::executor::{Asker, Kind, Prepared, Spent, show_cost};
use crate::server::App;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::auth::Credential;

/// A comment this often, so that nothing on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// From where a stream goes on, and how far it got.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    /// Goes on behind this cursor; it is newer than the operation's own argument.
    pub(crate) after: Option<String>,
    newest: Mutex<Option<String>>,
}

impl Resume {
    /// Notes the cursor of what is answered next.
    pub(crate) fn passed(&self, cursor: &str) {
        if let Ok(mut newest) = self.newest.lock() {
            *newest = Some(cursor.to_owned());
        }
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
    let kind = operation.kind;
    let answers: BoxStream<'static, async_graphql::Response> = if kind == Kind::Subscription {
        let credential = Credential(text(header::AUTHORIZATION));
        let (executor, resume) = (app.executor(), resume.clone());
        executor.follow(operation, asker, app.tokens(), credential, resume)
    } else {
        let app = app.clone();
        let running = async move {
            let mut answer = app.executor().run(operation, &asker, app.tokens()).await;
            show_cost(&mut answer, spent);
            answer
        };
        stream::once(running).boxed()
    };
    let written = answers.map(move |answer| {
        let event =
            Event::default().event("next").data(serde_json::to_string(&answer).unwrap_or_default());
        match resume.take() {
            Some(cursor) => event.id(cursor),
            None => event,
        }
    });
    // An event without data is none to a browser.
    let last = stream::once(async { Event::default().event("complete").data("null") });
    let events = written.take_until(app.stopped().boxed()).chain(last).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

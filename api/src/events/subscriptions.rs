//! `events`, live.

use super::types::Event;
use crate::auth::{Credential, Tokens};
use crate::context::Ask;
use crate::errors::Failure;
use crate::front::Resume;
use crate::loaders::Loaders;
use async_graphql::{Context, SimpleObject, Subscription};
use futures::Stream;
use operations::event_tail::{EventTail, Heard, Listener};
use operations::events::{LogPlace, LoggedEvent, after as events_after, newest_place};
use operations::{Actor, Error, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An event and its place in the log.
#[derive(Clone, SimpleObject)]
pub(crate) struct EventDelivery {
    /// Go on from here after a break.
    cursor: String,
    /// What happened.
    event: Event,
}

/// Events read at once.
const BATCH: usize = 100;
/// How long to wait with a log that cannot be read.
const RETRY: Duration = Duration::from_millis(500);
/// A credential that ended is noticed within this time.
const RECHECK: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Every event the actor may see. With `after` it replays first, then goes on live: in order, no gap,
    /// no duplicate. Ends with an UNAUTHENTICATED error when the credential does, or when the actor's rights or reach
    /// change: go on behind the last cursor.
    async fn events<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; without it only what is new, and what was being written when the stream began."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<EventDelivery, Failure>> + use<'c>, Failure> {
        let actor = ctx.scope().actor.clone();
        let actor = actor.ok_or(Error::Unauthenticated("sign in or send a token first"))?;
        let resume = ctx.data_unchecked::<Arc<Resume>>();
        let after = resume.after.clone().or(after);
        // First listen, then read the log: what is written in between is heard.
        let tail = ctx.data_unchecked::<Arc<EventTail>>();
        let listener = tail.listen().await?;
        let place = match after {
            Some(cursor) => LogPlace::of_cursor(&cursor)?,
            None => newest_place(&ctx.read()).await?,
        };
        let follower = Follower {
            store: ctx.store().clone(),
            loaders: ctx.data_unchecked::<Loaders>(),
            tokens: ctx.data_unchecked::<Tokens>(),
            credential: ctx.data_unchecked::<Credential>(),
            resume,
            actor,
            place,
            tail,
            listener,
            behind: true,
            ended: false,
            waiting: VecDeque::new(),
            checked: Instant::now(),
        };
        Ok(futures::stream::unfold(follower, Follower::next))
    }
}

struct Follower<'c> {
    store: Store,
    loaders: &'c Loaders,
    tokens: &'c Tokens,
    credential: &'c Credential,
    resume: &'c Arc<Resume>,
    actor: Arc<Actor>,
    /// Everything at or before it was seen.
    place: LogPlace,
    tail: &'c Arc<EventTail>,
    listener: Listener,
    /// Whether there may be more in the log than what is heard.
    behind: bool,
    /// Whether the last word was said.
    ended: bool,
    waiting: VecDeque<Arc<LoggedEvent>>,
    checked: Instant,
}

impl Follower<'_> {
    /// The next event. The stream ends where the credential does, or what it gives the right to: what is
    /// shown of an event was decided when the stream began.
    async fn next(mut self) -> Option<(Result<EventDelivery, Failure>, Self)> {
        if self.ended {
            return None;
        }
        loop {
            if self.checked.elapsed() >= RECHECK {
                match self.tokens.actor(self.credential.0.as_deref()).await {
                    Ok(Some(actor)) if same(&actor, &self.actor) => self.checked = Instant::now(),
                    // The database is away for a moment.
                    Err(error) if error.denial().is_none() => {
                        tracing::warn!(%error, "a credential could not be looked at");
                        self.checked = Instant::now();
                    }
                    Ok(_) | Err(_) => {
                        self.ended = true;
                        let why = "this credential ended, or what it may do: begin anew";
                        return Some((Err(Error::Unauthenticated(why).into()), self));
                    }
                }
            }
            if let Some(event) = self.waiting.pop_front() {
                self.place = event.place;
                // What an event names may have changed since the last one.
                self.loaders.clear().await;
                let cursor = event.cursor.clone();
                self.resume.passed(&cursor);
                let delivery = EventDelivery { cursor, event: Event(event) };
                return Some((Ok(delivery), self));
            }
            if self.behind {
                self.read_on().await;
            } else {
                self.listen().await;
            }
        }
    }

    /// Reads from the log what the actor may see of it.
    async fn read_on(&mut self) {
        match events_after(&self.store.read(), &self.actor, self.place, BATCH).await {
            Ok(events) => {
                self.behind = events.len() == BATCH;
                self.waiting.extend(events.into_iter().map(Arc::new));
            }
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Takes what is heard next, for as long as the credential is known to be good.
    async fn listen(&mut self) {
        let left = RECHECK.saturating_sub(self.checked.elapsed());
        match tokio::time::timeout(left, self.listener.next()).await {
            Ok(Heard::Event(event)) if event.place > self.place => {
                self.place = event.place;
                if event.visible_to(&self.actor) {
                    self.waiting.push_back(event);
                }
            }
            Ok(Heard::TooMuch) => self.behind = true,
            Ok(Heard::Ended) => {
                self.behind = true;
                match self.tail.listen().await {
                    Ok(listener) => self.listener = listener,
                    Err(error) => {
                        tracing::error!(%error, "the event log cannot be followed");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
            // Seen already, or nothing happened.
            Ok(Heard::Event(_)) | Err(_) => {}
        }
    }
}

/// Whether an actor may do and reach what it did.
fn same(now: &Actor, before: &Actor) -> bool {
    now.permissions == before.permissions && now.reach == before.reach
}

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
use operations::{Actor, Store};
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
/// A credential that ended is noticed within this time.
const RECHECK: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Every event the actor may see. With `after` it replays first, then goes on live: in order, no gap,
    /// no duplicate. Ends when the credential ends.
    async fn events<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(
            desc = "Replay what came behind this cursor; without it only what is new, and what was being written when the stream began."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = EventDelivery> + use<'c>, Failure> {
        let actor = ctx.scope().actor.clone();
        let actor =
            actor.ok_or(operations::Error::Unauthenticated("sign in or send a token first"))?;
        let resume = ctx.data_unchecked::<Arc<Resume>>();
        let after = resume.after.clone().or(after);
        // First listen, then read the log: what is written in between is heard.
        let listener = ctx.data_unchecked::<Arc<EventTail>>().listen().await?;
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
            listener,
            behind: true,
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
    listener: Listener,
    /// Whether there may be more in the log than what is heard.
    behind: bool,
    waiting: VecDeque<Arc<LoggedEvent>>,
    checked: Instant,
}

impl Follower<'_> {
    /// The next event; the stream ends where the credential or the database does.
    async fn next(mut self) -> Option<(EventDelivery, Self)> {
        loop {
            if self.checked.elapsed() >= RECHECK {
                self.actor =
                    self.tokens.actor(self.credential.0.as_deref()).await.ok().flatten()?;
                self.checked = Instant::now();
            }
            if let Some(event) = self.waiting.pop_front() {
                self.place = event.place;
                // What an event names may have changed since the last one.
                self.loaders.clear().await;
                let cursor = event.cursor.clone();
                self.resume.passed(&cursor);
                let delivery = EventDelivery { cursor, event: Event(event) };
                return Some((delivery, self));
            }
            if self.behind {
                self.read_on().await?;
            } else {
                self.listen().await?;
            }
        }
    }

    /// Reads from the log what the actor may see of it.
    async fn read_on(&mut self) -> Option<()> {
        match events_after(&self.store.read(), &self.actor, self.place, BATCH).await {
            Ok(events) => {
                self.behind = events.len() == BATCH;
                self.waiting.extend(events.into_iter().map(Arc::new));
                Some(())
            }
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read");
                None
            }
        }
    }

    /// Takes what is heard next, for as long as the credential is known to be good.
    async fn listen(&mut self) -> Option<()> {
        let left = RECHECK.saturating_sub(self.checked.elapsed());
        match tokio::time::timeout(left, self.listener.next()).await {
            Ok(Heard::Event(event)) if event.place > self.place => {
                self.place = event.place;
                if event.visible_to(&self.actor) {
                    self.waiting.push_back(event);
                }
            }
            Ok(Heard::TooMuch) => self.behind = true,
            Ok(Heard::Ended) => return None,
            // Seen already, or nothing happened.
            Ok(Heard::Event(_)) | Err(_) => {}
        }
        Some(())
    }
}

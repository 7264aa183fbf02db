//! Following the log: what was missed first, then what happens, each event once and in order.

use super::queries::all_records;
use crate::auth::{Credential, Tokens};
use crate::context::Ask;
use crate::errors::Failure;
use crate::front::Resume;
use crate::loaders::Loaders;
use async_graphql::Context;
use futures::Stream;
use futures::future::join_all;
use operations::events::tail::{EventTail, Listener};
use operations::events::{self, EventFilter, LogPlace, LoggedEvent, Wanted, fulfillment_of};
use operations::{Actor, Error, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Events read from the log at once.
const BATCH: usize = 500;
/// Events heard that are looked at together.
const TOGETHER: usize = 64;
/// How long to wait with a log that cannot be read.
const RETRY: Duration = Duration::from_millis(500);
/// A credential that ended is noticed within this time.
const RECHECK: Duration = Duration::from_secs(2);

/// What a subscriber loads for every event: loaded for many events in one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    Nothing,
    Orders,
    Fulfillments,
    StockLevels,
}

/// Every event that is wanted and that the actor may see: behind a cursor if there is one, then live. Ends
/// with an error where the credential does, or what it gives the right to: what is shown of an event was
/// decided when the stream began.
pub(crate) async fn follow<'c>(
    ctx: &Context<'c>,
    after: Option<String>,
    filter: EventFilter,
    ahead: Ahead,
) -> Result<impl Stream<Item = Result<Arc<LoggedEvent>, Failure>> + use<'c>, Failure> {
    let actor = ctx.scope().actor.clone();
    let actor = actor.ok_or(Error::Unauthenticated("sign in or send a token first"))?;
    let customers = all_records(ctx, filter.customers).await?;
    let wanted = Arc::new(Wanted::new(&actor, EventFilter { customers, ..filter })?);
    let resume = ctx.data_unchecked::<Arc<Resume>>();
    let after = resume.after.clone().or(after);
    // First listen, then read the log: what is written in between is heard.
    let tail = ctx.data_unchecked::<EventTail>();
    let listener = tail.listen(wanted.clone()).await?;
    let place = match &after {
        Some(cursor) => events::place_of(&ctx.read(), cursor).await?,
        None => events::newest_place(&ctx.read()).await?,
    };
    let follower = Follower {
        store: ctx.store().clone(),
        loaders: ctx.data_unchecked::<Loaders>(),
        tokens: ctx.data_unchecked::<Tokens>(),
        credential: ctx.data_unchecked::<Credential>(),
        resume,
        actor,
        wanted,
        ahead,
        place,
        tail,
        listener,
        // Without a cursor too: what was being written when the stream began may come before what is heard.
        behind: true,
        ended: false,
        waiting: VecDeque::new(),
        checked: Instant::now(),
    };
    Ok(futures::stream::unfold(follower, Follower::next))
}

struct Follower<'c> {
    store: Store,
    loaders: &'c Loaders,
    tokens: &'c Tokens,
    credential: &'c Credential,
    resume: &'c Arc<Resume>,
    actor: Arc<Actor>,
    wanted: Arc<Wanted>,
    ahead: Ahead,
    /// Everything at or before it was seen.
    place: LogPlace,
    tail: &'c EventTail,
    listener: Listener,
    /// Whether there may be more in the log than what is heard.
    behind: bool,
    /// Whether the last word was said.
    ended: bool,
    waiting: VecDeque<Arc<LoggedEvent>>,
    checked: Instant,
}

type Step<'c> = (Result<Arc<LoggedEvent>, Failure>, Follower<'c>);

impl<'c> Follower<'c> {
    async fn next(mut self) -> Option<Step<'c>> {
        if self.ended {
            return None;
        }
        loop {
            if self.checked.elapsed() >= RECHECK
                && let Err(error) = self.check().await
            {
                return Some(self.end(error));
            }
            if let Some(event) = self.waiting.pop_front() {
                self.resume.passed(event.cursor());
                return Some((Ok(event), self));
            }
            let taken = if self.behind { self.read_on().await } else { self.listen().await };
            match taken {
                Ok(taken) if taken.is_empty() => {}
                Ok(taken) => {
                    self.load_ahead(&taken).await;
                    self.waiting.extend(taken);
                }
                Err(error @ Error::CursorExpired) => return Some(self.end(error)),
                Err(error) => {
                    tracing::error!(%error, "the event log cannot be read");
                    self.behind = true;
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    fn end(mut self, error: Error) -> Step<'c> {
        self.ended = true;
        (Err(error.into()), self)
    }

    /// Whether the credential still gives the same rights.
    async fn check(&mut self) -> Result<(), Error> {
        match self.tokens.actor(self.credential.0.as_deref()).await {
            Ok(Some(now))
                if now.permissions == self.actor.permissions && now.reach == self.actor.reach => {}
            // The database is away for a moment.
            Err(error) if error.denial().is_none() => {
                tracing::warn!(%error, "a credential could not be looked at");
            }
            Ok(_) | Err(_) => {
                let why = "this credential ended, or what it may do: begin anew";
                return Err(Error::Unauthenticated(why));
            }
        }
        self.checked = Instant::now();
        Ok(())
    }

    /// Reads on in the log.
    async fn read_on(&mut self) -> Result<Vec<Arc<LoggedEvent>>, Error> {
        let stretch = events::stretch(&self.store.read(), &self.wanted, self.place, BATCH).await?;
        self.place = stretch.end;
        self.behind = stretch.more;
        Ok(stretch.events.into_iter().map(Arc::new).collect())
    }

    /// Takes what is heard next, for as long as the credential is known to be good.
    async fn listen(&mut self) -> Result<Vec<Arc<LoggedEvent>>, Error> {
        let left = RECHECK.saturating_sub(self.checked.elapsed());
        let Ok(heard) = tokio::time::timeout(left, self.listener.next(TOGETHER)).await else {
            // What is kept no longer may pass a place at which nothing was missed.
            self.place = self.place.max(self.listener.idle_at().unwrap_or(self.place));
            return Ok(Vec::new());
        };
        self.resume.caught_up();
        if heard.is_empty() {
            // More came than is kept for one listener.
            self.behind = true;
            self.listener = self.tail.listen(self.wanted.clone()).await?;
            return Ok(heard);
        }
        let mut taken = Vec::with_capacity(heard.len());
        let mut place = self.place;
        for event in heard {
            // What was read from the log is heard again.
            if event.place > place {
                if self.wanted.confirms(&self.store.read(), &event).await? {
                    taken.push(event.clone());
                }
                place = event.place;
            }
        }
        // Only now: where one cannot be confirmed, all of them are read from the log.
        self.place = place;
        Ok(taken)
    }

    /// Forgets what was loaded for earlier events, and loads what these are shown with.
    async fn load_ahead(&self, events: &[Arc<LoggedEvent>]) {
        self.loaders.clear().await;
        let rows = events.iter().map(|event| &event.row);
        match self.ahead {
            Ahead::Nothing => {}
            Ahead::Orders => {
                let orders: Vec<Uuid> = rows.filter_map(|row| row.order_id).collect();
                join_all(orders.into_iter().map(|id| self.loaders.order(id))).await;
            }
            Ahead::Fulfillments => {
                let work: Vec<Uuid> = rows.map(fulfillment_of).collect();
                join_all(work.into_iter().map(|id| self.loaders.fulfillment(id))).await;
            }
            Ahead::StockLevels => {
                let levels: Vec<Uuid> = rows.map(|row| row.subject_id).collect();
                join_all(levels.into_iter().map(|id| self.loaders.level(id))).await;
            }
        }
    }
}

/// Loads what an event is shown with, however long the database is away: an event is never left out.
pub(crate) async fn insist<T, Fut>(loaders: &Loaders, load: impl Fn() -> Fut) -> T
where
    Fut: Future<Output = Result<T, Failure>>,
{
    loop {
        match load().await {
            Ok(loaded) => return loaded,
            Err(failure) => {
                tracing::error!(
                    code = failure.code(),
                    "what an event is shown with cannot be read"
                );
                tokio::time::sleep(RETRY).await;
                loaders.clear().await;
            }
        }
    }
}

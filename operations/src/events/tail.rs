//! The end of the event log, followed once for all who listen on this node.
//!
//! The log is the truth, and a commit only a hint that there is more of it: a reader that heard of none
//! looks all the same, after a while ([`POLL`]). Each event is held against what every listener wants, and wakes
//! those who want it.

use super::filter::Wanted;
use super::{LogPlace, LoggedEvent, add_order_facts, newest_place, settled_after};
use crate::error::Result;
use crate::store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// How long to wait where nothing was heard of, by default: what a lost hint costs at most.
pub const POLL: Duration = Duration::from_millis(500);
/// How long to wait with a log that cannot be read.
const RETRY: Duration = Duration::from_millis(500);
/// How often to look again behind a commit whose events were not settled yet.
const BUSY: Duration = Duration::from_millis(25);
/// Commits in this time are read together.
const PACE: Duration = Duration::from_millis(4);
/// How many times to look again.
const AGAIN: u32 = 40;
/// Events read at once.
const TOGETHER: usize = 500;
/// Events that a listener may be behind before it goes back to the log.
const BEHIND: usize = 1_024;

/// The tail of one node's log; it is followed while anybody listens.
#[derive(Debug, Clone)]
pub struct EventTail {
    store: Store,
    poll: Duration,
    listeners: Arc<Listeners>,
    /// Held while a follower begins.
    beginning: Arc<AsyncMutex<()>>,
}

#[derive(Debug, Default)]
struct Listeners(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    followed: bool,
    /// Up to where everybody was told.
    reached: Option<LogPlace>,
    all: HashMap<u64, (Arc<Wanted>, mpsc::Sender<Arc<LoggedEvent>>)>,
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears what it wants of the events that become settled from now on.
#[derive(Debug)]
pub struct Listener {
    number: u64,
    listeners: Weak<Listeners>,
    receiver: mpsc::Receiver<Arc<LoggedEvent>>,
}

impl Listener {
    /// The next events, so many at most; none where more came than a listener keeps, or nobody follows the
    /// log any longer: listen anew, and go on from the log.
    pub async fn next(&mut self, limit: usize) -> Vec<Arc<LoggedEvent>> {
        let mut heard = Vec::new();
        self.receiver.recv_many(&mut heard, limit).await;
        heard
    }

    /// Up to where nothing is left to hear: however little of the log a listener wants, it knows how far the
    /// log was looked through for it. None where something waits, or nobody follows the log.
    pub fn idle_at(&self) -> Option<LogPlace> {
        let listeners = self.listeners.upgrade()?;
        let state = listeners.lock();
        let heard_all = state.all.contains_key(&self.number) && self.receiver.is_empty();
        state.reached.filter(|_| heard_all)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.lock().all.remove(&self.number);
        }
    }
}

impl EventTail {
    /// A tail that nobody listens to yet.
    pub fn new(store: Store, poll: Duration) -> Self {
        Self { store, poll, listeners: Arc::default(), beginning: Arc::default() }
    }

    /// Listens from now on. What was settled before is in the log: whoever reads the log after this call,
    /// and then what is heard, misses nothing.
    pub async fn listen(&self, wanted: Arc<Wanted>) -> Result<Listener> {
        let _alone = self.beginning.lock().await;
        let followed = self.listeners.lock().followed;
        let place = if followed { None } else { Some(newest_place(&self.store.read()).await?) };
        let (sender, receiver) = mpsc::channel(BEHIND);
        let mut state = self.listeners.lock();
        state.next += 1;
        let number = state.next;
        state.all.insert(number, (wanted, sender));
        // The follower may have ended while the place was read.
        if !state.followed
            && let Some(place) = place
        {
            state.followed = true;
            state.reached = Some(place);
            tokio::spawn(follow(self.store.clone(), self.poll, place, self.listeners.clone()));
        } else if !state.followed {
            // It ended just now, for want of listeners: this one begins anew.
            state.all.remove(&number);
        }
        drop(state);
        Ok(Listener { number, listeners: Arc::downgrade(&self.listeners), receiver })
    }
}

/// Marks the log as followed by nobody, however the follower ends, so that all who listen begin anew.
struct Followed {
    listeners: Arc<Listeners>,
    ended: bool,
}

impl Drop for Followed {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut state = self.listeners.lock();
        state.followed = false;
        state.all.clear();
    }
}

impl Followed {
    /// Whether nobody listens any longer: then nobody follows either.
    fn is_unheard(&mut self) -> bool {
        let mut state = self.listeners.lock();
        self.ended = state.all.is_empty();
        state.followed = !self.ended;
        self.ended
    }
}

async fn follow(store: Store, poll: Duration, mut place: LogPlace, listeners: Arc<Listeners>) {
    let mut followed = Followed { listeners, ended: false };
    let mut news = store.news();
    // Events of a commit settle when every transaction before it has ended.
    let settles_late = store.is_postgres();
    let mut again: u32 = 0;
    loop {
        if followed.is_unheard() {
            return;
        }
        again = again.saturating_sub(1);
        match read_on(&store, &followed.listeners, &mut place).await {
            Ok(TOGETHER) => continue,
            Ok(0) => {}
            Ok(_) if settles_late => again = AGAIN,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read");
                tokio::time::sleep(RETRY).await;
            }
        }
        tokio::time::sleep(PACE).await;
        let wait = if again > 0 { BUSY.min(poll) } else { poll };
        if tokio::time::timeout(wait, news.changed()).await.is_ok() && settles_late {
            again = AGAIN;
        }
    }
}

/// Reads what comes next and tells whoever wants it; how many events there were.
async fn read_on(store: &Store, listeners: &Listeners, place: &mut LogPlace) -> Result<usize> {
    let db = store.read();
    let mut events = settled_after(&db, *place, TOGETHER).await?;
    let Some(last) = events.last() else { return Ok(0) };
    let end = last.place;
    let looked_at = listeners.lock().all.values().any(|(wanted, _)| wanted.looks_at_orders());
    if looked_at {
        add_order_facts(&db, &mut events).await?;
    }
    let events: Vec<Arc<LoggedEvent>> = events.into_iter().map(Arc::new).collect();
    let mut state = listeners.lock();
    // Whoever is too far behind goes back to the log.
    state.all.retain(|_, (wanted, sender)| {
        // One that came in between does not know the orders of these yet.
        if wanted.looks_at_orders() && !looked_at {
            return false;
        }
        events
            .iter()
            .filter(|event| wanted.takes(event))
            .all(|event| sender.try_send(event.clone()).is_ok())
    });
    state.reached = Some(end);
    drop(state);
    *place = end;
    Ok(events.len())
}

//! The end of the event log, followed once for all who listen on this node.
//!
//! The log is the truth, and a commit only a hint that there is more of it: a reader that heard of none
//! looks all the same, after [`IDLE`].

use crate::error::Result;
use crate::events::{LogPlace, LoggedEvent, newest_place, settled_after};
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, broadcast};

/// How long to wait where no commit was heard of.
const IDLE: Duration = Duration::from_millis(500);
/// Commits in this time are read together.
const BUSY: Duration = Duration::from_millis(25);
/// How often to look again behind a commit whose events were not settled yet.
const AGAIN: u32 = 40;
/// Events read at once.
const TOGETHER: usize = 500;
/// Events that a listener may be behind before it goes back to the log.
const BEHIND: usize = 1_024;

/// The tail of one node's log; it is followed while anybody listens.
#[derive(Debug)]
pub struct EventTail {
    store: Store,
    /// The follower alone keeps it open, so that listeners hear when there is none.
    sender: Mutex<Option<Sender>>,
}

type Sender = broadcast::WeakSender<Arc<LoggedEvent>>;

/// What came next in the log.
#[derive(Debug)]
pub enum Heard {
    /// An event.
    Event(Arc<LoggedEvent>),
    /// More than a listener keeps: it goes on from the log.
    TooMuch,
    /// Nobody follows the log any longer: listen anew, and go on from the log.
    Ended,
}

/// Hears every event that becomes settled from now on.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Arc<LoggedEvent>>);

impl Listener {
    /// The next event.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(event) => Heard::Event(event),
            Err(RecvError::Lagged(_)) => Heard::TooMuch,
            Err(RecvError::Closed) => Heard::Ended,
        }
    }
}

impl EventTail {
    /// A tail that nobody listens to yet.
    pub fn new(store: Store) -> Self {
        Self { store, sender: Mutex::default() }
    }

    /// Listens from now on. What was settled before is in the log: whoever reads the log after this call,
    /// and then what is heard, misses nothing.
    pub async fn listen(&self) -> Result<Listener> {
        let mut kept = self.sender.lock().await;
        if let Some(sender) = kept.as_ref().and_then(broadcast::WeakSender::upgrade) {
            return Ok(Listener(sender.subscribe()));
        }
        let place = newest_place(&self.store.read()).await?;
        let (sender, receiver) = broadcast::channel(BEHIND);
        *kept = Some(sender.downgrade());
        tokio::spawn(follow(self.store.clone(), place, sender));
        Ok(Listener(receiver))
    }
}

async fn follow(store: Store, mut place: LogPlace, sender: broadcast::Sender<Arc<LoggedEvent>>) {
    let mut commits = store.commits();
    let mut again = 0;
    while sender.receiver_count() > 0 {
        match settled_after(&store.read(), place, TOGETHER).await {
            Ok(events) => {
                let full = events.len() == TOGETHER;
                if !events.is_empty() {
                    again = 0;
                }
                for event in events {
                    place = event.place;
                    // The last listener may have gone meanwhile.
                    let _nobody = sender.send(Arc::new(event));
                }
                if full {
                    continue;
                }
            }
            Err(error) => {
                tracing::error!(%error, "the event log cannot be read");
                tokio::time::sleep(IDLE).await;
            }
        }
        if again > 0 {
            again -= 1;
            tokio::time::sleep(BUSY).await;
            continue;
        }
        let heard = tokio::time::timeout(IDLE, commits.changed()).await.is_ok();
        if heard && store.is_postgres() {
            // Events of a commit settle when every transaction before it has ended.
            again = AGAIN;
        } else if heard {
            tokio::time::sleep(BUSY).await;
        }
    }
}

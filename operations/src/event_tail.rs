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
use tokio::sync::{OnceCell, broadcast};

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

/// The tail of one node's log; it is followed from the first listener on.
#[derive(Debug)]
pub struct EventTail {
    store: Store,
    sender: OnceCell<broadcast::Sender<Arc<LoggedEvent>>>,
}

/// What came next in the log.
#[derive(Debug)]
pub enum Heard {
    /// An event.
    Event(Arc<LoggedEvent>),
    /// More than a listener keeps: it goes on from the log.
    TooMuch,
    /// Nobody follows the log any longer.
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
        Self { store, sender: OnceCell::new() }
    }

    /// Listens from now on. What was settled before is in the log: whoever reads the log after this call,
    /// and then what is heard, misses nothing.
    pub async fn listen(&self) -> Result<Listener> {
        let begin = || async {
            let place = newest_place(&self.store.read()).await?;
            let (sender, _) = broadcast::channel(BEHIND);
            tokio::spawn(follow(self.store.clone(), place, sender.clone()));
            Ok::<_, crate::Error>(sender)
        };
        Ok(Listener(self.sender.get_or_try_init(begin).await?.subscribe()))
    }
}

async fn follow(store: Store, mut place: LogPlace, sender: broadcast::Sender<Arc<LoggedEvent>>) {
    let mut commits = store.commits();
    let mut again = 0;
    loop {
        match settled_after(&store.read(), place, TOGETHER).await {
            Ok(events) => {
                let full = events.len() == TOGETHER;
                if !events.is_empty() {
                    again = 0;
                }
                for event in events {
                    place = event.place;
                    // Without listeners there is nobody to tell.
                    let _nobody = sender.send(Arc::new(event));
                }
                if full {
                    continue;
                }
            }
            Err(error) => tracing::error!(%error, "the event log cannot be read"),
        }
        if again > 0 {
            again -= 1;
            tokio::time::sleep(BUSY).await;
            continue;
        }
        match tokio::time::timeout(IDLE, commits.changed()).await {
            // Events of a commit settle when every transaction before it has ended.
            Ok(Ok(())) => {
                again = if store.is_postgres() { AGAIN } else { 0 };
                tokio::time::sleep(if store.is_postgres() { Duration::ZERO } else { BUSY }).await;
            }
            Ok(Err(_)) => return,
            Err(_) => {}
        }
    }
}

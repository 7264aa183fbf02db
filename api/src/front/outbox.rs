//! What is made for a client and not yet taken by it.
//!
//! Once a stream has caught up, what happens waits for its client only a moment, so that a burst passes: a client
//! that is further behind than the limits is told so and goes on by its cursor. What happened earlier, and
//! answers, are made only as fast as they are taken.

use super::sse::Resume;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};

/// Things that may wait where whoever makes them can wait too.
const WAITING: usize = 16;
/// How long an event waits for room before it counts as one that the client is behind by.
const GRACE: Duration = Duration::from_millis(20);
/// Live events that may wait for a client.
pub(super) const MOST_EVENTS: usize = 1_000;
/// Their bytes.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Something that was made, and what it weighs.
pub(super) trait Weigh {
    fn bytes(&self) -> usize;
}

#[derive(Debug)]
struct Load {
    room: Arc<Semaphore>,
    events: AtomicUsize,
    bytes: AtomicUsize,
    slow: AtomicBool,
    became_slow: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    what: T,
    /// Held where its maker waited for room.
    room: Option<OwnedSemaphorePermit>,
}

/// Where things are put for a client.
#[derive(Debug)]
pub(super) struct Outbox<T>(mpsc::UnboundedSender<Waiting<T>>, Arc<Load>);

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1.clone())
    }
}

/// Where they are taken from.
#[derive(Debug)]
pub(super) struct Inbox<T>(mpsc::UnboundedReceiver<Waiting<T>>, Arc<Load>);

/// The client is gone, or too far behind.
#[derive(Debug)]
pub(super) struct Lost;

pub(super) fn outbox<T: Weigh>() -> (Outbox<T>, Inbox<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let load = Arc::new(Load {
        room: Arc::new(Semaphore::new(WAITING)),
        events: AtomicUsize::new(0),
        bytes: AtomicUsize::new(0),
        slow: AtomicBool::new(false),
        became_slow: Notify::new(),
    });
    (Outbox(sender, load.clone()), Inbox(receiver, load))
}

impl<T: Weigh> Outbox<T> {
    /// Puts an answer of a stream: when there is room, but before long where the stream has caught up.
    pub(super) async fn put_of(&self, resume: &Resume, what: T) -> Result<(), Lost> {
        if !resume.has_caught_up() {
            return self.put(what).await;
        }
        let room = match self.1.room.clone().try_acquire_owned() {
            Ok(room) => Some(room),
            Err(_) => tokio::time::timeout(GRACE, self.1.room.clone().acquire_owned())
                .await
                .ok()
                .and_then(Result::ok),
        };
        match room {
            Some(room) => self.send(what, Some(room)),
            None => self.put_late(what),
        }
    }

    /// Puts something when there is room for it.
    pub(super) async fn put(&self, what: T) -> Result<(), Lost> {
        let room = self.1.room.clone().acquire_owned().await.map_err(|_| Lost)?;
        self.send(what, Some(room))
    }

    fn send(&self, what: T, room: Option<OwnedSemaphorePermit>) -> Result<(), Lost> {
        self.0.send(Waiting { what, room }).map_err(|_| Lost)
    }

    fn put_late(&self, what: T) -> Result<(), Lost> {
        let load = &self.1;
        let events = load.events.fetch_add(1, Ordering::SeqCst) + 1;
        let bytes = load.bytes.fetch_add(what.bytes(), Ordering::SeqCst) + what.bytes();
        if events > MOST_EVENTS || bytes > MOST_BYTES {
            load.slow.store(true, Ordering::SeqCst);
            load.became_slow.notify_one();
            return Err(Lost);
        }
        self.send(what, None)
    }
}

impl<T: Weigh> Inbox<T> {
    /// The next thing; none when nobody puts any more.
    pub(super) async fn next(&mut self) -> Option<T> {
        let Waiting { what, room } = self.0.recv().await?;
        if room.is_none() {
            self.1.events.fetch_sub(1, Ordering::SeqCst);
            self.1.bytes.fetch_sub(what.bytes(), Ordering::SeqCst);
        }
        Some(what)
    }

    /// Whether the client is too far behind.
    pub(super) fn is_slow(&self) -> bool {
        self.1.slow.load(Ordering::SeqCst)
    }

    /// Ends when the client is too far behind.
    pub(super) fn slow(&self) -> impl Future<Output = ()> + Send + use<T> {
        let load = self.1.clone();
        async move {
            if !load.slow.load(Ordering::SeqCst) {
                load.became_slow.notified().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    impl Weigh for usize {
        fn bytes(&self) -> usize {
            *self
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_live_waits_a_moment_up_to_the_limits() {
        let live = Resume::default();
        live.caught_up();
        let (outbox, mut inbox) = outbox();
        for _ in 0..WAITING + MOST_EVENTS {
            outbox.put_of(&live, 1).await.unwrap();
        }
        assert!(inbox.slow().now_or_never().is_none());
        // Whoever takes makes room.
        for _ in 0..WAITING {
            assert_eq!(inbox.next().await, Some(1));
        }
        for _ in 0..WAITING {
            outbox.put_of(&live, 1).await.unwrap();
        }
        outbox.put_of(&live, 1).await.unwrap_err();
        inbox.slow().await;
        let (outbox, inbox) = super::outbox();
        for _ in 0..WAITING {
            outbox.put_of(&live, 1).await.unwrap();
        }
        outbox.put_of(&live, MOST_BYTES).await.unwrap();
        assert!(!inbox.is_slow());
        outbox.put_of(&live, 1).await.unwrap_err();
        assert!(inbox.is_slow());
    }

    #[tokio::test]
    async fn what_is_not_live_waits_for_room() {
        let replayed = Resume::default();
        let (outbox, mut inbox) = outbox();
        for _ in 0..WAITING {
            outbox.put_of(&replayed, MOST_BYTES).await.unwrap();
        }
        assert!(outbox.put_of(&replayed, 1).now_or_never().is_none());
        inbox.next().await.unwrap();
        outbox.put_of(&replayed, 1).await.unwrap();
        assert!(!inbox.is_slow());
    }
}

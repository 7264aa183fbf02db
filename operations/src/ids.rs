//! Ids are `UUIDv7`: they sort by the moment they were made, and never repeat within a process.

use crate::clock::Clock;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// What something is about: the prefix of its id, and the id.
pub type Subject = (&'static str, Uuid);

/// The least id of a moment, to the millisecond.
#[expect(clippy::disallowed_methods, reason = "a bound, and no id of anything")]
pub(crate) fn first_of(at: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// When an id was made, to the millisecond.
pub(crate) fn made_at(id: Uuid) -> Option<OffsetDateTime> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
}

/// Makes ids, each greater than the one before.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: StdRng,
    millis: u64,
    /// The 74 bits behind the time; counted up within a millisecond.
    tail: u128,
}

/// The bits of a `UUIDv7` behind its time, without version and variant.
const TAIL_BITS: u32 = 74;

impl Ids {
    /// Ids from the machine's randomness.
    pub fn random(clock: Clock) -> Self {
        Self::with(clock, rand::make_rng())
    }

    /// The same ids in every run: for tests and the demo shop.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self::with(clock, StdRng::seed_from_u64(seed))
    }

    fn with(clock: Clock, random: StdRng) -> Self {
        Self { clock, state: Arc::new(Mutex::new(State { random, millis: 0, tail: 0 })) }
    }

    /// The next id.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    pub fn next(&self) -> Uuid {
        let now = self.clock.now().unix_timestamp_nanos().div_euclid(1_000_000);
        let now = u64::try_from(now).unwrap_or(0);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = (state.random.random::<u128>() >> (128 - TAIL_BITS)) >> 1;
        let step = u128::from(state.random.random::<u32>()) + 1;
        if now > state.millis {
            state.millis = now;
            state.tail = fresh;
        } else {
            state.tail += step;
            if state.tail >> TAIL_BITS != 0 {
                state.millis += 1;
                state.tail = fresh;
            }
        }
        // 12 bits stand before the variant, 62 behind it.
        let high = (state.tail >> 62) & 0xfff;
        let low = state.tail & ((1 << 62) - 1);
        let bytes = ((high << 64) | low).to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(bytes.get(6..).unwrap_or(&[0; 10]));
        Builder::from_unix_timestamp_millis(state.millis, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_while_the_clock_stands_still() {
        let ids = Ids::seeded(Clock::fixed(time::OffsetDateTime::UNIX_EPOCH), 1);
        let made: Vec<Uuid> = (0..10_000).map(|_| ids.next()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
    }
}

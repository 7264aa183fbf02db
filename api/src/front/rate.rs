//! What each actor may spend: a bucket that fills at a steady rate.

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

type Buckets =
    RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// The buckets of all actors.
pub(super) struct Rates {
    buckets: Buckets,
    burst: u32,
    spent: AtomicU32,
}

/// After so many payments the full buckets are forgotten.
const SWEEP: u32 = 10_000;

impl Rates {
    /// So many points a second, and so many at once.
    pub(super) fn new(rate: u32, burst: u32) -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(rate)).allow_burst(at_least_one(burst));
        let buckets = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Self { buckets, burst, spent: AtomicU32::new(0) }
    }

    /// Takes points from an actor's bucket and says how many are left, or after what time there will be
    /// enough.
    pub(super) fn spend(&self, who: &str, points: u64) -> Result<u32, Duration> {
        if self.spent.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
        }
        let points = u32::try_from(points).unwrap_or(u32::MAX).clamp(1, self.burst.max(1));
        let points = NonZeroU32::new(points).unwrap_or(NonZeroU32::MIN);
        match self.buckets.check_key_n(&who.to_owned(), points) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(DefaultClock::default().now())),
            // Clamped to the burst above, so there is always a time.
            Err(_) => Err(Duration::from_secs(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_runs_dry_for_its_actor_alone() {
        let rates = Rates::new(1, 10);
        assert_eq!(rates.spend("a", 6), Ok(4));
        assert!(rates.spend("a", 6).is_err_and(|wait| wait <= Duration::from_secs(2)));
        assert_eq!(rates.spend("b", 6), Ok(4));
    }
}

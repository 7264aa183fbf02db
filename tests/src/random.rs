//! Chance that a seed repeats.

/// A number from a seed, as in a linear congruential generator.
pub fn random(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// Whether the full form of the tests was asked for.
pub fn full() -> bool {
    std::env::var("TEST_FULL").is_ok()
}

/// `TEST_SEED`, else another seed each time in the full form, and always the same where others wait for the result.
pub fn seed() -> u64 {
    let given = std::env::var("TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        if full() { std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0) } else { 5 }
    })
}

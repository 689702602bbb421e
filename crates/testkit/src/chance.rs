//! Chance that can be had again.

/// The seed of this run: `BAILIWICK_TEST_SEED`, so that a failure can be looked for again, else chance. It is shown when
/// the test fails.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test's own output, shown when it fails")]
pub fn seed() -> u64 {
    let seed = std::env::var("BAILIWICK_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("BAILIWICK_TEST_SEED={seed}");
    seed
}

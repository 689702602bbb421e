//! Waiting for what takes a moment to count everywhere, and no longer than that may take.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a change may take to count on every node (contract, section 2).
const EVERYWHERE: Duration = Duration::from_secs(1);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until this is what comes; whoever asks a second later must be told so.
///
/// # Panics
/// When something else still comes then: the test has failed.
pub async fn within_a_second<T: PartialEq + Debug>(wanted: T, ask: impl AsyncFn() -> T) {
    let begun = Instant::now();
    loop {
        let asked_after = begun.elapsed();
        let found = ask().await;
        if found == wanted {
            return;
        }
        assert!(asked_after < EVERYWHERE, "still {found:?} instead of {wanted:?} after {asked_after:?}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// How long something may take that is only waited for, however busy the machine is.
const SOME_TIME: Duration = Duration::from_mins(1);

/// Waits until this is so, and stops where it never will be.
///
/// # Panics
/// When it is not so after a minute: the test has failed.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < SOME_TIME, "still not so after {SOME_TIME:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

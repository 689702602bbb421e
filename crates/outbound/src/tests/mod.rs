//! The guard against real listeners, and names that answer as the test wants.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod answers;
mod bench;
mod names;
mod tls;

//! A whole database moves: out of one server, into another of either engine, and nothing is lost, changed or let in on
//! the way.
//!
//! All of it with the real program on a real database of either kind.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect"
)]

mod crash;
mod damaged;
mod files;
mod life;
mod refused;
mod round;
mod rows;
mod running;

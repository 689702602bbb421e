//! What was acknowledged lasts: through kill -9, through SIGTERM, through a
//! full disk, through clients that misbehave, and beside another process.
//!
//! All of it with the real program on a real database of either kind.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod crash;
mod disk;
mod invited;
mod links;
mod look;
mod neighbours;
mod rude;
mod seats;
mod stop;
mod trees;
mod visitor;
mod world;

//! A small server, asked through its router.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test should stop where it fails")]

mod answers;
mod document;
mod fixture;
mod inputs;
mod pages;
mod server;
mod signed_in;

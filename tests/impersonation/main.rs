//! Stories about acting as somebody else by their consent, told over HTTP on both databases: who may, what they may do,
//! when it ends, and what the person is told.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it fails")]

mod consent;
mod doors;
mod endings;
mod pages;
mod rights;
mod support;
mod told;

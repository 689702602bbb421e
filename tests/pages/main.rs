//! The pages of organisations and people without script: what they show to whom, what they ask before something is
//! done, and what they say where a rule refuses it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it fails")]

mod access;
mod decisions;
mod guarded;
mod licence_files;
mod licences;
mod licensing;
mod lists;
mod organisations;
mod people;
mod seats;
mod support;
mod switcher;

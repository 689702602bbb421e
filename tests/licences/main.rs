//! Licences, through the front door.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod agreements;
mod command;
mod issuing;
mod support;
